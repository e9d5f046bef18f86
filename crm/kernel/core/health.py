"""`/healthz` and `/readyz`: what load balancers and monitors ask. They tell states and ages, never data."""

import datetime as dt

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import broker, checkup

LATE = dt.timedelta(minutes=5)  # an event should have been worked off after this long
_known_migrated = False


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; asks nobody."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether requests can be served (200 or 503), and whether work behind them is being done.

    An unreachable broker or a late outbox is reported as `degraded` with status 200: pages work without them, and a
    balancer that took the site off the network would make things worse.
    """
    try:
        if not _migrated():
            return JsonResponse({"status": "unready", "migrations": "pending"}, status=503)
        age = checkup.oldest_waiting_event()
    except DatabaseError:
        return JsonResponse({"status": "unready", "database": "unreachable"}, status=503)
    late = age is not None and age > LATE
    no_broker = bool(broker.problem())
    return JsonResponse(
        {
            "status": "degraded" if late or no_broker else "ready",
            "database": "ok",
            "migrations": "ok",
            "broker": "unreachable" if no_broker else "ok",
            "oldest_event_seconds": None if age is None else round(age.total_seconds()),
        }
    )


def _migrated() -> bool:
    """Tell whether the database has all migrations; a yes is remembered, since running code gets no new ones."""
    global _known_migrated
    _known_migrated = _known_migrated or not checkup.pending_migrations()
    return _known_migrated
