"""The page of a report, and its file."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.kernel.core.htmx import page_or_fragment
from crm.kernel.core.http import Request
from crm.kernel.listing.exports.writing import FORMATS, csv_lines, write_xlsx
from crm.kernel.listing.saved.models import SavedView
from crm.reports import registry
from crm.reports.asks import Ask, BadAsk, read_ask
from crm.reports.menus import option_menus
from crm.reports.names import Names
from crm.reports.registry import Report
from crm.reports.tables import Result, file_headings, file_rows

from .shared import FRAGMENTS, frame, report_view, tabs

SHOWS = ("chart", "table")
BESIDE = 7  # columns that a table has at most to stand beside its chart


def get_report(name: str) -> Report:
    """Return a report by its address, or raise Http404."""
    report = registry.find(name)
    if report is None:
        raise Http404("No such report.")
    return report


def ask_of(request: Request, report: Report) -> Ask:
    """Read a report's question from its address; raises BadAsk."""
    return read_ask(
        request.actor, request.GET, period=report.period, options=report.options(request.actor), filters=report.filters
    )


def saved_key(report: Report) -> str:
    """Return under which key views of a report are saved."""
    return f"report:{report.key}"[:30]


@login_required
@require_safe
@report_view
def report_index(request: Request) -> HttpResponse:
    """List all reports."""
    context = {"groups": registry.grouped(), "tabs": tabs("all")}
    return render(request, "reports/index.html", context)


@login_required
@require_safe
@report_view
def report_page(request: Request, name: str) -> HttpResponse:
    """Show a report, or with `format` answer its file (the right to export)."""
    report = get_report(name)
    ask = ask_of(request, report)
    if request.GET.get("format"):
        return report_file(request, report, ask)
    show = request.GET.get("show") or "chart"
    if show not in SHOWS:
        raise BadAsk(_("A report is shown as chart or table."), "show")
    names = Names(request.actor)
    result = report.build(ask)
    context = {
        **frame(request, ask, report.filters, names),
        "report": report,
        "result": result,
        "show": show,
        "beside": len(result.charts) == 1 and len(result.columns) <= BESIDE,
        "options": option_menus(report, ask),
        "tabs": tabs(report.key, request),
        "views": saved_views(request, report),
        "formats": FORMATS.items() if request.actor.may("export") else (),
        "may_mail": request.user.level("report", "edit") != "none",
    }
    return render(request, page_or_fragment(request, "reports/report.html", FRAGMENTS), context)


def saved_views(request: Request, report: Report) -> list[tuple[SavedView, str]]:
    """Return the saved views of a report that somebody may use, with their addresses."""
    rows = SavedView.objects.visible_to(request.actor).filter(list_key=saved_key(report)).order_by("position", "name")
    return [(view, f"?{view.query}") for view in rows]


def report_file(request: Request, report: Report, ask: Ask) -> HttpResponse:
    """Return a report as CSV or XLSX; raises PermissionDenied, BadAsk."""
    request.actor.require_flag("export")
    kind = request.GET["format"]
    if kind not in FORMATS:
        raise BadAsk(_("There is no such format."), "format")
    result = report.build(replace(ask, whole=True))
    if result.waiting and not result.rows:
        raise BadAsk(str(result.empty), "format")  # no file without its figures
    return written_file(result, f"{slugify(str(report.title))}-{ask.today.isoformat()}", kind)


def written_file(result: Result, name: str, kind: str) -> HttpResponse:
    """Return a result as a file to download."""
    headings, rows = file_headings(result), file_rows(result)
    if kind == "xlsx":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.xlsx"
            write_xlsx(path, headings, rows, lambda _count: None)
            content: Any = path.read_bytes()
        mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        content = "".join(csv_lines(headings, rows, excel=kind == "excel"))
        mime = "text/csv; charset=utf-8"
    ending = "xlsx" if kind == "xlsx" else "csv"
    return HttpResponse(
        content, content_type=mime, headers={"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    )
