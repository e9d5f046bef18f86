"""The log of deliveries: what was sent, what came back, and sending it again."""

import json
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from workflows.webhooks.models import Delivery, WebhookEndpoint
from workflows.webhooks.services.queue import cancel_delivery, redeliver

PAGE = 50
TONES = {"delivered": "ok", "failed": "bad", "cancelled": "outline", "queued": "accent", "sending": "accent"}
DIALOG = {"modal-body": "dialog"}


def log_context(request: Request, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return a page of an endpoint's deliveries, newest first, for the template."""
    mine = Delivery.objects.visible_to(request.actor).filter(endpoint=endpoint)
    state = request.GET.get("state", "")
    if state in Delivery.State.values:
        mine = mine.filter(state=state)
    try:
        last = mine.filter(pk=UUID(request.GET["before"])).first() if "before" in request.GET else None
    except ValueError:
        last = None
    ordered = mine.defer("payload", "excerpt", "attempts_made").order_by("-created_at", "-pk")
    if last is not None:
        ordered = ordered.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    found = list(ordered[: PAGE + 1])
    return {
        "rows": [(each, TONES[each.state]) for each in found[:PAGE]],
        "states": Delivery.State.choices,
        "state": state,
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "first": "before" not in request.GET,
    }


@flag_required("settings")
@require_safe
def delivery_detail(request: Request, pk: UUID) -> HttpResponse:
    """One delivery: payload, each attempt, the answer."""
    delivery = get_object_or_404(Delivery.objects.visible_to(request.actor).select_related("endpoint"), pk=pk)
    context = {
        "delivery": delivery,
        "tone": TONES[delivery.state],
        "payload": json.dumps(delivery.payload, indent=2, ensure_ascii=False),
        "attempts": [{**each, "at": parse_datetime(each["at"])} for each in delivery.attempts_made],
    }
    return render(request, page_or_fragment(request, "webhooks/delivery.html", DIALOG), context)


@flag_required("settings")
@require_POST
def delivery_again(request: Request, pk: UUID) -> HttpResponse:
    """Send a message again."""
    return _steer(request, pk, redeliver, _("It is sent again"))


@flag_required("settings")
@require_POST
def delivery_cancel(request: Request, pk: UUID) -> HttpResponse:
    """Stop a message that waits."""
    return _steer(request, pk, cancel_delivery, _("It was stopped"))


def _steer(request: Request, pk: UUID, command: Any, words: str) -> HttpResponse:
    delivery = get_object_or_404(Delivery.objects.visible_to(request.actor).only("pk", "endpoint_id"), pk=pk)
    try:
        command(delivery_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, words)
    return redirect("webhooks:endpoint", delivery.endpoint_id)
