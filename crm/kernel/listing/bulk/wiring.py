"""Ties bulk actions to the rest: the worker, the lists' bar, the bell."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import autodiscover_modules

from crm.kernel.core import panels
from crm.kernel.core.changes import Actor
from crm.kernel.listing.runs import register_work
from crm.kernel.notifications.registry import show_kind

from .engine import perform
from .models import BulkRun
from .registry import actions_for
from .services import WORK

IN_BAR = 5


def connect() -> None:
    """Called when the app is ready."""
    autodiscover_modules("lists", "bins")  # a worker meets no page, and finds them by name
    register_work(WORK, BulkRun, perform)
    show_kind("bulk", BulkRun.objects, lambda pk: reverse("listing:bulk_run", args=[pk]))
    panels.register("list.bulk", "bulk/_bar.html", _bar, order=10, visible=_any)


def _bar(request: HttpRequest, page: Any) -> dict[str, Any]:
    """Return the actions: the first few as buttons, the others in a menu."""
    actions = actions_for(request.actor, page.kind, in_bin=page.in_bin)  # type: ignore[attr-defined]
    return {"first": actions[:IN_BAR], "rest": actions[IN_BAR:]}


def _any(user: Any, page: Any) -> bool:
    return bool(actions_for(Actor.of(user), page.kind, in_bin=page.in_bin))
