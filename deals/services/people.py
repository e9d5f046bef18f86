"""The people in a deal, with their roles; exactly one of them is primary (P0)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from contacts.models import Contact
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Refused
from crm.kernel.events.bus import publish
from deals.events import DealChanged
from deals.models import Deal, DealContact

from .checks import visible_contacts
from .editing import people_ids
from .lifecycle import derive_lifecycle
from .locking import lock_deal
from .searching import refresh_search

if TYPE_CHECKING:
    from .creation import NewDeal


def as_people(rows: Sequence["NewDeal"], contacts: Mapping[UUID, Contact]) -> list[list[dict[str, Any]]]:
    """Return the columns of each row's people: each person once, the first one primary."""
    result = []
    for row in rows:
        once = dict(row.contacts)
        result.append(
            [
                {"contact_id": pk, "role": checked_role(role), "primary": position == 0}
                for position, (pk, role) in enumerate(once.items())
                if pk in contacts
            ]
        )
    return result


def checked_role(role: str) -> str:
    """Return a role as it is stored; Refused if it is too long or holds a NUL."""
    role = role.strip()
    if len(role) > 60 or "\x00" in role:
        raise Refused(_("A role has at most 60 letters."), fields={"role": _("Type at most 60 letters.")})
    return role


def _locked(deal_id: UUID, actor: Actor) -> Deal:
    deal = lock_deal(deal_id, actor)
    actor.require("edit", deal)
    return deal


@command("deals.add_person")
def add_person(*, deal_id: UUID, contact_id: UUID, actor: Actor, role: str = "", primary: bool = False) -> DealContact:
    """Put a contact into a deal; the first one is primary. Adding somebody who is in it changes the role only.

    Raises Deal.DoesNotExist, PermissionDenied, and Refused for a contact that the actor may not see (U3).
    """
    deal = _locked(deal_id, actor)
    visible_contacts([contact_id], actor)
    if DealContact.objects.filter(deal=deal, contact_id=contact_id).exists():
        return change_person(deal_id=deal_id, contact_id=contact_id, actor=actor, role=role, primary=primary or None)
    role = checked_role(role)
    primary = primary or not DealContact.objects.filter(deal=deal, primary=True).exists()
    if primary:
        DealContact.objects.filter(deal=deal, primary=True).update(primary=False)
    link = DealContact.objects.create(deal=deal, contact_id=contact_id, role=role, primary=primary)
    _changed(deal, [contact_id], actor)
    return link


@command("deals.change_person")
def change_person(
    *, deal_id: UUID, contact_id: UUID, actor: Actor, role: str | None = None, primary: bool | None = None
) -> DealContact:
    """Change a person's role in a deal, or make them the primary one. Raises DealContact.DoesNotExist if not in it."""
    deal = _locked(deal_id, actor)
    link = DealContact.objects.get(deal=deal, contact_id=contact_id)
    values: dict[str, Any] = {}
    if role is not None and checked_role(role) != link.role:
        values["role"] = checked_role(role)
    if primary and not link.primary:
        DealContact.objects.filter(deal=deal, primary=True).update(primary=False)
        values["primary"] = True
    if values:
        DealContact.objects.filter(pk=link.pk).update(**values)
        link.refresh_from_db()
        _changed(deal, [], actor)
    return link


@command("deals.remove_person")
def remove_person(*, deal_id: UUID, contact_id: UUID, actor: Actor) -> None:
    """Take a person out of a deal; if it was the primary one, the next becomes so. Who is not in it changes nothing."""
    deal = _locked(deal_id, actor)
    link = DealContact.objects.filter(deal=deal, contact_id=contact_id).first()
    if link is None:
        return
    link.delete()
    if link.primary and (following := DealContact.objects.filter(deal=deal).order_by("id").first()):
        DealContact.objects.filter(pk=following.pk).update(primary=True)
    _changed(deal, [contact_id], actor)


def _changed(deal: Deal, contact_ids: Sequence[UUID], actor: Actor) -> None:
    """Keep what is derived from a deal's people, and tell about the change."""
    at = business_time()
    worked = {"last_worked_at": at} if actor.kind == "user" else {}
    Deal.objects.filter(pk=deal.pk).update(version=F("version") + 1, updated_at=at, **worked)
    refresh_search([deal.pk])
    derive_lifecycle(contact_ids)
    event = DealChanged(
        subject_id=deal.pk, company_id=deal.company_id, contact_ids=people_ids(deal), fields=("contacts",)
    )
    publish(event, actor=actor)
