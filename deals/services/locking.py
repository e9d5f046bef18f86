"""Locking of deals. First the row alone, then what belongs to it.

A locking query that joins would lose the row after waiting for a rival: PostgreSQL checks the changed row against the
joined rows of before, a moved deal no longer fits its old stage, and "somebody moved it" would look like "no such deal".
"""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from crm.kernel.core.changes import Actor
from deals.models import Deal, DealContact


def lock_deal(deal_id: UUID, actor: Actor, *, binned: bool = False) -> Deal:
    """Return the deal, locked, with stage, pipeline, owner, company and `contact_ids`.

    Raises Deal.DoesNotExist for one that the actor may not see, and for one that is in the bin (`binned`: is not).
    """
    return lock_deals([deal_id], actor, binned=binned)[0]


def lock_deals(deal_ids: Iterable[UUID], actor: Actor, *, binned: bool = False) -> list[Deal]:
    """Return deals as `lock_deal` does, in the order of their ids. Raises Deal.DoesNotExist if one is missing."""
    wanted = set(deal_ids)
    rows = Deal.objects.visible_to(actor)
    rows = rows.binned() if binned else rows.live()
    held = rows.locked().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    if len(held) < len(wanted):
        raise Deal.DoesNotExist(f"{len(wanted) - len(held)} deals not found.")
    return read_deals(list(held))


def read_deals(deal_ids: list[UUID]) -> list[Deal]:
    """Return deals that this transaction has locked, as they are now, with what belongs to them."""
    people = DealContact.objects.filter(deal=OuterRef("pk")).order_by("-primary", "id").values("contact")
    rows = Deal.objects.select_related("stage", "pipeline", "owner", "company", "lost_reason")
    return list(rows.annotate(contact_ids=ArraySubquery(people)).filter(pk__in=deal_ids).order_by("pk"))
