"""Into the bin and out of it (R8). A won deal is in numbers of the past: binning it needs the right to date back."""

from uuid import UUID

from django.db.models import F

from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.events.bus import publish
from deals.events import DealBinned, DealRestored
from deals.models import Deal

from .lifecycle import derive_lifecycle_of_deals
from .locking import lock_deal


@command("deals.bin")
def bin_deal(*, deal_id: UUID, actor: Actor) -> Deal:
    """Put a deal into the bin.

    Raises Deal.DoesNotExist, and PermissionDenied without the right to delete it or, if it is won, to date back.
    """
    return _set_binned(deal_id, actor, binned=True)


@command("deals.restore")
def restore_deal(*, deal_id: UUID, actor: Actor) -> Deal:
    """Take a deal out of the bin. Raises as `bin_deal` does."""
    return _set_binned(deal_id, actor, binned=False)


def _set_binned(deal_id: UUID, actor: Actor, *, binned: bool) -> Deal:
    deal = lock_deal(deal_id, actor, binned=not binned)
    actor.require("delete", deal)
    if deal.stage.is_won:
        actor.require_flag("date_back")
    at = business_time()
    deal.binned_at = at if binned else None
    Deal.objects.filter(pk=deal.pk).update(binned_at=deal.binned_at, updated_at=at, version=F("version") + 1)
    derive_lifecycle_of_deals([deal.pk], companies=deal.stage.is_won)
    event = DealBinned if binned else DealRestored
    publish(
        event(
            subject_id=deal.pk,
            company_id=deal.company_id,
            contact_ids=tuple(deal.contact_ids),
            restated=deal.stage.is_won,
        ),
        actor=actor,
    )
    return deal
