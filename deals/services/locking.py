"""Locking of deals. First the row alone, then what belongs to it.

A locking query that joins would lose the row after waiting for a rival: PostgreSQL checks the changed row against the
joined rows of before, a moved deal no longer fits its old stage, and "somebody moved it" would look like "no such deal".
"""

from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from crm.kernel.core.changes import Actor
from deals.models import Deal, DealContact


def lock_deal(deal_id: UUID, actor: Actor, *, binned: bool = False) -> Deal:
    """Return the deal, locked, with stage, pipeline, owner, company and `contact_ids`.

    Raises Deal.DoesNotExist for one that the actor may not see, and for one that is in the bin (`binned`: is not).
    """
    rows = Deal.objects.visible_to(actor)
    rows = rows.binned() if binned else rows.live()
    rows.locked().only("pk").get(pk=deal_id)
    return read_deals([deal_id])[0]


def read_deals(deal_ids: list[UUID]) -> list[Deal]:
    """Return deals that this transaction has locked, as they are now, with what belongs to them."""
    people = DealContact.objects.filter(deal=OuterRef("pk")).order_by("-primary", "id").values("contact")
    rows = Deal.objects.select_related("stage", "pipeline", "owner", "company", "lost_reason")
    return list(rows.annotate(contact_ids=ArraySubquery(people)).filter(pk__in=deal_ids).order_by("pk"))
