"""Qualifying a lead: a deal for the contact and its company, in one transaction (R4)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.utils.translation import gettext as _

from contacts.models import Contact
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Refused
from crm.kernel.events.bus import publish
from crm.kernel.users.models import User
from deals.events import LeadQualified
from deals.models import Deal, Stage

from .creation import NewDeal, create_deals


class Qualified(NamedTuple):
    """The deal of a lead; `created` is False when a click before made it."""

    deal: Deal
    created: bool


@command("leads.qualify")
def qualify_lead(
    *,
    contact_id: UUID,
    actor: Actor,
    title: str = "",
    amount: Decimal | None = None,
    currency: str = "",
    stage: Stage | None = None,
    expected_close: dt.date | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Qualified:
    """Make a deal of a lead (R4): for the contact and its company, with the lead's owner and source.

    Never overwrites a value of the contact; a lead that nobody owns becomes the actor's. A second call returns the same
    deal. Raises Contact.DoesNotExist, PermissionDenied without the right to edit the contact or any deal, Refused for a
    contact that is no lead and has no open deal.
    """
    # The row alone is locked: a join would lose it after waiting for a rival (see locking).
    Contact.objects.visible_to(actor).live().locked().only("pk").get(pk=contact_id)
    contact: Contact = Contact.objects.select_related("company", "owner").get(pk=contact_id)
    actor.require_kind("edit", "deal")
    if not contact.is_lead:
        return Qualified(_open_deal(contact, actor), created=False)
    if contact.owner_id is not None or not claimable(contact, actor):
        actor.require("edit", contact)
    owner = _owner_of(contact, actor)
    [deal] = create_deals(
        rows=[
            NewDeal(
                title=title.strip() or default_title(contact),
                owner=owner,
                stage=stage,
                amount=amount,
                currency=currency,
                company=contact.company if contact.company and contact.company.binned_at is None else None,
                expected_close=expected_close,
                source=contact.source,
                contacts=[(contact.pk, "")],
                custom=custom or {},
            )
        ],
        actor=actor,
    )
    if contact.owner_id is None:
        now = business_time()
        Contact.objects.filter(pk=contact.pk).update(owner=owner, version=F("version") + 1, updated_at=now)
    publish(
        LeadQualified(subject_id=deal.pk, contact_id=contact.pk, company_id=deal.company_id, contact_ids=(contact.pk,)),
        actor=actor,
    )
    return Qualified(deal, created=True)


def default_title(contact: Contact) -> str:
    """Return what a lead's deal is called unless somebody says: the company's name, else the person's."""
    return contact.company.name if contact.company else contact.name


def claimable(contact: Contact, actor: Actor) -> bool:
    """Say whether the actor may make this lead their own: nobody owns it and they may edit contacts (U4)."""
    return contact.owner_id is None and not actor.scope("contact", "edit").nothing


def _owner_of(contact: Contact, actor: Actor) -> User | None:
    """Return who gets the deal: the lead's owner if they can log in, else the actor."""
    if contact.owner is not None and contact.owner.state == User.State.ACTIVE:
        return contact.owner
    return actor.user


def _open_deal(contact: Contact, actor: Actor) -> Deal:
    """Return the newest open deal of a contact that is no lead any more."""
    deals = Deal.objects.live().open().filter(people__contact=contact).order_by("-created_at", "-id")
    deal = deals.first()
    if deal is None:
        raise Refused(_("%(name)s is not a lead any more.") % {"name": contact.name})
    if not actor.can("view", deal):
        raise PermissionDenied("The deal of this contact is out of reach.")
    return deal
