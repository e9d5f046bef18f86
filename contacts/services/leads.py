"""Leads (R4) and owners (U4): claim, assign, status, churn, and a known address that comes in again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.events import LeadReturned
from contacts.models import Company, Contact, ContactEmail, LeadStatus, Lifecycle
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.events.bus import publish
from crm.kernel.users.models import User

from .children import CHILDREN, Entry, present_entries
from .companies import edit_companies
from .contacts import check_contacts, edit_contact, edit_contacts, follow_merges, publish_changes
from .drafts import Draft
from .writing import apply_drafts

# A lead in one of these comes to life again when its address comes in (R4).
RESTING = {LeadStatus.UNQUALIFIED, LeadStatus.NURTURING}


@command("contacts.claim")
def claim_contact(*, contact_id: UUID, actor: Actor) -> Contact:
    """Make oneself the owner of an unowned contact (U4): whoever may edit any contact and sees this one may claim it.

    Raises Conflict if somebody was faster. Claiming what is one's own changes nothing.
    """
    actor.require_kind("edit", "contact")
    contact = Contact.objects.visible_to(actor).live().locked().get(pk=contact_id)
    if contact.owner_id == actor.id:
        return contact
    if contact.owner_id is not None:
        name = User.objects.values_list("name", flat=True).get(pk=contact.owner_id)
        raise Conflict(_("%(name)s has claimed this contact already.") % {"name": name}, theirs={"who": name})
    edited = apply_drafts(Contact, [Draft(values={"owner_id": actor.id}, pk=contact_id)], {contact_id: contact}, actor)
    publish_changes(edited, actor)
    return contact


@command("contacts.assign")
def assign_owner(
    *, kind: str, record_ids: Iterable[UUID], owner: User | None, actor: Actor
) -> Sequence[Contact | Company]:
    """Give contacts or companies (`kind`) to a colleague, or to nobody. Many at once need the bulk right (U2).

    Raises PermissionDenied for a record that is not the actor's to edit, Refused for a colleague who cannot log in.
    """
    ids = list(record_ids)
    if len(ids) > 1:
        actor.require_flag("bulk")
    if owner is not None and not owner.is_active:
        raise Refused(_("%(name)s cannot log in, so cannot take this over.") % {"name": owner.name})
    drafts = [Draft(values={"owner_id": owner.pk if owner else None}, pk=pk) for pk in ids]
    if kind == Company.kind:
        return edit_companies(drafts=drafts, actor=actor)
    return edit_contacts(drafts=drafts, actor=actor)


@command("contacts.lead_status")
def change_lead_status(*, contact_id: UUID, status: LeadStatus, actor: Actor, reason: str = "") -> Contact:
    """Set the status of a lead (R4); unqualified takes a reason."""
    contact = Contact.objects.visible_to(actor).live().get(pk=contact_id)
    actor.require("edit", contact)
    if not contact.is_lead:
        raise Refused(_("Only a lead has a lead status."))
    values = {"lead_status": status, "unqualified_reason": reason if status == LeadStatus.UNQUALIFIED else ""}
    return edit_contact(contact_id=contact_id, values=values, actor=actor)


@command("contacts.churn")
def churn_contact(*, contact_id: UUID, reason: str, actor: Actor, on: date | None = None) -> Contact:
    """Say that a customer has left, since when and why (R4); a new win ends it."""
    values: dict[str, Any] = {"lifecycle": Lifecycle.CHURNED, "churned_reason": reason}
    if on is not None:
        values["churned_on"] = on
    return edit_contact(contact_id=contact_id, values=values, actor=actor)


@command("leads.return")
def return_leads(*, rows: Sequence[Mapping[str, Any]], source: str, actor: Actor) -> list[Contact | None]:
    """Take in people who come in again (R4): no second contact, "came back" on the timeline, empties filled, owner
    kept.

    Each row has `emails`; the result holds the contact of each, None where no live contact has one of the addresses (or
    the actor may not see it: then creating one says that the address is taken). Unqualified and nurturing leads are
    reopened. Who may not edit the contact only leaves the note that it came back.
    """
    known = _known([str(each) for row in rows for each in row.get("emails", ())], actor)
    found = [
        next((known[a] for each in row.get("emails", ()) if (a := str(each).strip().lower()) in known), None)
        for row in rows
    ]
    pairs = [(contact, row) for contact, row in zip(found, rows, strict=True) if contact is not None]
    editable = [(contact, row) for contact, row in pairs if actor.can("edit", contact)]
    drafts = _fillings(editable, actor)
    if drafts:
        edit_contacts(drafts=drafts, actor=actor)
    reopened = {draft.pk for draft in drafts if "lead_status" in draft.values}
    events = {
        contact.pk: LeadReturned(
            subject_id=contact.pk, company_id=contact.company_id, source=source, reopened=contact.pk in reopened
        )
        for contact, _row in pairs
    }
    if events:
        publish(*events.values(), actor=actor)
    return found


def _known(addresses: Iterable[str], actor: Actor) -> dict[str, Contact]:
    wanted = {address.strip().lower() for address in addresses}
    rows = list(ContactEmail.objects.filter(address__in=wanted).select_related("contact").order_by("live"))
    follow_merges(rows)
    return {row.address: row.contact for row in rows if row.live and actor.can("view", row.contact)}


def _fillings(pairs: Sequence[tuple[Contact, Mapping[str, Any]]], actor: Actor) -> list[Draft]:
    """Return a draft for each contact that has something to fill or to reopen; values that are wrong are left out."""
    rows = [
        {name: value for name, value in row.items() if name not in ("emails", "owner", "owner_id")} for _c, row in pairs
    ]
    drafts = check_contacts(rows, actor=actor, pks=[contact.pk for contact, _row in pairs])
    phones = present_entries(CHILDREN[Contact]["phones"], [contact.pk for contact, _row in pairs])
    kept: dict[UUID, Draft] = {}
    for (contact, _row), draft in zip(pairs, drafts, strict=True):
        filled = {name: value for name, value in draft.values.items() if value and not getattr(contact, name)}
        if contact.is_lead and contact.lead_status in RESTING:
            filled["lead_status"] = LeadStatus.NEW
        more: dict[str, list[Entry]] = {}
        if draft.children.get("phones") and not phones.get(contact.pk):
            more = {"phones": draft.children["phones"]}
        if (filled or more) and contact.pk not in kept:
            kept[contact.pk] = Draft(values=filled, children=more, pk=contact.pk)
    return list(kept.values())
