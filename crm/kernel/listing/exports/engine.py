"""What a worker does with an export: write the file beside its place, then put it there."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.personal import Afterwards
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.runs import LEASE, LeaseLostError, end, keep_lease, take_lease
from crm.kernel.listing.selection import Selection
from crm.kernel.notifications.services import Note, notify

from . import archive
from .models import ExportRun
from .people import PeopleExporter
from .services import log_export, summary_of, table_for
from .writing import write_csv, write_xlsx

TELL_SECONDS = 1.0  # how often at most a run tells how far it is, and asks whether it is still to go on


def actor_for(run: ExportRun) -> Actor:
    """Return the actor of a run: its person, with the rights of today (U5)."""
    return Actor(kind="user", user=run.user, label=str(run.user), source="bulk")


def perform(run: ExportRun) -> None:
    """Write a run's file from its beginning."""
    lease = take_lease(run)
    actor = actor_for(run)
    part = run.path.with_suffix(f".{lease}")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = _write(run, lease, actor, part)
        keep_lease(run, lease, rows_done=rows)
        part.replace(run.path)
    except (Refused, BadQuery) as error:
        end(run, lease, ExportRun.State.FAILED, error=error.message)
        return
    finally:
        part.unlink(missing_ok=True)
    selection = run.selection and summary_of(Selection.from_json(run.selection), run.format, run.what)
    log_export(actor, rows=rows, summary=selection or {"what": run.what}, id=run.changeset_id)
    with transaction.atomic():
        text = _("%(file)s is ready") % {"file": run.file_name}
        notify([
            Note(user_id=run.user_id, topic="export_ready", text=text, key=f"export:{run.pk}:{lease}",
                 record_kind="export", record_id=run.pk)
        ])  # fmt: skip
        end(run, lease, ExportRun.State.DONE, size=run.path.stat().st_size, rows_total=rows, rows_done=rows)


def _write(run: ExportRun, lease: UUID, actor: Actor, path: Path) -> int:
    """Write the file; return how many rows it has."""

    if run.what == ExportRun.What.ARCHIVE:
        with _apart(run, lease) as tell:
            return archive.write(path, actor, tell)

    told = 0.0

    def tick(done: int) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_SECONDS:
            keep_lease(run, lease, rows_done=done)
            told = time.monotonic()

    table = table_for(actor, Selection.from_json(run.selection), run.what)
    keep_lease(run, lease, rows_total=table.found.order_by().count())
    if run.format == "xlsx":
        return write_xlsx(path, table.headings, table.rows(), tick)
    return write_csv(path, table.headings, table.rows(), tick, excel=run.format == "excel")


@contextmanager
def _apart(run: ExportRun, lease: UUID) -> Iterator[Callable[[int], None]]:
    """Give a function that tells how far the run is on a connection of its own: an archive is one long look at the
    database as it was, in which nothing can be written."""
    table = connection.ops.quote_name(run._meta.db_table)
    sql = f"UPDATE {table} SET rows_done = %s, leased_until = %s WHERE id = %s AND lease = %s AND state = 'running'"
    other = connection.copy()

    def tell(done: int) -> None:
        with other.cursor() as cursor:
            cursor.execute(sql, [done, timezone.now() + LEASE, run.pk, lease])
            if not cursor.rowcount:
                raise LeaseLostError

    try:
        yield tell
    finally:
        other.close()


def clean_up(now: dt.datetime | None = None) -> int:
    """Delete exports that are older than they are kept, with their files; return how many there were."""
    limit = (now or timezone.now()) - dt.timedelta(days=ExportRun.KEPT_DAYS)
    old = list(ExportRun.objects.filter(created_at__lt=limit).exclude(state=ExportRun.State.RUNNING))
    for run in old:
        run.path.unlink(missing_ok=True)
        run.delete()
    return len(old)


def forget_people(contact_ids: Collection[UUID]) -> Afterwards:
    """Return what removes the files that may hold erased people: all but those of colleagues, for no file tells whom it holds.

    Whoever still wants one exports again. What is being written begins anew, so that it does not end with what was there before.
    """

    def remove() -> None:
        runs = ExportRun.objects.exclude(kind=PeopleExporter.kind)
        runs.filter(state=ExportRun.State.RUNNING).update(lease=None, leased_until=None)
        for run in runs:
            run.path.unlink(missing_ok=True)

    return remove
