"""Undo of a command: at once, or value by value where somebody has changed it since (H2)."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.names import Names
from crm.kernel.audit.undo import Preview, preview, undo
from crm.kernel.audit.words import clash_rows, undone_words
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.htmx import is_fragment, page_or_fragment, refresh, toast, trigger
from crm.kernel.core.http import Request

FRAGMENTS = {"modal-body": "dialog"}
BINNED_SHOWN = 50


@login_required
@require_POST
def undo_change(request: Request, pk: UUID) -> HttpResponseBase:
    """Undo a command (H2); a second call undoes the undo, if asked for with its own id.

    Refused (422) if it is undone already; with conflicts (409) a dialog shows them and lets choose field by field.
    """
    force = request.POST.get("force") == "1"
    chosen = request.POST.getlist("restore")
    try:
        result = undo(changeset_id=pk, actor=request.actor, force=force, chosen=chosen)
    except ChangeSet.DoesNotExist as error:
        raise Http404 from error
    except Conflict:
        return _conflict(request, pk)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return back(request, 422)
    toast(request, undone_words(pk, result), undo=result.changeset_id)
    return back(request, 200)


@login_required
@require_safe
def conflicts(request: Request, pk: UUID) -> HttpResponse:
    """Show what an undo would meet, before anything is written."""
    try:
        met = preview(changeset_id=pk, actor=request.actor)
    except ChangeSet.DoesNotExist as error:
        raise Http404 from error
    except Refused as refused:
        toast(request, refused.message, "bad")
        return back(request, 422)
    return render(request, page_or_fragment(request, "audit/conflict.html", FRAGMENTS), _context(request, pk, met))


def _conflict(request: Request, pk: UUID) -> HttpResponse:
    """Show what has changed since, with both values, in the dialog whatever the target was (H2)."""
    context = _context(request, pk, preview(changeset_id=pk, actor=request.actor))
    template = "audit/conflict.html#dialog" if is_fragment(request) else "audit/conflict.html"
    response = render(request, template, context, status=409)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#modal-body", "innerHTML"
    return response


def _context(request: Request, pk: UUID, met: Preview) -> dict[str, Any]:
    rows = clash_rows(met.conflicts, request.actor)
    return {
        "rows": rows,
        "unlisted": len(met.conflicts) - len(rows),
        "binned": _binned(request, met),
        "binned_more": max(len(met.binned) - BINNED_SHOWN, 0),
        "changeset_id": pk,
        "back": _safe_referer(request),
    }


def _binned(request: Request, met: Preview) -> list[str]:
    """Return the names of the records that can only go to the bin (U3)."""
    shown: dict[Any, set[UUID]] = {}
    for model, pk in met.binned[:BINNED_SHOWN]:
        shown.setdefault(model, set()).add(pk)
    return sorted(name for model, pks in shown.items() for name in Names(request.actor).load(model, pks).values())


def back(request: Request, status: int) -> HttpResponse:
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
    """Return where the person was; after a page of conflicts the command's own page."""
    back = request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return "/"
    if request.resolver_match and f"/{request.resolver_match.kwargs['pk']}/undo/" in back:
        return reverse("audit:set_detail", args=[request.resolver_match.kwargs["pk"]])
    return back
