"""Undo of a command, and the history of a record."""

import datetime as dt
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.history import TRACKED
from crm.kernel.core.htmx import is_fragment, page_or_fragment, refresh, toast, trigger
from crm.kernel.core.http import Request
from crm.kernel.core.models import Record

from .models import ChangeSet
from .sentences import fields_of, record_changes
from .undo import undo
from .words import conflict_rows, undone_words

PER_PAGE = 50
FRAGMENTS = {"modal-body": "dialog", "history": "entries", "history-more": "more"}


@login_required
@require_POST
def undo_change(request: Request, pk: UUID) -> HttpResponseBase:
    """Undo a command (H2); a second call undoes the undo, if asked for with its own id.

    Refused (422) if it is undone already; with conflicts (409) a dialog shows them and offers to undo the rest.
    """
    force = request.POST.get("force") == "1"
    try:
        result = undo(changeset_id=pk, actor=request.actor, force=force)
    except ChangeSet.DoesNotExist as error:
        raise Http404 from error
    except Conflict as conflict:
        return _conflict(request, pk, conflict)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return _back(request, 422)
    toast(request, undone_words(pk, result), undo=result.changeset_id)
    return _back(request, 200)


def _conflict(request: Request, pk: UUID, conflict: Conflict) -> HttpResponse:
    """Show what has changed since, with both values (H2)."""
    context = {
        "rows": conflict_rows(conflict.theirs["fields"], request.actor),
        "changeset_id": pk,
        "back": _safe_referer(request),
    }
    template = "audit/conflict.html#dialog" if is_fragment(request) else "audit/conflict.html"
    response = render(request, template, context, status=409)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#modal-body", "innerHTML"
    return response


def _back(request: Request, status: int) -> HttpResponse:
    """Have the page fetch itself again; without htmx go back to where the person was."""
    if not is_fragment(request):
        return redirect(_safe_referer(request))
    response = HttpResponse(status=status)
    response.headers["HX-Reswap"] = "none"
    if status == 200:
        trigger(response, "crm:close-dialog", {})
        trigger(response, "crm:counts", {})
        refresh(response)
    return response


def _safe_referer(request: Request) -> str:
    back = request.META.get("HTTP_REFERER", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()) else "/"


def _model_of(kind: str) -> type[Record]:
    """Return the model of records of this kind, or raise Http404."""
    for model in TRACKED:
        if issubclass(model, Record) and model.kind == kind:
            return model
    raise Http404


def _moment(request: Request) -> dt.datetime | None:
    """Return where the last page stopped."""
    try:
        return parse_datetime(request.GET.get("before", ""))
    except ValueError:
        return None


@login_required
@require_safe
def record_history(request: Request, kind: str, pk: UUID) -> HttpResponseBase:
    """Everything that happened to a record, in sentences, filtered by field if asked (H3)."""
    model = _model_of(kind)
    record = get_object_or_404(model.objects.visible_to(request.actor), pk=pk)  # type: ignore[attr-defined]
    fields = fields_of(model)
    field = request.GET.get("field") or None
    if field is not None and field not in fields:
        return render(request, "audit/unknown_field.html", {"field": field, "record": record}, status=400)
    before = _moment(request)
    if before is not None and before.tzinfo is None:
        before = None
    entries = record_changes(record, actor=request.actor, field=field, before=before, limit=PER_PAGE + 1)
    context = {
        "record": record,
        "kind": kind,
        "entries": entries[:PER_PAGE],
        "more": entries[PER_PAGE - 1].at if len(entries) > PER_PAGE else None,
        "fields": fields,
        "field": field,
        "may_undo_all": request.actor.may("settings"),
    }
    return render(request, page_or_fragment(request, "audit/history.html", FRAGMENTS), context)
