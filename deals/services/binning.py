"""Into the bin and out of it (R8). A won deal is in numbers of the past: binning it needs the right to date back."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F

from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.events.bus import publish
from deals.events import DealBinned, DealRestored
from deals.models import Deal

from .lifecycle import derive_lifecycle_of_deals
from .locking import lock_deals


@command("deals.bin")
def bin_deal(*, deal_id: UUID, actor: Actor) -> Deal:
    """Put a deal into the bin.

    Raises Deal.DoesNotExist, and PermissionDenied without the right to delete it or, if it is won, to date back.
    """
    return _set_binned([deal_id], actor, binned=True)[0]


@command("deals.bin")
def bin_deals(*, deal_ids: Iterable[UUID], actor: Actor) -> list[Deal]:
    """Put deals into the bin. Raises as `bin_deal` does, for the first one; nothing is written then."""
    return _set_binned(deal_ids, actor, binned=True)


@command("deals.restore")
def restore_deal(*, deal_id: UUID, actor: Actor) -> Deal:
    """Take a deal out of the bin. Raises as `bin_deal` does."""
    return _set_binned([deal_id], actor, binned=False)[0]


@command("deals.restore")
def restore_deals(*, deal_ids: Iterable[UUID], actor: Actor) -> list[Deal]:
    """Take deals out of the bin. Raises as `bin_deal` does, for the first one; nothing is written then."""
    return _set_binned(deal_ids, actor, binned=False)


def _set_binned(deal_ids: Iterable[UUID], actor: Actor, *, binned: bool) -> list[Deal]:
    deals = lock_deals(deal_ids, actor, binned=not binned)
    for deal in deals:
        actor.require("delete", deal)
        if deal.stage.is_won:
            actor.require_flag("date_back")
    at = business_time()
    ids = [deal.pk for deal in deals]
    Deal.objects.filter(pk__in=ids).update(binned_at=at if binned else None, updated_at=at, version=F("version") + 1)
    for deal in deals:
        deal.binned_at = at if binned else None
    derive_lifecycle_of_deals(ids, companies=any(deal.stage.is_won for deal in deals))
    event = DealBinned if binned else DealRestored
    publish(
        *(
            event(
                subject_id=deal.pk,
                company_id=deal.company_id,
                contact_ids=tuple(deal.contact_ids),
                restated=deal.stage.is_won,
            )
            for deal in deals
        ),
        actor=actor,
    )
    return deals
