"""The stored events that a rule would have heard."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q

from crm.kernel.events.bus import UNDO
from crm.kernel.events.models import Event
from workflows.engine.loading import MERGES, Loaded, special_source
from workflows.snapshots import Moment

from .judging import Asked

BATCH = 500


def heard(loaded: Loaded, since: dt.datetime, until: dt.datetime) -> Any:
    """Return the events of a period that the rule hears, by which records leave its conditions, or become one (M3)."""
    trigger = loaded.document.trigger
    assert trigger is not None
    names = Q(name__in=[*trigger.events, *trigger.leaving]) | Q(name__in=MERGES, kind=loaded.document.kind)
    return Event.objects.filter(names, recorded_at__gte=since, recorded_at__lt=until)


def asked_by_events(
    loaded: Loaded, since: dt.datetime, until: dt.datetime, record_id: UUID | None = None
) -> Iterator[list[Asked]]:
    """Yield the moments at which events would have asked the rule, in the order of the events, some hundred at a time.

    With `record_id` only those of one record.
    """
    trigger, document = loaded.document.trigger, loaded.document
    last = 0
    while True:
        rows = heard(loaded, since, until).filter(pk__gt=last)
        rows = rows.filter(subject_id=record_id) if record_id is not None else rows
        events = list(rows.order_by("pk")[:BATCH])
        found = []
        for event in events:
            moment = Moment.of(event)
            if event.name in MERGES:
                found.append(_merge(event, moment))
                continue
            special = special_source(event.source)
            if special and special not in document.listens_to:
                if special == UNDO:
                    found.append(Asked(f"event:{event.pk}", moment, event.recorded_at, forgets=True))
                continue
            leaves = event.name in trigger.leaving
            fits = event.name in trigger.events and trigger.fits(event, document.options)
            leaves = leaves or (not fits and trigger.misfit_leaves)
            found.append(Asked(f"event:{event.pk}", moment, event.recorded_at, event.pk, fits, leaves))
        if found:
            yield found
        if len(events) < BATCH:
            return
        last = events[-1].pk


def _merge(event: Event, moment: Moment) -> Asked:
    """Return the moment of a merge, or of its undo: rules are not asked, and know less afterwards."""
    part, into = event.data.get("loser_id"), str(event.subject_id)
    if part is None:
        part, into = into, event.data["into_id"]
    parts = {UUID(part): UUID(into) if into else None}
    return Asked(f"event:{event.pk}", moment, event.recorded_at, forgets=True, parts=parts)
