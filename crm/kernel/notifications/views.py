"""The bell and its page."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, page_or_fragment, refresh, toast
from crm.kernel.core.http import Request

from . import registry
from .forms import ChoicesForm
from .models import Digest, Notification, QuietHours
from .services import mark_read
from .services.choices import choices_of, choose

PAGE = 50


@login_required
@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    """Show what one was told, newest first; a drawer from the bell. What one may not see now is left out (U3)."""
    me = request.actor  # type: ignore[attr-defined]
    mine = Notification.objects.visible_to(me).in_app().order_by("-at", "-id")
    try:
        before = UUID(request.GET["before"]) if "before" in request.GET else None
    except ValueError:
        return redirect("notifications:list")
    if before is not None:
        last = get_object_or_404(mine, pk=before)
        mine = mine.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=last.pk))
    found = list(mine[: PAGE + 1])
    rows = found[:PAGE]
    seen = registry.visible(me, {(n.record_kind, n.record_id) for n in rows if n.record_id})
    context: dict[str, Any] = {
        "rows": [
            {"n": n, "icon": registry.topic_of(n.topic).icon}
            for n in rows
            if not n.record_id or (n.record_kind, n.record_id) in seen
        ],
        "unread": any(n.read_at is None for n in rows),
        "next": rows[-1].pk if len(found) > PAGE else None,
    }
    template = page_or_fragment(request, "notifications/list.html", {"drawer-body": "drawer"})
    return render(request, template, context)


@login_required
@require_safe
def unread_count(request: HttpRequest) -> HttpResponse:
    """Answer the number on the bell; asked for after the page, so that no page pays for it."""
    count = Notification.objects.visible_to(request.actor).in_app().unread()[:100].count()  # type: ignore[attr-defined]
    response = render(request, "notifications/_count.html", {"count": count})
    response.headers["Cache-Control"] = "private, max-age=10"
    return response


@login_required
@require_POST
def open_notification(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    note = get_object_or_404(Notification.objects.visible_to(request.actor), pk=pk)  # type: ignore[attr-defined]
    mark_read(actor=request.actor, notification_id=pk)  # type: ignore[attr-defined]
    address = registry.address_of(note.record_kind, note.record_id) if note.record_id else ""
    return redirect(address or "notifications:list")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    mark_read(actor=request.actor)  # type: ignore[attr-defined]
    if not is_fragment(request):
        return redirect("notifications:list")
    response = HttpResponse(status=200)
    response["HX-Trigger"] = "crm:notifications"
    refresh(response)
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: Request) -> HttpResponse:
    """How one wants to be told: by kind, in the product and by mail, and when not."""
    quiet = QuietHours.objects.visible_to(request.actor).first()
    form = ChoicesForm(request.POST or None, choices=choices_of(request.actor), quiet=quiet)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        hours = {name: data[name] for name in ("starts", "ends", "days_off")}
        try:
            choose(choices=form.choices(), actor=request.actor, **hours)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Saved"), undo=request.actor.last_change if form.has_changed() else None)
            return redirect("notifications:choices")
    context = {
        "form": form,
        "zone": request.user.timezone,
        "digest": Digest.objects.visible_to(request.actor).first(),
        "address": request.user.email,
    }
    return render(request, "notifications/choices.html", context, status=422 if form.errors else 200)
