"""Workers take events out of the outbox: claimed under a lease, done some at a time, retried one by one with back-off.

The lease only spares two workers the same look: what keeps an event from being done twice is its row, locked while it is
done. So a lease is short, and what a killed worker had claimed goes on after seconds.
"""

import datetime as dt
import logging
import traceback
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm.kernel.core.changes import Actor, changeset

from .bus import Consumer, acts_in_own_name, consumers_of, takes_many
from .models import Event

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=10)
BATCH = 50  # events in one transaction: what they do is seen when the last is done, and so many wait for a killed worker's lease


def claim(limit: int = BATCH) -> list[int]:
    """Lease up to `limit` waiting events, oldest first, that no other worker holds; return their ids."""
    now = timezone.now()
    with transaction.atomic():
        free = (
            Event.objects.waiting()
            .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))
            .order_by("id")
            .select_for_update(skip_locked=True)[:limit]
        )
        ids = [event.pk for event in free.only("pk")]
        Event.objects.filter(pk__in=ids).update(leased_until=now + LEASE)
    return ids


def process(event_id: int) -> bool:
    """Run what is not yet done of one event; return whether it ended well.

    A consumer that fails is retried after 2, 4, 8 ... seconds, eight times; then the event rests with its error.
    """
    try:
        with transaction.atomic():
            _process([event_id])
        return True
    except Exception:
        log.exception("event %s failed", event_id)
        _postpone(event_id, traceback.format_exc(limit=5))
        return False


def process_together(ids: Sequence[int]) -> int:
    """Run what is not yet done of some events in one transaction; return how many ended well.

    If anything fails, nothing has happened, and each is tried by itself.
    """
    try:
        with transaction.atomic():
            _process(ids)
        return len(ids)
    except Exception:
        log.info("events %s to %s are tried one by one", ids[0], ids[-1], exc_info=True)
        return sum(process(pk) for pk in ids)


def _process(ids: Sequence[int]) -> None:
    """Call the consumers of events and mark them as done, in the open transaction.

    Effects and the mark that they are done commit together, so a worker that dies anywhere leaves either both or none.
    """
    rows = Event.objects.waiting().select_for_update(skip_locked=True).filter(pk__in=ids).order_by("pk")
    events = list(rows)
    wanted: dict[str, tuple[Consumer, list[Event]]] = {}
    consumers = {kind: consumers_of(*kind) for kind in dict.fromkeys((each.name, each.source) for each in events)}
    for event in events:
        for key, consumer in consumers[event.name, event.source].items():
            if key not in event.done:
                wanted.setdefault(key, (consumer, []))[1].append(event)
                event.done.append(key)
    for key, (consumer, listed) in wanted.items():
        for some in [listed] if takes_many(key) else listed:
            with nullcontext() if acts_in_own_name(key) else changeset(Actor.system(key), key):
                consumer(some)
    _mark(events)


def _mark(events: Sequence[Event]) -> None:
    """Mark events as processed, in one statement for all with the same consumers."""
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for event in events:
        alike[tuple(event.done)].append(event.pk)
    for done, ids in alike.items():
        rows = Event.objects.filter(pk__in=ids)
        rows.update(processed_at=timezone.now(), leased_until=None, done=list(done), error="")


def _postpone(event_id: int, error: str) -> None:
    """Put a failed event back with a growing delay, or to rest after the last attempt.

    Only failures count as attempts: that workers were killed while they held an event says nothing about it.
    """
    event = Event.objects.get(pk=event_id)
    event.error, event.attempts = error, event.attempts + 1
    if event.attempts >= Event.MAX_ATTEMPTS:
        event.failed_at, event.leased_until = timezone.now(), None
    else:
        event.leased_until = timezone.now() + dt.timedelta(seconds=2**event.attempts)
    event.save(update_fields=["error", "attempts", "failed_at", "leased_until"])


def finish_unwatched(ids: list[int]) -> list[int]:
    """Mark events that nobody consumes as processed, in one statement; return the ids of the others."""
    rows = Event.objects.filter(pk__in=ids).order_by("id").values_list("pk", "name", "source")
    kinds = {(name, source) for _pk, name, source in rows}
    heard = {kind for kind in kinds if consumers_of(*kind)}
    watched = [pk for pk, name, source in rows if (name, source) in heard]
    rest = set(ids) - set(watched)
    Event.objects.waiting().filter(pk__in=rest).update(processed_at=timezone.now(), leased_until=None)
    return watched


def drain_outbox(limit: int = 10_000) -> int:
    """Work off waiting events until none is left or `limit` is reached; return how many ended well."""
    done = 0
    while done < limit and (ids := claim()):
        watched = finish_unwatched(ids)
        done += len(ids) - len(watched)
        done += process_together(watched) if watched else 0
    return done
