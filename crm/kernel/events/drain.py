"""Workers take events out of the outbox: claimed under a lease, done in a transaction each, retried with back-off.

The lease only spares two workers the same look: what keeps an event from being done twice is its row, locked while it is
done. So a lease is short, and what a killed worker had claimed goes on after seconds.
"""

import datetime as dt
import logging
import traceback
from contextlib import nullcontext

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm.kernel.core.changes import Actor, changeset

from .bus import acts_in_own_name, consumers_of
from .models import Event

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=10)
BATCH = 25  # events; so many wait for the lease's end when a worker is killed


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

    Effects and the mark that they are done commit together, so a worker that dies anywhere leaves either both or none.
    A consumer that fails is retried after 2, 4, 8 ... seconds, eight times; then the event rests with its error.
    """
    try:
        with transaction.atomic():
            event = Event.objects.waiting().select_for_update(skip_locked=True).filter(pk=event_id).first()
            if event is None:
                return True
            for key, consumer in consumers_of(event.name, event.source).items():
                if key not in event.done:
                    with nullcontext() if acts_in_own_name(key) else changeset(Actor.system(key), key):
                        consumer(event)
                    event.done.append(key)
            event.processed_at, event.leased_until, event.error = timezone.now(), None, ""
            event.save(update_fields=["processed_at", "leased_until", "done", "error"])
        return True
    except Exception:
        log.exception("event %s failed", event_id)
        _postpone(event_id, traceback.format_exc(limit=5))
        return False


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
        done += len(ids) - len(watched) + sum(process(pk) for pk in watched)
    return done
