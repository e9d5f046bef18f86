"""Workers deliver what waits: claimed under a lease, at least once, under the same id, further and further apart (W3)."""

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm.kernel.core.sealing import SealBrokenError
from workflows.webhooks.models import Delivery, WebhookEndpoint

from .endpoints import allowed_hosts, secrets_of

if TYPE_CHECKING:
    from workflows.webhooks.wire import Answer

log = logging.getLogger(__name__)
LEASE = dt.timedelta(minutes=2)  # longer than an attempt, the look-up of the name included
PAUSES = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600)  # seconds between attempts
MOST_SPARED = 300  # seconds for which a failing endpoint gets nothing else
MOST_PER_TASK = 200
GONE = 410
State = Delivery.State


def send_due_deliveries(limit: int = MOST_PER_TASK) -> int:
    """Deliver what is due until nothing is left or `limit` is reached; return how many attempts were made."""
    done = 0
    while done < limit and (delivery := _claim()) is not None:
        _attempt(delivery)
        done += 1
    return done


def _claim() -> Delivery | None:
    """Lease what has waited longest, that no other worker holds and whose endpoint is not being spared."""
    now = timezone.now()
    free = Q(state=State.QUEUED) | Q(state=State.SENDING, leased_until__lt=now)
    spared = Q(endpoint__paused_until__isnull=True) | Q(endpoint__paused_until__lte=now)
    with transaction.atomic():
        due = Delivery.objects.filter(free, spared, next_try_at__lte=now).order_by("next_try_at", "id")
        delivery: Delivery | None = due.select_for_update(skip_locked=True, of=("self",)).first()
        if delivery is None:
            return None
        delivery.state, delivery.leased_until, delivery.attempts = State.SENDING, now + LEASE, delivery.attempts + 1
        delivery.save(update_fields=["state", "leased_until", "attempts"])
    return delivery


def _attempt(delivery: Delivery) -> None:
    # Loaded by what sends: it takes 20 MB in a process that never does.
    from workflows.webhooks.wire import Answer, body_of, headers_for, post

    endpoint = delivery.endpoint
    if not endpoint.active:
        _end(delivery, State.FAILED, Answer(error="The webhook is switched off."))
        return
    body = body_of(delivery.topic, delivery.created_at, delivery.payload)
    try:
        headers = headers_for(delivery.message_id, body, secrets_of(endpoint))
    except SealBrokenError as error:
        _end(delivery, State.FAILED, Answer(error=str(error)))
        return
    answer = post(endpoint.url, body, headers, allowed_hosts())
    if answer.ok:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            failures=0, paused_until=None, last_success_at=timezone.now()
        )
        _end(delivery, State.DELIVERED, answer)
    else:
        _failed(delivery, endpoint, answer)


def _failed(delivery: Delivery, endpoint: WebhookEndpoint, answer: "Answer") -> None:
    """Try later, or give up; spare an endpoint that fails, and switch one off that says it is gone for good."""
    failures = endpoint.failures + 1
    spared = min(2**failures, MOST_SPARED)
    paused = timezone.now() + dt.timedelta(seconds=spared)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=failures, paused_until=paused)
    if answer.final or answer.status == GONE or delivery.attempts >= Delivery.MAX_ATTEMPTS:
        _end(delivery, State.FAILED, answer)
        return
    pause = answer.retry_after or PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
    _note(delivery, answer, state=State.QUEUED, next_try_at=timezone.now() + dt.timedelta(seconds=pause))


def _end(delivery: Delivery, state: str, answer: "Answer") -> None:
    _note(delivery, answer, state=state, next_try_at=None, finished_at=timezone.now())


def _note(delivery: Delivery, answer: "Answer", **values: Any) -> None:
    """Write down an attempt of a delivery that is still ours."""
    now = timezone.now()
    made = {"at": now.isoformat(), "status": answer.status, "ms": answer.duration_ms, "error": answer.error}
    Delivery.objects.filter(pk=delivery.pk, state=State.SENDING).update(
        leased_until=None,
        status=answer.status,
        excerpt=answer.excerpt,
        error=answer.error,
        duration_ms=answer.duration_ms,
        attempts_made=[*delivery.attempts_made, made][-20:],
        **values,
    )


def clean_up() -> int:
    """Delete what arrived more than 30 days ago; return how many."""
    until = timezone.now() - dt.timedelta(days=Delivery.KEPT_DAYS)
    return int(Delivery.objects.filter(state=State.DELIVERED, finished_at__lt=until).delete()[0])


def problem() -> str:
    """Return what `doctor` says of the queue: endpoints that have failed for long, or nothing."""
    failing = WebhookEndpoint.objects.live().filter(active=True, failures__gte=5).values_list("name", flat=True)
    return f"Webhooks that keep failing: {', '.join(failing)}" if failing else ""
