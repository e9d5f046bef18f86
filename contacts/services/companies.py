"""Create and edit companies (R3). One set-based body each; a form calls it with one row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import TextField, Value
from django.utils.translation import gettext as _

from contacts.events import CompanyChanged, CompanyCreated, OwnerChanged
from contacts.models import Company, CompanyDomain, ContactEmail
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.fields import Fold
from crm.kernel.customfields.fields import fields_for
from crm.kernel.customfields.values import words_of
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.users.models import User

from . import spellings
from .drafts import Clash, Draft, check_references, read_drafts
from .search import found_by, refresh_company_search
from .writing import Edited, apply_drafts, entries_of, home_region, insert_drafts, lock_for_edit


def check_companies(
    rows: Iterable[Mapping[str, Any]], *, actor: Actor, pks: Sequence[UUID | None] = (), demand: bool = True
) -> list[Draft]:
    """Read rows of plain values and note what is wrong with each, in a fixed number of queries; writes nothing.

    Values are the company's columns, `parent` and `owner` as records or ids, `domains`, `emails` and `phones` as lists;
    custom fields go by `cf_<key>`. Without `demand` required ones may be missing.
    """
    drafts = read_drafts(Company, rows, region=home_region(), actor=actor, pks=pks, demand=demand)
    for draft in drafts:
        if (draft.pk is None or "name" in draft.values) and not draft.values.get("name"):
            draft.fail("name", _("Type a name."))
        if draft.values.get("parent_id") and draft.values["parent_id"] == draft.pk:
            draft.fail("parent", _("A company cannot be its own parent."))
    check_references(drafts, "parent", Company.objects.live(), actor, _("There is no such company."))
    check_references(drafts, "owner", User.objects.all(), actor, _("There is no such colleague."))
    _check_domains(drafts, actor)
    _check_shared_addresses(drafts, actor)
    return drafts


def _check_domains(drafts: Sequence[Draft], actor: Actor) -> None:
    """Note each domain that another live company has."""
    wanted = {entry.value for draft in drafts for entry in entries_of(draft, "domains")}
    if not wanted:
        return
    rows = CompanyDomain.objects.filter(domain__in=wanted, live=True).select_related("company")
    owners = {row.domain: row.company for row in rows}
    claimed: dict[str, int] = {}
    for number, draft in enumerate(drafts):
        for entry in entries_of(draft, "domains"):
            if claimed.setdefault(entry.value, number) != number:
                draft.fail("domains", _("%(domain)s is in another row too.") % {"domain": entry.value})
            company = owners.get(entry.value)
            if company is None or company.pk == draft.pk:
                continue
            seen = actor.can("view", company)
            named = {"domain": entry.value, "name": company.name}
            words = _("%(domain)s belongs to %(name)s.") if seen else _("%(domain)s is already in the workspace.")
            draft.clashes.append(Clash(entry.value, words % named, company if seen else None))
            draft.fail("domains", words % named)


def _check_shared_addresses(drafts: Sequence[Draft], actor: Actor) -> None:
    """Note each shared address that is a person's own (R2)."""
    wanted = {entry.value for draft in drafts for entry in entries_of(draft, "emails")}
    if not wanted:
        return
    rows = ContactEmail.objects.filter(address__in=wanted, live=True).select_related("contact")
    people = {row.address: row.contact for row in rows}
    for draft in drafts:
        for entry in entries_of(draft, "emails"):
            contact = people.get(entry.value)
            if contact is None:
                continue
            seen = actor.can("view", contact)
            named = {"address": entry.value, "name": contact.name}
            words = _("%(address)s belongs to %(name)s.") if seen else _("%(address)s is already in the workspace.")
            draft.clashes.append(Clash(entry.value, words % named, contact if seen else None))
            draft.fail("emails", words % named)


@command("companies.create")
def create_companies(*, rows: Sequence[Mapping[str, Any]], actor: Actor, drafts: Sequence[Draft] = ()) -> list[Company]:
    """Create companies (R3); creating follows edit (U2). Raises Refused for the first row that has something wrong."""
    actor.require_kind("edit", "company")
    ready = list(drafts) or check_companies(rows, actor=actor)
    for draft in ready:
        draft.raise_errors()
    companies: list[Company] = insert_drafts(Company, ready, _words, lambda draft: {})
    publish(*(CompanyCreated(subject_id=c.pk, owner_id=c.owner_id) for c in companies), actor=actor)
    return companies


def _words(draft: Draft) -> Iterable[str]:
    """Return what a new company is found by: the same words in the same order as `refresh_company_search`."""
    yield draft.values["name"]
    yield from (entry.value for name in ("domains", "emails", "phones") for entry in entries_of(draft, name))
    yield draft.values.get("city", "")
    yield from spellings.of_company(draft.values["name"])
    yield from words_of(fields_for(Company.kind), draft.custom)


@command("companies.create")
def create_company(*, values: Mapping[str, Any], actor: Actor) -> Company:
    """Create one company."""
    return create_companies(rows=[values], actor=actor)[0]


def company_for_name(*, name: str, actor: Actor) -> Company:
    """Return the company of this name that the actor may see, whatever its case and accents.

    A new one if there is none.
    """
    known = (
        Company.objects.visible_to(actor).live().filter(sort_name=Fold(Value(name.strip(), output_field=TextField())))
    )
    if (company := known.order_by("pk").first()) is not None:
        return company
    actor.require_kind("edit", "company")
    drafts = check_companies([{"name": name, "owner": actor.user}], actor=actor, demand=False)
    return create_companies(rows=(), drafts=drafts, actor=actor)[0]


@command("companies.edit")
def edit_companies(*, drafts: Sequence[Draft], actor: Actor) -> list[Company]:
    """Apply checked drafts to their companies and return those that changed.

    Raises as `edit_contacts` does, and Refused where a parent company would come to stand below itself.
    """
    records = lock_for_edit(Company, drafts, actor)
    _check_cycles(drafts)
    for draft in drafts:
        draft.raise_errors()
    edited = apply_drafts(Company, drafts, records, actor)
    refresh_company_search(each.record.pk for each in edited if found_by(each.fields))
    if events := events_of_edits(edited):
        publish(*events, actor=actor)
    return [each.record for each in edited]


def events_of_edits(edited: Sequence[Edited]) -> list[DomainEvent]:
    """Return what changed, as events: the fields, and apart from them a new owner."""
    events: list[DomainEvent] = []
    for each in edited:
        company = each.record
        events.append(CompanyChanged(subject_id=company.pk, fields=each.fields))
        if "owner_id" in each.old:
            events.append(
                OwnerChanged(
                    record_kind="company", subject_id=company.pk, company_id=company.pk,
                    from_owner_id=each.old_owner_id, to_owner_id=company.owner_id,
                )
            )  # fmt: skip
    return events


ABOVE = """
WITH RECURSIVE above AS (
    SELECT c.id, c.parent_id FROM contacts_company c WHERE c.id = ANY(%s)
    UNION SELECT c.id, c.parent_id FROM above a JOIN contacts_company c ON c.id = a.parent_id
)
SELECT id, parent_id FROM above
"""


def _check_cycles(drafts: Sequence[Draft]) -> None:
    """Note an error for each draft that would put a company below itself (R3).

    Two edits that close a ring together touch different rows, so all changes of parents wait for each other here.
    """
    wanted = {draft.pk: draft.values["parent_id"] for draft in drafts if draft.values.get("parent_id")}
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('contacts.company_parents'))")
        cursor.execute(ABOVE, [list(wanted.values())])
        parents = dict(cursor.fetchall()) | wanted
    for draft in drafts:
        above, seen = wanted.get(draft.pk), set()
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if draft.pk in seen:
            draft.fail("parent", _("That company stands below this one, so it cannot be its parent."))


@command("companies.edit")
def edit_company(
    *,
    company_id: UUID,
    values: Mapping[str, Any],
    actor: Actor,
    version: int | None = None,
    seen: Mapping[str, Any] | None = None,
    parent_name: str = "",
) -> Company:
    """Change fields of one company. `version` and `seen` are what the editor saw.

    Only the same field changed twice conflicts.
    """
    company = Company.objects.visible_to(actor).live().get(pk=company_id)
    actor.require("edit", company)
    rows = [{"country": company.country, **values}]  # the country tells how to read a phone number
    (draft,) = check_companies(rows, actor=actor, pks=[company_id])
    draft.version, draft.seen = version, seen
    draft.raise_errors()
    if parent_name.strip() and not draft.values.get("parent_id"):
        draft.values["parent_id"] = company_for_name(name=parent_name, actor=actor).pk
    edit_companies(drafts=[draft], actor=actor)
    return Company.objects.get(pk=company_id)
