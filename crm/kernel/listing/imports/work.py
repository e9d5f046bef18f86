"""What a worker does with a run that is at work: read its workbook, check, write or undo it."""

import datetime as dt
import logging
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.events.models import Event
from crm.kernel.events.tasks import run_later
from crm.kernel.listing.runs import LeaseLostError, end, keep_lease, take_lease
from crm.kernel.users.models import User

from .engine import check_and_keep, perform
from .models import ImportRun
from .services import look_at

log = logging.getLogger(__name__)
UNDO_LEASE = dt.timedelta(minutes=30)  # an undo is one transaction and tells nothing before its end
# What `look_at` sets.
LOOKED_AT = (
    "encoding", "delimiter", "header", "rows_total", "size", "digest",
    "mapping", "mode", "match_key", "overwrite", "source", "options",
)  # fmt: skip
TASK = "crm.kernel.listing.tasks.work_on_import"


def hand_to_worker(event: Event) -> None:
    """Consume `ImportReady`: send a task of its own, so that the event is not held for as long as the import takes."""
    run_later(TASK, str(event.subject_id))


def work_on(run_id: UUID) -> None:
    """Do what the run's state asks for, unless another worker does; whatever goes wrong is kept with the run."""
    run = ImportRun.objects.select_related("user__role", "user__team").filter(pk=run_id).first()
    if run is None:
        return
    try:
        if run.state == ImportRun.State.READING:
            read(run)
        elif run.state == ImportRun.State.CHECKING:
            check_and_keep(run)
        elif run.state == ImportRun.State.RUNNING:
            perform(run)
        elif run.state == ImportRun.State.UNDOING:
            undo_run(run)
    except LeaseLostError:
        log.info("import %s is another worker's, or was stopped", run_id)
    except Exception:
        log.exception("import %s failed", run_id)
        _fail(run)
        raise


def _fail(run: ImportRun) -> None:
    run.refresh_from_db()
    if run.lease is not None and run.at_work:
        done = run.rows_done
        words = _("Something went wrong after %(rows)d rows. Resume goes on from there.") % {"rows": done}
        if run.state == ImportRun.State.READING:
            words = _("Something went wrong while the file was read. Save it as “CSV UTF-8” and choose that.")
        end(run, run.lease, ImportRun.State.FAILED, error=words)


def read(run: ImportRun) -> None:
    """Turn a workbook into the CSV file that all else reads, and guess its columns; then its person goes on with them.

    May be called again at any time: a workbook that has become a CSV file is not read twice.
    """
    lease = take_lease(run, ImportRun.State.READING)
    try:
        look_at(run, lambda rows: keep_lease(run, lease, rows_done=rows))
    except Refused as refused:
        end(run, lease, ImportRun.State.FAILED, error=refused.message)
        return
    found = {name: getattr(run, name) for name in LOOKED_AT}
    end(run, lease, ImportRun.State.DRAFT, rows_done=0, started_at=None, finished_at=None, **found)


def undo_run(run: ImportRun) -> None:
    """Undo what an import wrote, as the person who asked for it (H2); fields changed since are left alone and named."""
    lease = take_lease(run, ImportRun.State.UNDOING, UNDO_LEASE)
    person = User.objects.select_related("role", "team").get(pk=run.report["undo_by"])
    actor = Actor.of(person, source="import")
    if not ChangeSet.objects.filter(pk=run.changeset_id).exists():
        end(run, lease, ImportRun.State.UNDONE)
        return
    try:
        done = undo(changeset_id=run.changeset_id, actor=actor, force=True)
    except Conflict as conflict:
        end(run, lease, run.report["before_undo"], error=conflict.message)
    except Refused as refused:
        # a worker that died after the undo had been committed leaves only this to be said
        stands = not ChangeSet.objects.undo_of(run.changeset_id).exists()
        end(
            run,
            lease,
            run.report["before_undo"] if stands else ImportRun.State.UNDONE,
            error=refused.message if stands else "",
        )
    else:
        found = {"removed": done.removed, "restored": done.restored, "binned": done.binned, "kept": len(done.conflicts)}
        end(run, lease, ImportRun.State.UNDONE, report={**run.report, "undo": found})


def sweep() -> int:
    """Take up every run that no worker holds although it should be at work; return how many there were."""
    waiting = list(ImportRun.objects.abandoned().values_list("pk", flat=True))
    for run_id in waiting:
        work_on(run_id)
    return len(waiting)
