"""Pages of the import: bring a file, match its columns and words, review, watch it run, undo it."""

import csv
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import is_fragment, page_or_fragment, toast

from . import preview, services
from .directory import people_choices
from .engine import check_and_keep, rows_of
from .files import ENCODINGS
from .forms import DELIMITERS, FormatForm, OptionsForm, UploadForm
from .models import ImportProblem, ImportRun
from .registry import Importer, importer_of, importers, importers_for

PAGE = 50
DEFAULT_KIND = "contacts"
SHOWN_PROBLEMS = 200


def _run(request: HttpRequest, pk: UUID) -> ImportRun:
    """Return a run that the person may see (404) and whose kind they may import (403)."""
    run: ImportRun = get_object_or_404(ImportRun.objects.visible_to(request.actor), pk=pk)  # type: ignore[attr-defined]
    services.importer_for(request.actor, run.kind)  # type: ignore[attr-defined]
    return run


@login_required
@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports so far, newest first, and how to begin one."""
    _require_right(request)
    runs = ImportRun.objects.visible_to(request.actor).select_related("user").order_by("-created_at", "-id")  # type: ignore[attr-defined]
    before = request.GET.get("before", "")
    if before:
        last = get_object_or_404(ImportRun.objects.visible_to(request.actor), pk=_uuid(before))  # type: ignore[attr-defined]
        runs = runs.filter(created_at__lte=last.created_at).exclude(pk=last.pk)
    rows = list(runs[: PAGE + 1])
    context = {
        "runs": [{"run": run, "importer": _importer(run.kind)} for run in rows[:PAGE]],
        "next": f"?before={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        "kinds": importers_for(request.actor),  # type: ignore[attr-defined]
    }
    return render(request, "imports/list.html", context)


def _require_right(request: HttpRequest) -> None:
    if not importers_for(request.actor):  # type: ignore[attr-defined]
        raise PermissionDenied("No right to import.")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _importer(kind: str) -> Importer | None:
    return next((each for each in importers() if each.kind == kind), None)


@login_required
def import_new(request: HttpRequest) -> HttpResponse:
    """Choose a file and say what is in it."""
    _require_right(request)
    actor = request.actor  # type: ignore[attr-defined]
    if request.method != "POST":
        form = UploadForm(actor=actor, initial={"kind": request.GET.get("kind") or DEFAULT_KIND})
        return render(request, "imports/new.html", {"form": form, "kinds": importers_for(actor)})
    form = UploadForm(request.POST, request.FILES, actor=actor)
    if form.is_valid():
        try:
            run = services.receive_file(actor=actor, kind=form.cleaned_data["kind"], upload=form.cleaned_data["file"])
            return redirect("listing:import_columns", pk=run.pk)
        except Refused as refused:
            form.add_error("file", refused.message)
    return render(request, "imports/new.html", {"form": form, "kinds": importers_for(actor)}, status=422)


@login_required
def import_columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Match the columns to fields and choose what becomes of known records; each change shows what it would do."""
    run = _run(request, pk)
    if not run.editable:
        return redirect("listing:import_run", pk=run.pk)
    if request.method != "POST":
        return _columns_page(request, run, OptionsForm(run=run))
    form = OptionsForm(request.POST, run=run)
    mapping = [[key] if (key := request.POST.get(f"column-{n}", "")) else [] for n in range(len(run.header))]
    if not form.is_valid():
        return _columns_page(request, run, form, status=422)
    actor = request.actor  # type: ignore[attr-defined]
    run = services.save_columns(actor=actor, run_id=run.pk, mapping=mapping, settings=form.settings())
    if is_fragment(request):
        return _columns_page(request, run, OptionsForm(run=run))
    try:
        services.refuse_missing(run)
    except Refused as refused:
        form.add_error(None, refused.message)
        return _columns_page(request, run, form, status=422)
    if preview.undecided(run):
        return redirect("listing:import_values", pk=run.pk)
    return _check(request, run)


def _columns_page(request: HttpRequest, run: ImportRun, form: OptionsForm, status: int = 200) -> HttpResponse:
    importer = importer_of(run.kind)
    report = preview.preview(run)
    columns = preview.columns_of(run, report)
    context = {
        "run": run,
        "importer": importer,
        "columns": columns,
        "groups": _grouped(importer, request.user),
        "matched": sum(bool(column.field) for column in columns),
        "form": form,
        "format_form": FormatForm(run=run),
        "report": report,
        "partly": run.rows_total > preview.ROWS,
        "encoding": ENCODINGS.get(run.encoding, run.encoding),
        "delimiter": dict(DELIMITERS).get(run.delimiter, run.delimiter),
        "step": 2,
    }
    template = page_or_fragment(request, "imports/columns.html", {"mapping": "mapping"})
    return render(request, template, context, status=status)


def _grouped(importer: Importer, actor: Any) -> list[tuple[str, list[Any]]]:
    """Return the fields by group, in their order, for the menus."""
    groups: dict[str, list[Any]] = {}
    for field in importer.fields_for(actor):
        groups.setdefault(str(field.group), []).append(field)
    return list(groups.items())


@login_required
@require_POST
def import_format(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Read the file in another encoding or with another delimiter."""
    run = _run(request, pk)
    form = FormatForm(request.POST, run=run)
    if form.is_valid():
        try:
            services.change_format(actor=request.actor, run_id=run.pk, **form.cleaned_data)  # type: ignore[attr-defined]
        except Refused as refused:
            toast(request, refused.message, "bad")
    return redirect("listing:import_columns", pk=run.pk)


@login_required
def import_values(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Match names to people and words to stages; write values in better words."""
    run = _run(request, pk)
    if not run.editable:
        return redirect("listing:import_run", pk=run.pk)
    tables = preview.unknown_words(run)
    importer = importer_of(run.kind)
    if request.method == "POST":
        settings = _decisions(request, run, tables, importer)
        actor = request.actor  # type: ignore[attr-defined]
        run = services.save_columns(actor=actor, run_id=run.pk, mapping=run.mapping, settings=settings)
        try:
            return _check(request, run)
        except Refused as refused:
            toast(request, refused.message, "bad")
            return redirect("listing:import_columns", pk=run.pk)
    context = {
        "run": run,
        "importer": importer,
        "tables": tables,
        "people": people_choices(),
        "stages": importer.choices("stage", run.options),
        "step": 2,
    }
    return render(request, "imports/values.html", context)


def _decisions(request: HttpRequest, run: ImportRun, tables: Any, importer: Importer) -> dict[str, Any]:
    """Return what was decided about the words, closed lists only."""
    people = {choice for choice, _label in people_choices()}
    stages = {choice.value for choice in importer.choices("stage", run.options)}
    found: dict[str, Any] = {
        "people": dict(run.options.get("people", {})),
        "stages": dict(run.options.get("stages", {})),
        "values": {name: dict(words) for name, words in run.options.get("values", {}).items()},
    }
    for number, table in enumerate(tables):
        for position, row in enumerate(table.rows):
            choice = request.POST.get(f"word-{number}-{position}", "").replace("\0", "").strip()
            if table.sort == "person" and choice in people:
                found["people"][row["word"]] = choice
            elif table.sort == "stage" and choice in stages:
                found["stages"][row["word"]] = choice
            elif table.sort == "value":
                words = found["values"].setdefault(table.column, {})
                words.pop(row["word"], None)
                if choice and choice != row["word"]:
                    words[row["word"]] = choice[:200]
    return found


def _check(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Have the file checked: a short one at once, a long one by a worker."""
    services.start_check(actor=request.actor, run_id=run.pk)  # type: ignore[attr-defined]
    if run.rows_total <= services.INLINE_ROWS:
        run.refresh_from_db()
        check_and_keep(run)
    return redirect("listing:import_run", pk=run.pk)


@login_required
@require_safe
def import_run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where a run stands: its review, its progress, or its end."""
    run = _run(request, pk)
    if run.state == ImportRun.State.DRAFT:
        return redirect("listing:import_columns", pk=run.pk)
    if is_fragment(request) and not run.at_work:
        return redirect("listing:import_run", pk=run.pk)
    phase = ImportProblem.Phase.CHECK if run.state in ("checking", "checked") else ImportProblem.Phase.RUN
    problems = run.problems.filter(phase=phase).order_by("row", "id")
    context = {
        "run": run,
        "importer": importer_of(run.kind),
        "problems": [] if run.at_work else problems[:SHOWN_PROBLEMS],
        "has_problems": not run.at_work and problems.exists(),
        "percent": min(100, 100 * run.rows_done // max(run.rows_total, 1)),
        "to_write": run.count("created") + run.count("updated"),
        "step": 1 if not run.header else 3 if run.state in ("checking", "checked") else 4,
    }
    template = page_or_fragment(request, "imports/run.html", {"progress": "progress"})
    return render(request, template, context)


def _act(request: HttpRequest, pk: UUID, service: Any) -> HttpResponse:
    """Do something with a run; a refusal is said in a toast."""
    run = _run(request, pk)
    try:
        service(actor=request.actor, run_id=run.pk)  # type: ignore[attr-defined]
    except Refused as refused:
        toast(request, refused.message, "bad")
    return redirect("listing:import_run", pk=pk)


@login_required
@require_POST
def import_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Import the rows."""
    return _act(request, pk, services.start_import)


@login_required
@require_POST
def import_stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop after the rows that are being written."""
    return _act(request, pk, services.stop_import)


@login_required
@require_POST
def import_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go on where it stopped."""
    return _act(request, pk, services.resume_import)


@login_required
@require_POST
def import_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Undo all that the import wrote."""
    return _act(request, pk, services.start_undo)


@login_required
@require_POST
def import_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Throw the file away before anything was written."""
    run = _run(request, pk)
    try:
        services.discard_import(actor=request.actor, run_id=run.pk)  # type: ignore[attr-defined]
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect("listing:import_run", pk=pk)
    toast(request, _("%(file)s was thrown away. Nothing was imported.") % {"file": run.file_name})
    return redirect("listing:import_list")


class _Echo:
    """Gives back what is written to it, for streaming."""

    def write(self, value: str) -> str:
        """Return the line."""
        return value


@login_required
@require_safe
def import_problems(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The rows that were left out, as they were, with the reason: to correct and import again."""
    run = _run(request, pk)
    if not run.has_file:
        toast(request, _("The uploaded file is not kept any more."), "bad")
        return redirect("listing:import_run", pk=run.pk)
    if not run.header:  # a workbook that is being read, or cannot be
        return redirect("listing:import_run", pk=run.pk)
    phase = ImportProblem.Phase.CHECK if run.state in ("checking", "checked") else ImportProblem.Phase.RUN
    response = StreamingHttpResponse(_problem_lines(run, phase), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="left-out-{run.pk}.csv"'
    return response


def _problem_lines(run: ImportRun, phase: str) -> Iterator[str]:
    """Yield the lines of the file of rows that were left out; text is kept as it came, formulas too."""
    reasons: dict[int, list[str]] = {}
    found = run.problems.filter(phase=phase, refused=True).order_by("row", "id")
    for row, column, message in found.values_list("row", "column", "message").iterator(5000):
        reasons.setdefault(row, []).append(f"{column}: {message}" if column else message)
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([*run.header, _("Row"), _("Why it was left out")])
    for number, cells in rows_of(run):
        if number in reasons:
            yield writer.writerow([*cells, *[""] * (len(run.header) - len(cells)), number, "; ".join(reasons[number])])
