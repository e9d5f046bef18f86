"""Create and edit contacts (R2). One set-based body each; a form calls it with one row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.events import ContactChanged, ContactCreated, LeadStatusChanged, OwnerChanged
from contacts.models import Company, CompanyEmail, Contact, ContactEmail, LeadStatus, Lifecycle, survivors_of
from contacts.registry import companies_that_bought
from crm.kernel.core.changes import Actor, command
from crm.kernel.customfields.fields import fields_for
from crm.kernel.customfields.values import words_of
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

from . import spellings
from .companies import company_for_name
from .drafts import Clash, Draft, check_references, read_drafts
from .search import found_by, refresh_search
from .writing import Edited, apply_drafts, entries_of, home_region, insert_drafts, lock_for_edit

DERIVED_STAGES = {Lifecycle.OPPORTUNITY, Lifecycle.CUSTOMER}


def check_contacts(
    rows: Iterable[Mapping[str, Any]], *, actor: Actor, pks: Sequence[UUID | None] = (), despite_binned: bool = False
) -> list[Draft]:
    """Read rows of plain values and note what is wrong with each, in a fixed number of queries; writes nothing.

    Values are the contact's columns, `company` and `owner` as records or ids, `emails` and `phones` as lists (texts or
    (text, label)), the first being the primary one; custom fields go by `cf_<key>`. `pks` names the existing contact of
    each row that is an edit.
    """
    drafts = read_drafts(Contact, rows, region=home_region(), actor=actor, pks=pks)
    for draft in drafts:
        draft.despite_binned = despite_binned
        _check_name(draft)
        _check_stage(draft, actor)
    check_references(drafts, "company", Company.objects.live(), actor, _("There is no such company."))
    check_references(drafts, "owner", User.objects.all(), actor, _("There is no such colleague."))
    _check_addresses(drafts, actor)
    return drafts


def _check_name(draft: Draft) -> None:
    """A contact has a first or a last name; an edit that names only one of them is judged with the stored row later."""
    names = [draft.values.get(name) for name in ("first_name", "last_name")]
    if draft.pk is None and not any(names) and "first_name" not in draft.errors and "last_name" not in draft.errors:
        draft.fail("last_name", _("Type a first or a last name."))


def _check_stage(draft: Draft, actor: Actor) -> None:
    """Opportunity and customer follow from deals; only an import or maintenance may claim them (R4)."""
    stage = draft.values.get("lifecycle")
    if stage in DERIVED_STAGES and actor.kind == "user" and draft.pk is None:
        draft.fail("lifecycle", _("This stage follows from deals."))
    if stage == Lifecycle.CHURNED:
        draft.values.setdefault("churned_on", Workspace.current().today())
        _demand(draft, "churned_reason", asked=draft.pk is None and actor.kind == "user")
    if draft.values.get("lead_status") == LeadStatus.UNQUALIFIED:
        _demand(draft, "unqualified_reason", asked=draft.pk is None and actor.kind == "user")


def _demand(draft: Draft, reason: str, *, asked: bool, stored: str = "") -> None:
    """Note an error if a person is asked for a reason and there is none, neither typed nor stored."""
    if asked and not draft.values.get(reason, stored):
        draft.fail(reason, _("Say why."))


def _check_addresses(drafts: Sequence[Draft], actor: Actor) -> None:
    """Note each address that belongs to somebody else (R2).

    Named if the actor may see them, else only as taken (U3).
    """
    wanted = {entry.value for draft in drafts for entry in entries_of(draft, "emails")}
    if not wanted:
        return
    rows = list(ContactEmail.objects.filter(address__in=wanted).select_related("contact").order_by("-live", "pk"))
    follow_merges(rows)
    owners: dict[str, list[ContactEmail]] = {}
    for row in rows:
        owners.setdefault(row.address, []).append(row)
    shared = {
        row.address: row
        for row in CompanyEmail.objects.filter(address__in=wanted, company__binned_at__isnull=True).select_related(
            "company"
        )
    }
    claimed: dict[str, int] = {}
    for number, draft in enumerate(drafts):
        for entry in entries_of(draft, "emails"):
            address = entry.value
            if claimed.setdefault(address, number) != number:
                draft.fail("emails", _("%(address)s is in another row too.") % {"address": address})
            clash = _clash(draft, address, owners.get(address, ()), shared.get(address), actor)
            if clash is not None:
                draft.clashes.append(clash)
                draft.fail("emails", clash.message)


def follow_merges(rows: Sequence[ContactEmail]) -> None:
    """Let addresses that stayed with a merged contact be those of its survivor (R2); nothing is written."""
    ways = survivors_of(Contact, [row.contact_id for row in rows if row.contact.merged_into_id])
    if not ways:
        return
    survivors = Contact.objects.in_bulk(set(ways.values()))
    for row in rows:
        if row.contact_id in ways:
            row.contact = survivors[ways[row.contact_id]]
            row.live = row.contact.binned_at is None


def _clash(
    draft: Draft, address: str, rows: Sequence[ContactEmail], shared: CompanyEmail | None, actor: Actor
) -> Clash | None:
    """Return whom an address belongs to already, None if it is free for the draft's contact."""
    if any(row.contact_id == draft.pk for row in rows):
        return None
    for row in rows:
        seen = actor.can("view", row.contact)
        named = {"address": address, "name": row.contact.name}
        if row.live and seen:
            return Clash(address, _("%(address)s belongs to %(name)s.") % named, row.contact)
        if row.live:
            return Clash(address, _("%(address)s is already in the workspace.") % named)
        if seen and not draft.despite_binned:
            return Clash(
                address, _("%(address)s belongs to %(name)s, who is in the bin.") % named, row.contact, binned=True
            )
    if shared is not None:
        named = {"address": address, "name": shared.company.name}
        return Clash(address, _("%(address)s is a shared address of %(name)s.") % named, shared.company)
    return None


@command("contacts.create")
def create_contacts(*, rows: Sequence[Mapping[str, Any]], actor: Actor, drafts: Sequence[Draft] = ()) -> list[Contact]:
    """Create contacts (R2); creating follows edit (U2). Raises Refused for the first row that has something wrong.

    `drafts` are rows that `check_contacts` has read already.
    """
    actor.require_kind("edit", "contact")
    ready = list(drafts) or check_contacts(rows, actor=actor)
    for draft in ready:
        draft.raise_errors()
    _greet_customers(ready)
    names = _company_names(ready)
    contacts: list[Contact] = insert_drafts(Contact, ready, lambda draft: _words(draft, names), _primaries)
    publish(
        *(ContactCreated(subject_id=c.pk, company_id=c.company_id, owner_id=c.owner_id) for c in contacts), actor=actor
    )
    return contacts


def _greet_customers(drafts: Sequence[Draft]) -> None:
    """Make new contacts of companies that have bought customers, unless they were said to be something else (R4)."""
    bought = companies_that_bought(draft.values.get("company_id") for draft in drafts)
    for draft in drafts:
        if draft.values.get("company_id") in bought and draft.values.get("lifecycle", Lifecycle.LEAD) == Lifecycle.LEAD:
            draft.values["lifecycle"] = Lifecycle.CUSTOMER


def _company_names(drafts: Sequence[Draft]) -> dict[UUID, str]:
    wanted = {draft.values["company_id"] for draft in drafts if draft.values.get("company_id")}
    return dict(Company.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def _words(draft: Draft, companies: Mapping[UUID, str]) -> Iterable[str]:
    """Return what a new contact is found by: the same words in the same order as `refresh_search`."""
    values = draft.values
    yield from (values.get(name, "") for name in ("first_name", "middle_name", "last_name"))
    yield from (entry.value for name in ("emails", "phones") for entry in entries_of(draft, name))
    yield companies.get(values.get("company_id"), "")  # type: ignore[arg-type]
    yield from spellings.of_person(values.get("first_name", ""), values.get("last_name", ""))
    yield from words_of(fields_for(Contact.kind), draft.custom)


def _primaries(draft: Draft) -> dict[str, str]:
    emails, phones = entries_of(draft, "emails"), entries_of(draft, "phones")
    return {"primary_email": emails[0].value if emails else "", "primary_phone": phones[0].value if phones else ""}


@command("contacts.create")
def create_contact(
    *, values: Mapping[str, Any], actor: Actor, company_name: str = "", despite_binned: bool = False
) -> Contact:
    """Create one contact; `company_name` stands for a company that may not exist yet, made in the same command.

    Raises AddressTaken if an e-mail address belongs to somebody else (R2), Refused for other bad values.
    """
    actor.require_kind("edit", "contact")
    drafts = check_contacts([values], actor=actor, despite_binned=despite_binned)
    drafts[0].raise_errors()
    if company_name.strip() and not drafts[0].values.get("company_id"):
        drafts[0].values["company_id"] = company_for_name(name=company_name, actor=actor).pk
    return create_contacts(rows=(), drafts=drafts, actor=actor)[0]


@command("contacts.edit")
def edit_contacts(*, drafts: Sequence[Draft], actor: Actor) -> list[Contact]:
    """Apply checked drafts to their contacts and return those that changed.

    Raises Contact.DoesNotExist for one that the actor may not see, PermissionDenied for one not theirs to edit, Refused
    for bad values, Conflict with both values of a field that somebody else has changed since.
    """
    records = lock_for_edit(Contact, drafts, actor)
    for draft in drafts:
        draft.raise_errors()
        _check_against(draft, records[draft.pk], actor)  # type: ignore[index]
        draft.raise_errors()
    edited = apply_drafts(Contact, drafts, records, actor)
    refresh_search(each.record.pk for each in edited if found_by(each.fields))
    publish_changes(edited, actor)
    return [each.record for each in edited]


def _check_against(draft: Draft, contact: Contact, actor: Actor) -> None:
    """Note what is wrong with a draft together with the values that it leaves as they are."""
    values = draft.values
    result = {
        name: values.get(name, getattr(contact, name))
        for name in ("first_name", "last_name", "lifecycle", "lead_status")
    }
    if not result["first_name"] and not result["last_name"]:
        draft.fail("last_name" if "last_name" in values else "first_name", _("Type a first or a last name."))
    person = actor.kind == "user"
    if person and result["lifecycle"] != contact.lifecycle and result["lifecycle"] in DERIVED_STAGES:
        draft.fail("lifecycle", _("This stage follows from deals."))
    if result["lifecycle"] != Lifecycle.CHURNED and contact.lifecycle == Lifecycle.CHURNED:
        values.update(churned_on=None, churned_reason="")
    elif result["lifecycle"] == Lifecycle.CHURNED:
        _demand(draft, "churned_reason", asked=person and "lifecycle" in values, stored=contact.churned_reason)
    if result["lead_status"] != LeadStatus.UNQUALIFIED and contact.lead_status == LeadStatus.UNQUALIFIED:
        values["unqualified_reason"] = ""
    elif result["lead_status"] == LeadStatus.UNQUALIFIED:
        _demand(
            draft, "unqualified_reason", asked=person and "lead_status" in values, stored=contact.unqualified_reason
        )


@command("contacts.edit")
def edit_contact(
    *,
    contact_id: UUID,
    values: Mapping[str, Any],
    actor: Actor,
    version: int | None = None,
    seen: Mapping[str, Any] | None = None,
    company_name: str = "",
    despite_binned: bool = False,
) -> Contact:
    """Change fields of one contact. `version` and `seen` are what the editor saw.

    Only the same field changed twice conflicts.
    """
    contact = Contact.objects.visible_to(actor).live().get(pk=contact_id)
    actor.require("edit", contact)
    rows = [{"country": contact.country, **values}]  # the country tells how to read a phone number
    (draft,) = check_contacts(rows, actor=actor, pks=[contact_id], despite_binned=despite_binned)
    draft.version, draft.seen = version, seen
    if draft.values.get("company_id") == contact.company_id:
        draft.errors.pop("company", None)  # the company that the contact has, though hidden from the editor, may stay
    draft.raise_errors()
    if company_name.strip() and not draft.values.get("company_id"):
        draft.values["company_id"] = company_for_name(name=company_name, actor=actor).pk
    edit_contacts(drafts=[draft], actor=actor)
    return Contact.objects.get(pk=contact_id)


def publish_changes(edited: Sequence[Edited], actor: Actor) -> None:
    """Say what changed."""
    if events := events_of_edits(edited):
        publish(*events, actor=actor)


def events_of_edits(edited: Sequence[Edited]) -> list[DomainEvent]:
    """Return what changed, as events: the fields, and apart from them a new owner and a new lead status."""
    events: list[DomainEvent] = []
    for each in edited:
        contact = each.record
        events.append(ContactChanged(subject_id=contact.pk, company_id=contact.company_id, fields=each.fields))
        if "owner_id" in each.old:
            events.append(
                OwnerChanged(
                    record_kind="contact", subject_id=contact.pk, company_id=contact.company_id,
                    from_owner_id=each.old_owner_id, to_owner_id=contact.owner_id,
                )
            )  # fmt: skip
        if "lead_status" in each.old:
            events.append(
                LeadStatusChanged(
                    subject_id=contact.pk, company_id=contact.company_id,
                    from_status=each.old["lead_status"], to_status=contact.lead_status,
                )
            )  # fmt: skip
    return events
