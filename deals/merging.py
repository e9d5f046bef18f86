"""How deals follow people and companies that become one (M3): with owner, stage and clocks, and no rule fires."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils.translation import ngettext

from crm.kernel.core import relations
from crm.kernel.core.changes import Actor
from crm.kernel.core.relations import Merging, Relation, move_rows

from .models import Deal, DealContact

LONGEST_ROLE = 60


def register() -> None:
    """Declare the references of deals to contacts and companies."""
    relations.declare(DealContact, "contact", "contact", move=move_people, words=_words, tally=_tally)
    relations.declare(Deal, "company", "company", words=_words)


def _words(count: int) -> str:
    return ngettext("%d deal", "%d deals", count) % count


def _tally(relation: Relation, actor: Actor, ids: Collection[UUID]) -> int:
    """Count the deals of people that the actor may see."""
    seen = Deal.objects.visible_to(actor).live()
    return int(seen.filter(pk__in=DealContact.objects.filter(contact__in=list(ids)).values("deal")).count())


def move_people(relation: Relation, merging: Merging) -> None:
    """Put the survivor where the other person was. Who was in a deal twice is in it once, with both roles.

    The other's row goes first: at most one person of a deal is primary, on the way back as well.
    """
    ours = {link.deal_id: link for link in DealContact.objects.filter(contact=merging.survivor_id)}
    both = list(DealContact.objects.filter(contact=merging.loser_id, deal__in=list(ours)).order_by("pk"))
    DealContact.objects.filter(pk__in=[link.pk for link in both]).delete()
    for link in both:
        kept = ours[link.deal_id]
        role = both_roles(kept.role, link.role)
        values: dict[str, Any] = {} if role == kept.role else {"role": role}
        if link.primary:
            values["primary"] = True
        if values:
            DealContact.objects.filter(pk=kept.pk).update(**values)
        merging.note_moved(DealContact, [kept.pk, link.pk])
        merging.notes.append({"what": "role", "deal": str(link.deal_id), "role": role})
    move_rows(relation, merging)


def both_roles(kept: str, other: str) -> str:
    """Return two roles as one, as far as there is room: none of them is lost while it fits."""
    if not kept or not other or other.casefold() in (each.strip().casefold() for each in kept.split(",")):
        return kept or other
    united = f"{kept}, {other}"
    return united if len(united) <= LONGEST_ROLE else kept
