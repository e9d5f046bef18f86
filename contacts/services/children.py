"""E-mail addresses, phone numbers and domains: rows below a record, read from what was typed and written in sets."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator, EmailValidator
from django.db import models
from django.utils.translation import gettext as _

from contacts.countries import region_of
from contacts.models import Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone

if TYPE_CHECKING:
    from .drafts import Draft

MOST = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One address, number or domain, in the form in which it is stored; the first of a list is the primary one."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ChildKind:
    """A kind of rows below a record: their model, the column of the parent and the one of the value."""

    model: type[models.Model]
    parent: str
    value: str
    primary: bool = True
    labelled: bool = False


CHILDREN: dict[type[models.Model], dict[str, ChildKind]] = {
    Contact: {
        "emails": ChildKind(ContactEmail, "contact_id", "address"),
        "phones": ChildKind(ContactPhone, "contact_id", "number", labelled=True),
    },
    Company: {
        "domains": ChildKind(CompanyDomain, "company_id", "domain", primary=False),
        "emails": ChildKind(CompanyEmail, "company_id", "address"),
        "phones": ChildKind(CompanyPhone, "company_id", "number"),
    },
}

_valid_email = EmailValidator()
_valid_domain = DomainNameValidator(accept_idna=True)


def read_email(text: str) -> str:
    """Return an address in lower case; raises ValidationError for what is none."""
    address = text.strip().removeprefix("mailto:").lower()
    try:
        if len(address) > 254:
            raise ValidationError("long")
        _valid_email(address)
    except ValidationError as error:
        raise ValidationError(_("“%(text)s” is not an e-mail address.") % {"text": _cut(text)}) from error
    return address


def read_domain(text: str) -> str:
    """Return the domain of a typed domain or web address, in lower case without `www.`; raises ValidationError."""
    domain = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower()).split("/")[0].split("@")[-1].split(":")[0]
    domain = domain.removeprefix("www.").rstrip(".")
    try:
        if len(domain) > 253 or "." not in domain:
            raise ValidationError("no domain")
        _valid_domain(domain)
    except ValidationError as error:
        raise ValidationError(_("“%(text)s” is not a domain, such as example.com.") % {"text": _cut(text)}) from error
    return domain


@lru_cache(maxsize=8192)
def read_phone(text: str, region: str = "") -> str:
    """Return a number as E.164 (`;ext=` kept); `region` is the country of a number without its code.

    Raises ValidationError.
    """
    try:
        number = phonenumbers.parse(text, region or None)
        if not phonenumbers.is_possible_number(number):
            raise ValidationError("impossible")
    except (phonenumbers.NumberParseException, ValidationError) as error:
        example = "+45 31 55 01 87"
        raise ValidationError(
            _("“%(text)s” is not a phone number. Type it with its country code, such as %(example)s.")
            % {"text": _cut(text), "example": example}
        ) from error
    stored = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{stored};ext={number.extension}"[:32] if number.extension else stored


def _cut(text: str) -> str:
    return text.replace("\x00", "").strip()[:60]


def read_entries(
    draft: "Draft", model: type[models.Model], name: str, typed: Any, *, region: str, country: str
) -> None:
    """Put the addresses, numbers or domains of a row into a draft, each once; what is none becomes an error beside it.

    `typed` is a list of texts, of (text, label), or of mappings with `value` and `label`.
    """
    found: dict[str, Entry] = {}
    for each in typed or ():
        text, label = _parts(each)
        if not text.strip():
            continue
        try:
            if "\x00" in text + label:
                raise ValidationError(_("It holds a character that cannot be stored."))
            if name == "emails":
                value = read_email(text)
            elif name == "domains":
                value = read_domain(text)
            else:
                value = read_phone(text.strip(), region_of(country) or region)
            found.setdefault(value, Entry(value, label.strip()[:30]))
        except ValidationError as error:
            draft.fail(name, " ".join(error.messages))
    if len(found) > MOST:
        draft.fail(name, _("Keep it to %(most)d.") % {"most": MOST})
    draft.children[name] = list(found.values())


def read_values(name: str, typed: Any, region: str) -> list[str]:
    """Return typed addresses, numbers or domains as they would be stored; what is none stays as it was typed."""
    readers = {"emails": read_email, "domains": read_domain}
    found = []
    for text, _label in map(_parts, typed or ()):
        try:
            found.append(readers[name](text) if name in readers else read_phone(text.strip(), region))
        except ValidationError:
            found.append(text)
    return list(dict.fromkeys(found))


def _parts(each: Any) -> tuple[str, str]:
    if isinstance(each, str):
        return each, ""
    if isinstance(each, Mapping):
        return str(each.get("value") or ""), str(each.get("label") or "")
    if isinstance(each, Entry):
        return each.value, each.label
    return str(each[0]), str(each[1])


def present_entries(kind: ChildKind, parents: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """Return the stored rows of records, the primary one first, then in the order in which they were added.

    One query.
    """
    order = ["-primary", "pk"] if kind.primary else ["pk"]
    rows: dict[UUID, list[Any]] = {}
    for row in kind.model._default_manager.filter(**{f"{kind.parent}__in": list(parents)}).order_by(*order):
        rows.setdefault(getattr(row, kind.parent), []).append(row)
    return rows


def insert_entries(kind: ChildKind, wanted: Mapping[UUID, Sequence[Entry]]) -> None:
    """Write the rows of new records."""
    rows = [
        _row(kind, parent, entry, first=n == 0) for parent, entries in wanted.items() for n, entry in enumerate(entries)
    ]
    if rows:
        kind.model._default_manager.bulk_create(rows, batch_size=2000)


def _row(kind: ChildKind, parent: UUID, entry: Entry, *, first: bool) -> models.Model:
    values: dict[str, Any] = {kind.parent: parent, kind.value: entry.value}
    if kind.primary:
        values["primary"] = first
    if kind.labelled:
        values["label"] = entry.label
    return kind.model(**values)


def sync_entries(
    kind: ChildKind, wanted: Mapping[UUID, Sequence[Entry]], present: Mapping[UUID, list[Any]]
) -> set[UUID]:
    """Make the stored rows of records what is wanted, changing as few as possible; return the records that changed.

    Rows keep their ids, so that history tells a change from a new row. The old primary row yields before the new one is
    marked: at most one may be (a constraint).
    """
    gone: list[Any] = []
    fresh: list[models.Model] = []
    lowered: list[Any] = []
    raised: list[Any] = []
    touched: set[UUID] = set()
    for parent, entries in wanted.items():
        rows = {getattr(row, kind.value): row for row in present.get(parent, ())}
        keep = {entry.value for entry in entries}
        gone += [row.pk for value, row in rows.items() if value not in keep]
        touched |= {parent} if keep != set(rows) else set()
        for number, entry in enumerate(entries):
            row = rows.get(entry.value)
            if row is None:
                fresh.append(_row(kind, parent, entry, first=number == 0))
                continue
            change = _change(kind, row, entry, first=number == 0)
            if change:
                touched.add(parent)
                (raised if kind.primary and row.primary else lowered).append(row)
    if gone:
        kind.model._default_manager.filter(pk__in=gone).delete()
    columns = [*(["primary"] if kind.primary else []), *(["label"] if kind.labelled else [])]
    if lowered:
        kind.model._default_manager.bulk_update(lowered, columns)
    if raised:
        kind.model._default_manager.bulk_update(raised, columns)
    if fresh:
        kind.model._default_manager.bulk_create(fresh, batch_size=2000)
    return touched


def _change(kind: ChildKind, row: Any, entry: Entry, *, first: bool) -> bool:
    """Set a row's marks and say whether any changed."""
    changed = False
    if kind.primary and row.primary is not first:
        row.primary, changed = first, True
    if kind.labelled and row.label != entry.label:
        row.label, changed = entry.label, True
    return changed
