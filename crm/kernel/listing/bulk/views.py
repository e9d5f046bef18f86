"""Pages of bulk actions: the dialog, the progress, what became of the records."""

from collections.abc import Iterator
from itertools import batched
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core.csvs import csv_line
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import is_fragment, page_or_fragment, refresh, toast, trigger
from crm.kernel.core.http import Request
from crm.kernel.events.bus import unannounced
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.lists import COUNTED, capped_count, list_named
from crm.kernel.listing.pages import number
from crm.kernel.listing.runs import work_on
from crm.kernel.listing.selection import Selection
from crm.kernel.search.registry import named_hits

from . import services
from .models import BulkItem, BulkRun
from .registry import BulkAction, BulkForm

SHOWN = 200
SELECTION = ("list", "query", "all", "ids")
OWN = (*SELECTION, "csrfmiddlewaretoken")
ASKS_AGAIN = {"step", "drop"}  # the dialog grows or shrinks by a field
DIALOG = {"modal-body": "dialog"}


@login_required
@require_POST
def bulk_action(request: Request, key: str) -> HttpResponseBase:
    """Ask what is to be done to the selected rows; with `step=go` do it: few at once, many by the worker."""
    try:
        selection = Selection.read(request.POST)
        page = selection.page(request.actor)
    except BadQuery as error:
        return _refuse(request, error.message, 400)
    try:
        action = services.action_for(request.actor, page.kind, key)
    except KeyError as error:
        raise Http404(f"No bulk action {key}.") from error
    if action.in_bin != page.in_bin:
        raise Http404(f"{key} is not for this list.")
    if not selection.all and not selection.ids:
        return _refuse(request, _("Select at least one row."), 422)
    go = request.POST.get("step") == "go"
    form = action.bind(request.POST if go or not ASKS_AGAIN.isdisjoint(request.POST) else None, request.actor)
    if go and form.is_valid():
        return _begin(request, selection, action)
    return _dialog(request, selection, action, form, status=422 if go else 200)


def _refuse(request: Request, words: str, status: int) -> HttpResponse:
    if is_fragment(request):
        toast(request, words, "bad")
        return HttpResponse(status=status, headers={"HX-Reswap": "none"})
    return render(request, "bulk/refused.html", {"words": words}, status=status)


def _dialog(request: Request, selection: Selection, action: BulkAction, form: BulkForm, status: int) -> HttpResponse:
    count = capped_count(selection.rows(request.actor), COUNTED)
    context = {
        "action": action,
        "form": form,
        "count": number(count),
        "heading": action.heading(number(count), count),
        "kept": [(name, value) for name in SELECTION for value in request.POST.getlist(name)],
        "url": reverse("listing:bulk_action", args=[action.key]),
        "back": _list_url(selection),
    }
    return render(request, page_or_fragment(request, "bulk/action.html", DIALOG), context, status=status)


def _begin(request: Request, selection: Selection, action: BulkAction) -> HttpResponse:
    params = {name: values for name, values in request.POST.lists() if name not in OWN}
    few = not selection.all and len(selection.ids) <= services.INLINE
    if not few:
        run = services.begin_bulk(actor=request.actor, selection=selection, action=action.key, params=params)
        return _show(request, run)
    with unannounced():
        run = services.begin_bulk(
            actor=request.actor, selection=selection, action=action.key, params=params, quiet=True
        )
    work_on(services.WORK, run.pk)
    run.refresh_from_db()
    if run.state != BulkRun.State.DONE or run.count("refused"):
        return _show(request, run)
    toast(request, words_of_run(run), undo=run.changeset_id if run.count("done") else None)
    return _back(request, selection)


def _back(request: Request, selection: Selection) -> HttpResponse:
    """Return to the list: the rows fetch themselves again, the selection is over."""
    if not is_fragment(request):
        return redirect(_list_url(selection))
    response = HttpResponse()  # an emptied dialog closes
    for event in ("crm:close-dialog", "crm:clear-selection", "crm:counts"):
        trigger(response, event, {})
    refresh(response)
    return response


def _list_url(selection: Selection) -> str:
    return reverse(list_named(selection.list).url_name) + (f"?{selection.query}" if selection.query else "")


def _show(request: Request, run: BulkRun) -> HttpResponse:
    """Show how a run goes: in the dialog, or on its page."""
    if not is_fragment(request):
        return redirect("listing:bulk_run", pk=run.pk)
    response = render(request, "bulk/run.html#dialog", _context(request, run))
    trigger(response, "crm:clear-selection", {})
    if run.count("done"):
        refresh(response)
    return response


def words_of_run(run: BulkRun) -> str:
    """Return in words what a run did."""
    said = run.definition.done_words(run.count("done"))
    if same := run.count("unchanged"):
        said += ", " + ngettext("%(count)d was so already", "%(count)d were so already", same) % {"count": same}
    if refused := run.count("refused"):
        said += ", " + ngettext("%(count)d left out", "%(count)d left out", refused) % {"count": refused}
    return said


def _run(request: Request, pk: UUID) -> BulkRun:
    run: BulkRun = get_object_or_404(BulkRun.objects.visible_to(request.actor).select_related("user"), pk=pk)
    return run


def _context(request: Request, run: BulkRun) -> dict[str, Any]:
    refused = [] if run.at_work else list(run.items.filter(outcome="refused").order_by("id")[:SHOWN])
    known = {hit.pk: hit for hit in named_hits(request.actor, [(run.kind, item.record_id) for item in refused])}
    return {
        "run": run,
        "action": run.definition,
        "words": words_of_run(run),
        "refused": [{"item": item, "hit": None if item.hidden else known.get(item.record_id)} for item in refused],
        "more": max(0, run.count("refused") - len(refused)),
        "list_url": _list_url(Selection.from_json(run.selection)),
        "mine": run.user_id == request.actor.id,
    }


@login_required
@require_safe
def bulk_run(request: Request, pk: UUID) -> HttpResponse:
    """How far a bulk action is, or what became of the records."""
    run = _run(request, pk)
    template = page_or_fragment(request, "bulk/run.html", {"bulk-run": "progress"})
    response = render(request, template, _context(request, run))
    if is_fragment(request) and not run.at_work:
        trigger(response, "crm:counts", {})
    return response


def _act(request: Request, pk: UUID, service: Any) -> HttpResponse:
    run = _run(request, pk)
    try:
        run = service(actor=request.actor, run_id=run.pk)
    except Refused as refused:
        toast(request, refused.message, "bad")
    if is_fragment(request):
        return render(request, "bulk/run.html#progress", _context(request, _run(request, pk)))
    return redirect("listing:bulk_run", pk=pk)


@login_required
@require_POST
def bulk_stop(request: Request, pk: UUID) -> HttpResponse:
    """Stop after the records that are being changed."""
    return _act(request, pk, services.stop_bulk)


@login_required
@require_POST
def bulk_resume(request: Request, pk: UUID) -> HttpResponse:
    """Go on where it stopped."""
    return _act(request, pk, services.resume_bulk)


@login_required
@require_safe
def bulk_refused(request: Request, pk: UUID) -> HttpResponseBase:
    """The records that were left out, with the reason, as CSV."""
    run = _run(request, pk)
    response = StreamingHttpResponse(_lines(request, run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="left-out-{run.pk}.csv"'
    return response


def _lines(request: Request, run: BulkRun) -> Iterator[str]:
    """Yield the lines of the file, a few hundred records at a time; hidden records keep their name to themselves."""
    yield csv_line([_("Id"), _("Name"), _("Why it was left out")], mark=True)
    refused = run.items.filter(outcome=BulkItem.Outcome.REFUSED).order_by("id")
    for items in batched(refused.iterator(500), 500):
        marks = [(run.kind, item.record_id) for item in items if not item.hidden]
        names = {hit.pk: hit.title for hit in named_hits(request.actor, marks)}
        for item in items:
            yield csv_line([str(item.record_id), names.get(item.record_id, ""), item.message])
