"""The set-based bodies that contacts and companies share.

Insert drafts, apply drafts to stored records, compare versions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.utils.translation import gettext as _

from contacts.countries import region_of_zone
from contacts.models import Company, Contact
from crm.kernel.core.bulk import update_rows
from crm.kernel.core.changes import Actor, business_time
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.fields import Fold
from crm.kernel.customfields.fields import PREFIX
from crm.kernel.customfields.values import changed_names, merged
from crm.kernel.workspace.models import Workspace

from .children import CHILDREN, Entry, insert_entries, present_entries, sync_entries
from .drafts import Draft

Record = Contact | Company


@dataclass(slots=True)
class Edited:
    """A record that an edit changed: names of the changed fields, and the owner before."""

    record: Any
    fields: tuple[str, ...]
    old_owner_id: UUID | None
    old: dict[str, Any]


def home_region() -> str:
    """Return the country of the workspace's zone, for phone numbers without a country code."""
    return region_of_zone(Workspace.current().timezone)


def insert_drafts(
    model: type[Any],
    drafts: Sequence[Draft],
    words: Callable[[Draft], Iterable[str]],
    derived: Callable[[Draft], dict[str, Any]],
) -> list[Any]:
    """Insert records and their rows in sets; `words(draft)` is what search finds them by, folded in the same INSERT.

    Raises Refused if somebody else took an address at the same moment.
    """
    now = business_time()
    records = [
        model(
            created_at=now,
            updated_at=now,
            search_text=folded(words(draft)),
            custom=merged({}, draft.custom),
            **draft.values,
            **derived(draft),
        )
        for draft in drafts
    ]
    try:
        with transaction.atomic():
            model._default_manager.bulk_create(records, batch_size=1000)
            for name, kind in CHILDREN[model].items():
                insert_entries(
                    kind, {r.pk: d.children[name] for r, d in zip(records, drafts, strict=True) if d.children.get(name)}
                )
    except IntegrityError as error:
        raise _taken(error) from error
    return records


def folded(words: Iterable[str]) -> Any:
    """Return the search text of words as an expression: lower case, without accents."""
    return Fold(Value(" ".join(dict.fromkeys(word for word in words if word)), output_field=models.TextField()))


def lock_for_edit(model: type[Any], drafts: Sequence[Draft], actor: Actor) -> dict[UUID, Any]:
    """Lock the records of drafts.

    Raises DoesNotExist for one that the actor may not see, PermissionDenied for one not editable.
    """
    wanted = {draft.pk for draft in drafts}
    rows = model._default_manager.visible_to(actor).live().locked().filter(pk__in=wanted).order_by("pk")
    records = {row.pk: row for row in rows}
    if len(records) < len(wanted):
        raise model.DoesNotExist(f"{len(wanted) - len(records)} {model.__name__} not found.")
    for record in records.values():
        actor.require("edit", record)
    return records


def apply_drafts(model: type[Any], drafts: Sequence[Draft], records: Mapping[UUID, Any], actor: Actor) -> list[Edited]:
    """Set what differs, in sets; a record that changes gets the next version. Drafts that change nothing write nothing.

    A person's edit starts the "last worked" clock of contacts again (P8). Raises Conflict where a field was changed by
    somebody else since the editor saw it (P3: field by field).
    """
    kinds = CHILDREN[model]
    named = {name: [d.pk for d in drafts if d.pk and name in d.children] for name in kinds}
    present = {name: present_entries(kinds[name], pks) if pks else {} for name, pks in named.items()}
    for draft in drafts:
        _check_versions(draft, records[draft.pk], present)  # type: ignore[index]
    changed = {draft.pk: _set_values(draft, records[draft.pk]) for draft in drafts}  # type: ignore[index]
    old = {pk: fields for pk, fields in changed.items() if pk is not None}
    try:
        with transaction.atomic():
            touched: dict[UUID, list[str]] = {pk: list(values) for pk, values in old.items()}
            for name, kind in kinds.items():
                wanted = {d.pk: d.children[name] for d in drafts if d.pk and name in d.children}
                for pk in sync_entries(kind, wanted, present[name]):
                    touched[pk].append(name)
            touched = {pk: names for pk, names in touched.items() if names}
            _save(model, [records[pk] for pk in touched], old, actor)
    except IntegrityError as error:
        raise _taken(error) from error
    return [
        Edited(records[pk], _named(records[pk], names, old[pk]), old[pk].get("owner_id", records[pk].owner_id), old[pk])
        for pk, names in touched.items()
    ]


def _set_values(draft: Draft, record: Any) -> dict[str, Any]:
    """Set the draft's values on the record and return the old ones of those that differ."""
    wanted = dict(draft.values)
    if draft.custom:
        wanted["custom"] = merged(record.custom, draft.custom)
    old = {name: getattr(record, name) for name, value in wanted.items() if getattr(record, name) != value}
    for name in old:
        setattr(record, name, wanted[name])
    return old


def _named(record: Any, names: Iterable[str], old: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of changed fields as events carry them, custom ones each by its own."""
    found = [name for name in names if name != "custom"]
    return (*found, *(changed_names(old["custom"], record.custom) if "custom" in old else ()))


def _save(model: type[Any], records: list[Any], columns: Mapping[UUID, Iterable[str]], actor: Actor) -> None:
    """Write changed columns and the next version, in one statement for all records with the same ones."""
    now = business_time()
    worked = {"last_worked_at": now} if model is Contact and actor.kind == "user" else {}
    update_rows(model, [(r.pk, {name: getattr(r, name) for name in columns[r.pk]} | worked) for r in records], at=now)
    for record in records:
        record.version, record.updated_at = record.version + 1, now
        for name, value in worked.items():
            setattr(record, name, value)


def _check_versions(draft: Draft, record: Any, present: Mapping[str, Mapping[UUID, list[Any]]]) -> None:
    """Raise Conflict with both values of each field that changed since the editor saw the record, if the draft sets
    it too."""
    if draft.version is None or draft.version == record.version or draft.seen is None:
        return
    clashing: dict[str, dict[str, Any]] = {}
    for name, mine in draft.values.items():
        theirs = getattr(record, name)
        if name in draft.seen and theirs not in (draft.seen[name], mine):
            clashing[name] = {"mine": mine, "theirs": theirs, "seen": draft.seen[name]}
    for key, mine in draft.custom.items():
        name, theirs = f"{PREFIX}{key}", record.custom.get(key)
        if name in draft.seen and theirs not in (draft.seen[name], mine):
            clashing[name] = {"mine": mine, "theirs": theirs, "seen": draft.seen[name]}
    for name, entries in draft.children.items():
        stored = [str(row) for row in present[name].get(record.pk, ())]
        wanted = [entry.value for entry in entries]
        if name in draft.seen and stored not in (list(draft.seen[name]), wanted):
            clashing[name] = {
                "mine": ", ".join(wanted),
                "theirs": ", ".join(stored),
                "seen": ", ".join(draft.seen[name]),
            }
    if clashing:
        raise Conflict(_("Somebody else has changed this in the meantime."), theirs={"fields": clashing})


def _taken(error: IntegrityError) -> Exception:
    """Return what an integrity error means to a person; errors that no person can cause are returned as they are."""
    words = str(error)
    if "contactemail_one_live" in words:
        return Refused(
            _("Somebody has just added this e-mail address."), fields={"emails": _("It is already in the workspace.")}
        )
    if "companydomain_one_live" in words:
        return Refused(
            _("Somebody has just added this domain."), fields={"domains": _("It is already in the workspace.")}
        )
    if "external_id" in words:
        return Refused(_("A record with this id of the other system exists already."))
    return error


def entries_of(draft: Draft, name: str) -> list[Entry]:
    """Return the wanted rows of a draft, none if it does not name them."""
    return draft.children.get(name, [])
