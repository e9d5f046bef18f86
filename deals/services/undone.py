"""What an undo did to deals, as the events that the services would have published (W4)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.kernel.audit.registry import announce_with
from crm.kernel.audit.undo import Turned
from crm.kernel.core.changes import Actor
from crm.kernel.events.bus import DomainEvent, publish_undone
from deals.events import DealBinned, DealCreated, DealRestored
from deals.models import Deal, DealContact, Stage, StageChange

from .editing import event_of_edit, names_of
from .moving import events_of_move

# Columns that no event names: they go with the deal's being made or deleted, and those that go with a move (P3).
UNNAMED = {"created_at", "created_unknown", "binned_at", "purged_at", "stage_entered_at", "closed_at"}
MOVED = {
    "stage_id", "pipeline_id", "closed_on", "lost_reason_id", "lost_comment", "probability", "forecast_category",
}  # fmt: skip
Visits = Mapping[UUID, tuple[UUID, dt.datetime]]


def deals_undone(records: Sequence[Turned], actor: Actor) -> None:
    """Tell which deals an undo brought back, deleted, led to another stage or changed."""
    ids = [each.pk for each in records]
    people: dict[UUID, list[UUID]] = defaultdict(list)
    links = DealContact.objects.filter(deal__in=ids).order_by("-primary", "id")
    for deal_id, contact_id in links.values_list("deal_id", "contact_id"):
        people[deal_id].append(contact_id)
    running = StageChange.objects.filter(deal__in=ids, until__isnull=True).values_list("deal_id", "pk", "at")
    visits = {deal_id: (pk, at) for deal_id, pk, at in running}
    stages = Stage.objects.in_bulk()
    events: list[DomainEvent] = []
    for each in records:
        deal = Deal(**each.now)
        deal.contact_ids = people[each.pk]
        events += _events(deal, each, visits, stages)
    publish_undone(events, actor=actor)


def _events(deal: Deal, record: Turned, visits: Visits, stages: Mapping[UUID, Stage]) -> list[DomainEvent]:
    """Return what happened to one deal."""
    common: dict[str, Any] = {
        "subject_id": deal.pk, "company_id": deal.company_id, "contact_ids": tuple(deal.contact_ids)
    }  # fmt: skip
    if record.before is None:
        return [DealCreated(**common, stage_change_id=visits[deal.pk][0], owner_id=deal.owner_id)]
    changed, before = record.changed, record.before
    events: list[DomainEvent] = []
    if (before["binned_at"] is None) != (deal.binned_at is None):
        event = DealBinned if deal.binned_at is not None else DealRestored
        events.append(event(**common, restated=stages[deal.stage_id].is_won))
    if deal.binned_at is not None:
        return events
    edited = changed.keys() - UNNAMED - (MOVED if "stage_id" in changed else set())
    names = (*names_of(Deal(**before), {name: record.now[name] for name in edited}), *record.rows)
    if "stage_id" in changed:
        came_from = {deal.pk: stages[before["stage_id"]]}
        return events + events_of_move([deal], came_from, stages[deal.stage_id], visits, names)
    return [*events, event_of_edit(deal, names, before["owner_id"])] if names else events


def register() -> None:
    """Have the audit tell of undone changes."""
    announce_with(Deal, deals_undone, {DealContact: "contacts"})
