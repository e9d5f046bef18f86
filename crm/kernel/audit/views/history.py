"""The history of a record, and going back to one of its values (H3)."""

import datetime as dt
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.audit.sentences import fields_of, record_changes
from crm.kernel.audit.values import offer_values, restore_value
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import TRACKED
from crm.kernel.core.htmx import is_fragment, page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.core.models import Record

from .undoing import back

PER_PAGE = 50
FRAGMENTS = {"modal-body": "dialog", "history": "entries", "history-more": "more"}


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
    fields = fields_of(model, request.actor)
    field = request.GET.get("field") or None
    if field is not None and field not in fields:
        return render(request, "audit/unknown_field.html", {"field": field, "record": record}, status=400)
    before = _moment(request)
    if before is not None and before.tzinfo is None:
        before = None
    entries = record_changes(record, actor=request.actor, field=field, before=before, limit=PER_PAGE + 1)
    offer_values(entries, record, request.actor)
    context = {
        "record": record,
        "kind": kind,
        "entries": entries[:PER_PAGE],
        "more": entries[PER_PAGE - 1].at if len(entries) > PER_PAGE else None,
        "fields": fields,
        "field": field,
        "restore_url": reverse("audit:restore_value", args=[kind, pk]),
        "may_undo_all": request.actor.may("settings"),
    }
    return render(request, page_or_fragment(request, "audit/history.html", FRAGMENTS), context)


@login_required
@require_POST
def restore(request: Request, kind: str, pk: UUID) -> HttpResponseBase:
    """Go back to an earlier value of one field, as a command of its own with its Undo."""
    model = _model_of(kind)
    field, row = request.POST.get("field", ""), request.POST.get("row", "")
    record = get_object_or_404(model.objects.visible_to(request.actor), pk=pk)  # type: ignore[attr-defined]
    try:
        number = int(row) if row.isdecimal() else 0
        words = restore_value(model=model, record_id=pk, field=field, row=number, actor=request.actor)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except Refused as refused:
        toast(request, refused.message, "bad")
        return back(request, 422)
    label = fields_of(model, request.actor)[field]
    said = _("%(field)s is “%(value)s” again") if words else _("%(field)s is empty again")
    toast(request, said % {"field": label, "value": words}, undo=request.actor.last_change)
    return back(request, 200) if is_fragment(request) else redirect("audit:record_history", kind, record.pk)
