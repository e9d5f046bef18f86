"""What people do with exports: begin, stop, begin anew, fetch. All of it needs the right to export (U2) and is logged."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, changeset, command
from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports.tables import note_changeset
from crm.kernel.listing.lists import capped_count
from crm.kernel.listing.runs import check_resumable, hand_over, stop_run
from crm.kernel.listing.selection import Selection

from .models import ExportRun
from .table import Table
from .writing import FORMATS, MOST_XLSX, csv_lines, suffix

WORK = "export"
AT_ONCE = 2000  # so many rows go straight to the browser


def table_for(actor: Actor, selection: Selection, what: str) -> Table:
    """Return what is to be exported. Raises PermissionDenied without the right, BadQuery, Refused for no such export."""
    actor.require_flag("export")
    try:
        return Table(selection, actor, everything=what == ExportRun.What.FIELDS)
    except KeyError as error:
        raise Refused(_("This list cannot be exported.")) from error


def name_of(table: Table, format: str) -> str:  # noqa: A002
    """Return the file's name: what it is and the day."""
    return f"{table.page.file_stem}-{timezone.localdate():%Y-%m-%d}.{suffix(format)}"


def log_export(actor: Actor, *, rows: int, summary: dict[str, Any], id: UUID | None = None) -> None:  # noqa: A002
    """Have the audit know who took what out, by which filter, and how many rows (U2, H1)."""
    with changeset(actor, "exports.take", summary={**summary, "rows": rows}, id=id):
        note_changeset()


def small_export(actor: Actor, table: Table, format: str, summary: dict[str, Any]) -> Iterator[str] | None:  # noqa: A002
    """Return the lines of a small CSV, logged, or None if it is too big or no CSV and a worker must write it."""
    if format == "xlsx" or (count := capped_count(table.found, AT_ONCE)) > AT_ONCE:
        return None
    log_export(actor, rows=count, summary=summary)
    return csv_lines(table.headings, table.rows(), excel=format == "excel")


def summary_of(selection: Selection, format: str, what: str) -> dict[str, Any]:  # noqa: A002
    """Return what the audit keeps of an export."""
    return {
        "list": selection.list,
        "filter": selection.query,
        "chosen": len(selection.ids),
        "format": format,
        "what": what,
    }


@command("exports.begin")
def begin_export(*, actor: Actor, selection: Selection, format: str, what: str) -> ExportRun:  # noqa: A002
    """Have a worker write a file. Raises as `table_for` does, and Refused for a sheet that has no room for the rows."""
    table = table_for(actor, selection, what)
    if format not in FORMATS:
        raise Refused(_("Choose a format."))
    if format == "xlsx" and capped_count(table.found, MOST_XLSX) > MOST_XLSX:
        raise Refused(_("A workbook has room for 1,000,000 rows. Choose CSV, or narrow the list down."))
    run = ExportRun(
        user=actor.user, kind=table.page.kind, what=what, format=format, selection=selection.to_json(),
        file_name=name_of(table, format),
    )  # fmt: skip
    hand_over(run, WORK, actor)
    return run


def _mine(actor: Actor, run_id: UUID) -> ExportRun:
    """Return one's own export, locked: nobody else's, not even for admins, since it holds what its person may see."""
    run: ExportRun = ExportRun.objects.filter(user=actor.user).select_for_update(of=("self",)).get(pk=run_id)
    if not actor.may("export"):
        raise PermissionDenied(f"{actor.label} has no right to export.")
    return run


@command("exports.stop")
def stop_export(*, actor: Actor, run_id: UUID) -> ExportRun:
    """Stop an export; what is written of the file is thrown away."""
    run = _mine(actor, run_id)
    stop_run(run)
    return run


@command("exports.restart")
def restart_export(*, actor: Actor, run_id: UUID) -> ExportRun:
    """Begin a stopped or failed export anew."""
    run = _mine(actor, run_id)
    check_resumable(run)
    run.rows_done = 0
    hand_over(run, WORK, actor)
    return run


@command("exports.begin")
def begin_archive(*, actor: Actor) -> ExportRun:
    """Have a worker write one archive with everything. Needs the rights to export and to the settings: it leaves out
    nothing that anybody may see."""
    actor.require_flag("export")
    actor.require_flag("settings")
    run = ExportRun(
        user=actor.user, kind="everything", what=ExportRun.What.ARCHIVE, format="zip",
        file_name=f"everything-{timezone.localdate():%Y-%m-%d}.zip",
    )  # fmt: skip
    hand_over(run, WORK, actor)
    return run
