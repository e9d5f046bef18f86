"""How long one deal has been idle, and whether it has gone quiet (P8). `models.deal.quiet` is its twin in SQL."""

import datetime as dt
from typing import NamedTuple

from django.utils import timezone

from crm.kernel.workspace.models import Workspace


class Idle(NamedTuple):
    """`days` since the last activity, or since creation; `level` 0 not marked, 1 gone quiet, 2 for twice the limit."""

    days: int
    level: int


def idle_of(
    *,
    last_activity_at: dt.datetime | None,
    created_at: dt.datetime,
    idle_days: int,
    next_step_at: dt.datetime | None,
    next_step_due: dt.date | None,
    snoozed_until: dt.date | None,
    now: dt.datetime | None = None,
) -> Idle:
    """Return how long an open deal has been idle, and its mark."""
    now = now or timezone.now()
    today = Workspace.current().day_of(now)
    idle = now - (last_activity_at or created_at)
    limit = dt.timedelta(days=idle_days)
    if idle <= limit or (snoozed_until is not None and snoozed_until > today):
        return Idle(idle.days, 0)
    planned = next_step_at is not None and next_step_due is not None and next_step_at >= now
    if planned and next_step_due is not None and next_step_due <= today + 2 * limit:
        return Idle(idle.days, 0)
    return Idle(idle.days, 2 if idle > 2 * limit else 1)
