"""Pages of exports: the dialog, the progress, the file."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import is_fragment, page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.lists import COUNTED, capped_count
from crm.kernel.listing.pages import bad_query_response, number
from crm.kernel.listing.selection import Selection

from . import services
from .models import ExportRun
from .writing import FORMATS

DIALOG = {"modal-body": "dialog"}


class ExportForm(forms.Form):
    """What goes into the file, and how it is written."""

    what = forms.ChoiceField(
        label=gettext_lazy("Columns"), widget=forms.RadioSelect, initial="columns",
        choices=[("columns", gettext_lazy("Those of the list")), ("fields", gettext_lazy("All fields"))],
    )  # fmt: skip
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), widget=forms.RadioSelect, choices=list(FORMATS.items()), initial="csv"
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@flag_required("export")
def export_new(request: Request) -> HttpResponseBase:
    """Ask what is to be in the file; with `step=go` write it: a small one at once, a big one by the worker."""
    data = request.POST if request.method == "POST" else request.GET
    try:
        selection = Selection.read(_with_all(data))
        table = services.table_for(request.actor, selection, "columns")
    except BadQuery as error:
        return bad_query_response(request, _("Export"), error)
    except Refused as error:
        raise Http404(error.message) from error
    go = request.method == "POST" and data.get("step") == "go"
    form = ExportForm(data if go else None, auto_id="export_%s")
    if table.own:
        del form.fields["what"]
    if go and form.is_valid():
        return _begin(request, selection, {"what": "columns", **form.cleaned_data})
    count = capped_count(table.found, COUNTED)
    context = {
        "form": form,
        "selection": selection,
        "heading": ngettext("Export %(number)s row", "Export %(number)s rows", count) % {"number": number(count)},
        "title": table.page.title,
        "kept": [("list", selection.list), ("query", selection.query), *(("ids", pk) for pk in selection.ids)],
        "everything": selection.all,
        "own": table.own,
        "url": reverse("listing:export_new"),
        "back": table.page.url,
    }
    template = page_or_fragment(request, "exports/new.html", DIALOG)
    return render(request, template, context, status=422 if go else 200)


def _with_all(data: Any) -> Any:
    """Return what was sent; a list's own button names the list and its state, and means all of it."""
    if data.getlist("ids") or data.get("all"):
        return data
    found = data.copy()
    found["all"] = "1"
    return found


def _begin(request: Request, selection: Selection, chosen: dict[str, str]) -> HttpResponseBase:
    table = services.table_for(request.actor, selection, chosen["what"])
    summary = services.summary_of(selection, chosen["format"], chosen["what"])
    lines = services.small_export(request.actor, table, chosen["format"], summary)
    if lines is not None:
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = services.name_of(table, chosen["format"])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    try:
        run = services.begin_export(actor=request.actor, selection=selection, **chosen)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect(table.page.url)
    return redirect("listing:export_run", pk=run.pk)


def _run(request: Request, pk: UUID) -> ExportRun:
    """Return one's own export (404)."""
    run: ExportRun = get_object_or_404(ExportRun, pk=pk, user=request.actor.user)
    return run


@login_required
@require_safe
def export_run(request: Request, pk: UUID) -> HttpResponse:
    """How far an export is, or its file."""
    run = _run(request, pk)
    template = page_or_fragment(request, "exports/run.html", {"export-run": "progress"})
    return render(request, template, {"run": run})


def _act(request: Request, pk: UUID, service: Any) -> HttpResponse:
    run = _run(request, pk)
    try:
        run = service(actor=request.actor, run_id=run.pk)
    except Refused as refused:
        toast(request, refused.message, "bad")
    if is_fragment(request):
        return render(request, "exports/run.html#progress", {"run": run})
    return redirect("listing:export_run", pk=pk)


@login_required
@require_POST
def export_stop(request: Request, pk: UUID) -> HttpResponse:
    """Stop an export."""
    return _act(request, pk, services.stop_export)


@login_required
@require_POST
def export_restart(request: Request, pk: UUID) -> HttpResponse:
    """Begin a stopped export anew."""
    return _act(request, pk, services.restart_export)


@login_required
@require_safe
def export_file(request: Request, pk: UUID) -> HttpResponseBase:
    """The file, to whoever asked for it, as long as they may export."""
    run = _run(request, pk)
    request.actor.require_flag("export")
    if not run.ready:
        raise Http404("No file yet, or not any more.")
    response = FileResponse(run.path.open("rb"), as_attachment=True, filename=run.file_name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@flag_required("export")
@require_http_methods(["GET", "HEAD", "POST"])
def export_everything(request: Request) -> HttpResponse:
    """One archive with everything: what is in it, the last ones, and a button (settings)."""
    request.actor.require_flag("settings")
    if request.method == "POST":
        run = services.begin_archive(actor=request.actor)
        return redirect("listing:export_run", pk=run.pk)
    runs = ExportRun.objects.filter(user=request.actor.user, what=ExportRun.What.ARCHIVE).order_by("-created_at")[:10]
    return render(request, "exports/everything.html", {"runs": runs, "days": ExportRun.KEPT_DAYS})
