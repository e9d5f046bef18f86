"""Waiting until all that was set off has come to its end."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from activities.mail.models import OutgoingMail
from crm.kernel.events.models import Event
from workflows.models import Run
from workflows.webhooks.models import Delivery

from .stack import DOWN


def again[T](ask: Callable[[], T]) -> T:
    """Ask the database until it answers."""
    for _ in range(100):
        try:
            return ask()
        except DOWN:
            connection.close()
            time.sleep(0.1)
    raise RuntimeError("The database does not come back.")


def wake() -> None:
    """Let the hour of runs that wait be over."""
    now = timezone.now()
    Run.objects.filter(state="waiting", due_at__gt=now).update(due_at=now)


def left() -> tuple[int, ...]:
    """Return how many events, runs, mails and webhooks are not at their end."""
    unsent = {"state__in": ["queued", "sending"]}
    queues: list[Any] = [OutgoingMail.objects.filter(**unsent), Delivery.objects.filter(**unsent)]
    return tuple(each.count() for each in (Event.objects.waiting(), Run.objects.pending(), *queues))


def come_to_rest(patience: float) -> None:
    """Wait until nothing is left, or nothing has been worked off for so many seconds. What is left is for the checks.

    A run may end after its events were counted, so nothing must be left twice.
    """
    before: tuple[int, ...] | None = None
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        now = again(left)
        if not any(now) and now == before:
            return
        if now != before:
            before, deadline = now, time.monotonic() + patience
        again(wake)
        time.sleep(0.3)
