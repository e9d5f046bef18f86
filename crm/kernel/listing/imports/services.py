"""What people do with imports: bring a file, say how it is read, have it checked, run, stopped, undone."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.events.bus import publish

from . import guess, workbooks
from .events import ImportReady
from .files import MAX_BYTES, FileFacts, inspect
from .models import ImportRun
from .registry import Importer, importer_of

INLINE_ROWS = 2000


class Upload(Protocol):
    """A file that is sent: Django's uploaded files are such."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]:
        """Yield the content."""


def importer_for(actor: Actor, kind: str) -> Importer:
    """Return a kind's importer; raises PermissionDenied if the actor may not import it."""
    importer = importer_of(kind)
    if not importer.may(actor):
        raise PermissionDenied(f"{actor.label} may not import {kind}.")
    return importer


@command("imports.receive")
def receive_file(*, actor: Actor, kind: str, upload: Upload) -> ImportRun:
    """Keep an uploaded file and find out how it is to be read: a large workbook by a worker (the run is READING).

    Raises Refused, in words, for what is neither a CSV file nor a workbook.
    """
    importer_for(actor, kind)
    if (upload.size or 0) > MAX_BYTES:
        raise Refused(_("The file is larger than 200 MB. Divide it into several files."))
    run = _new_run(actor, kind, upload.name or "")
    try:
        with run.path.open("wb") as target:
            for chunk in upload.chunks():
                target.write(chunk)
        if workbooks.is_workbook(run.path) and run.path.stat().st_size > workbooks.AT_ONCE:
            workbooks.check_size(run.path)
            run.save(force_insert=True)
            _hand_over(run, ImportRun.State.READING, actor)
            return run
        return _begin(run)
    except BaseException:
        run.path.unlink(missing_ok=True)
        raise


@command("imports.receive")
def receive_path(*, actor: Actor, kind: str, path: Path) -> ImportRun:
    """Take a file of this machine, as `receive_file` takes an uploaded one."""
    importer_for(actor, kind)
    run = _new_run(actor, kind, path.name)
    try:
        shutil.copyfile(path, run.path)
        return _begin(run)
    except BaseException:
        run.path.unlink(missing_ok=True)
        raise


def _new_run(actor: Actor, kind: str, name: str) -> ImportRun:
    name = Path(name.replace("\0", "").replace("\\", "/")).name[:255] or _("file.csv")
    run = ImportRun(kind=kind, user=actor.user, file_name=name)
    run.path.parent.mkdir(parents=True, exist_ok=True)
    return run


def _begin(run: ImportRun) -> ImportRun:
    look_at(run)
    run.save(force_insert=True)
    return run


def look_at(run: ImportRun, tick: Callable[[int], None] = workbooks.no_tick) -> None:
    """Find out how the file is read and what its columns may fill; sets attributes of the run and saves nothing.

    A workbook becomes a CSV file first; `tick` is told how many of its rows are read. Raises Refused, in words, for what
    cannot be read.
    """
    if workbooks.is_workbook(run.path):
        workbooks.to_csv(run.path, tick)
    _take_facts(run, inspect(run.path))
    importer = importer_of(run.kind)
    known = guess.remembered(run)
    if known is not None:
        guess.recall(run, known)
    else:
        sample = guess.sample_of(run)
        run.mapping = guess.guess_columns(run.header, sample, importer)
        run.source = "file"
        run.options = importer.default_options(run, sample)
        run.options |= guess.guess_style(run, importer, sample)


def _take_facts(run: ImportRun, facts: FileFacts) -> None:
    run.encoding, run.delimiter, run.header = facts.encoding, facts.delimiter, facts.header
    run.rows_total, run.size, run.digest = facts.rows, facts.size, facts.digest


def _mine(actor: Actor, run_id: UUID) -> ImportRun:
    """Return a run that the actor may work on, locked; raises DoesNotExist or PermissionDenied."""
    run: ImportRun = ImportRun.objects.visible_to(actor).select_for_update().get(pk=run_id)
    importer_for(actor, run.kind)
    return run


@command("imports.format")
def change_format(*, actor: Actor, run_id: UUID, encoding: str, delimiter: str) -> ImportRun:
    """Read the file in another encoding or with another delimiter; columns are guessed anew if the heading changes."""
    run = _editable(actor, run_id)
    before = run.header
    _take_facts(run, inspect(run.path, encoding=encoding, delimiter=delimiter))
    if run.header != before:
        run.mapping = guess.guess_columns(run.header, guess.sample_of(run), importer_of(run.kind))
    run.state = ImportRun.State.DRAFT
    run.save()
    return run


def _editable(actor: Actor, run_id: UUID) -> ImportRun:
    run = _mine(actor, run_id)
    if not run.editable:
        raise Refused(_("This import has begun; its columns cannot be changed any more."))
    return run


@command("imports.columns")
def save_columns(*, actor: Actor, run_id: UUID, mapping: list[list[str]], settings: dict[str, Any]) -> ImportRun:
    """Store what the columns fill and how known records are treated (attributes of the run, and options)."""
    run = _editable(actor, run_id)
    importer = importer_of(run.kind)
    run.mapping = [[key for key in keys if importer.field(key, actor)] for keys in mapping[: len(run.header)]]
    for name in ("mode", "match_key", "overwrite", "source"):
        if name in settings:
            setattr(run, name, settings.pop(name))
    run.options = {**run.options, **settings}
    run.state = ImportRun.State.DRAFT
    run.save()
    return run


def refuse_missing(run: ImportRun) -> None:
    """Raise Refused if no column fills a field that the kind cannot do without."""
    mapped = {key for keys in run.mapping for key in keys}
    missing = importer_of(run.kind).missing(mapped, run.options)
    if missing:
        words = ", ".join(str(each) for each in missing)
        raise Refused(_("No column is matched to: %(fields)s.") % {"fields": words}, fields={"mapping": words})


@command("imports.check")
def start_check(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Have the file checked as a whole, by a worker: nothing is written."""
    run = _editable(actor, run_id)
    refuse_missing(run)
    guess.remember(run)
    _hand_over(run, ImportRun.State.CHECKING, actor)
    return run


@command("imports.start")
def start_import(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Have a worker write the rows."""
    run = _editable(actor, run_id)
    refuse_missing(run)
    run.user = actor.user
    run.counts, run.report, run.rows_done, run.stage = {}, {}, 0, 0
    run.problems.filter(phase="run").delete()
    _hand_over(run, ImportRun.State.RUNNING, actor)
    return run


@command("imports.stop")
def stop_import(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Stop a check or an import after the chunk that is being written; what is written stays."""
    run = _mine(actor, run_id)
    if run.state == ImportRun.State.CHECKING:
        run.state, run.rows_done = ImportRun.State.DRAFT, 0
    elif run.state == ImportRun.State.RUNNING:
        run.state = ImportRun.State.STOPPED
    else:
        raise Refused(_("There is nothing to stop."))
    run.lease = run.leased_until = None
    run.save()
    return run


@command("imports.resume")
def resume_import(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Go on with a stopped or failed import after the last row that was written."""
    run = _mine(actor, run_id)
    if run.unread or run.state not in (ImportRun.State.STOPPED, ImportRun.State.FAILED):
        raise Refused(_("There is nothing to resume."))
    if not run.has_file:
        raise Refused(_("The file is not kept any more. Import it again: what was written is known by its id or key."))
    run.error = ""
    _hand_over(run, ImportRun.State.RUNNING, actor)
    return run


@command("imports.undo")
def start_undo(*, actor: Actor, run_id: UUID) -> ImportRun:
    """Have a worker undo all that an import wrote (H2)."""
    run = _mine(actor, run_id)
    if run.unread or run.state not in (ImportRun.State.DONE, ImportRun.State.STOPPED, ImportRun.State.FAILED):
        raise Refused(_("There is nothing to undo."))
    run.report = {**run.report, "undo_by": str(actor.id), "before_undo": run.state}
    _hand_over(run, ImportRun.State.UNDOING, actor)
    return run


@command("imports.discard")
def discard_import(*, actor: Actor, run_id: UUID) -> None:
    """Throw an import away that has written nothing, with its file."""
    run = _mine(actor, run_id)
    if not run.discardable:
        raise Refused(_("This import has begun; it can be stopped or undone."))
    run.path.unlink(missing_ok=True)
    run.delete()


def _hand_over(run: ImportRun, state: str, actor: Actor) -> None:
    """Set the run to work; the event wakes a worker, and a sweep finds what no message told."""
    run.state, run.lease, run.leased_until, run.finished_at = state, None, None, None
    run.started_at = timezone.now()
    run.save()
    publish(ImportReady(subject_id=run.pk), actor=actor)
