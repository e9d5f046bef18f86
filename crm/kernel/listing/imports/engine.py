"""The engine: checks a file without writing, and writes it in chunks that survive whatever happens to the worker.

Each chunk is one transaction: its rows, its problems, the counts and the resume point are committed together, under
the run's one change-set (H2). A worker holds a lease; whoever finds an expired one goes on after the last chunk.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.core.parsers import Style
from crm.kernel.listing.runs import end, extend_lease, hold, keep_lease, take_lease
from crm.kernel.workspace.models import Workspace

from .directory import Directory
from .files import read_rows
from .models import ImportProblem, ImportRun
from .reading import Reader, chunks
from .registry import Importer, Row, Session, importer_of

log = logging.getLogger(__name__)
CHUNK = 2000
KEPT_CHECK_PROBLEMS = 5000
RETRIES = 5
NAMES = ("created", "updated", "unchanged", "skipped", "errors")
COUNT_OF = {"create": "created", "update": "updated", "unchanged": "unchanged", "skip": "skipped", "error": "errors"}


@dataclass(slots=True)
class Job:
    """What a pass over a file is about: the run, for whom, and how its cells are read."""

    run: ImportRun
    actor: Actor
    importer: Importer
    style: Style
    directory: Directory
    dry: bool

    @property
    def stage(self) -> int:
        """0 while rows are written, 1 while a kind looks at all rows once more."""
        return self.run.stage

    def column(self, key: str) -> str:
        """Return the name of the column that fills a field, for messages; "" if none does."""
        for name, keys in zip(self.run.header, self.run.mapping, strict=False):
            if key in keys:
                return str(name)
        return ""

    @property
    def options(self) -> dict[str, Any]:
        """The run's options."""
        return self.run.options


@dataclass(slots=True)
class Report:
    """What a check found: how many rows of which fate, and what is wrong, in all and by column."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[ImportProblem] = field(default_factory=list)
    doubles: int = 0
    rows: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)
    links: dict[str, tuple[int, int]] = field(default_factory=dict)


def actor_for(run: ImportRun) -> Actor:
    """Return the actor of a run: the import, with the rights of the person who started it (U5)."""
    return Actor(kind="import", user=run.user, label=str(run.user), source="import")


def style_of(run: ImportRun) -> Style:
    """Return how the run's cells are read; dates become instants in the workspace's zone (R1)."""
    options = run.options
    return Style(
        dates=options.get("dates") or "dmy",
        decimal=options.get("decimal", ""),
        region=options.get("region") or "US",
        zone=Workspace.current().zone,
    )


def job_for(run: ImportRun, *, dry: bool) -> Job:
    """Return the job of a run, with the people of today."""
    actor = actor_for(run)
    directory = Directory(actor, run.options.get("people", {}), run.source, dry)
    return Job(run, actor, importer_of(run.kind), style_of(run), directory, dry)


def rows_of(run: ImportRun, skip: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a run's file below the heading, without the first `skip`."""
    return islice(read_rows(run.path, run.encoding, run.delimiter), 1 + skip, None)


# Deciding ---------------------------------------------------------------------------------------------------------


class Pass:
    """One pass over a file's rows, dry or not: reads, matches, plans and counts them chunk by chunk."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.session: Session = job.importer.session(job)
        self.reader = Reader(job.run, job.importer, job.style, job.directory)
        self._seen: set[int] = set()

    def take(self, chunk: list[tuple[int, list[str]]]) -> list[Row]:
        """Take a chunk through to its end; return its rows with their actions."""
        rows = [self.reader.row(number, cells) for number, cells in chunk]
        waiting = [row for row in rows if not row.action]
        for row in waiting:
            self.session.identify(row)
        while waiting := [row for row in waiting if not row.action]:
            wave, later = _first_of_each(waiting)
            self.session.match(wave)
            wave, again = _first_of_known(wave)
            self._take_wave(wave)
            waiting = [*again, *later]
        return rows

    def _take_wave(self, wave: list[Row]) -> None:
        """Decide, plan and write rows that mean different records."""
        for row in wave:
            self._decide(row)
        planned = [row for row in wave if row.action in ("create", "update")]
        self.session.plan(planned)
        if self.job.dry:
            self._seen.update(hash(key) for row in planned if row.action == "create" for key in row.keys)
            return
        written = [row for row in planned if row.action in ("create", "update")]
        self.session.write(written)
        if self.job.stage:
            return
        settled = [row for row in planned if row.action in ("create", "update", "unchanged")]
        for extension in self.job.importer.extensions:
            extension(self.job, settled)

    def _decide(self, row: Row) -> None:
        """Set the action by the run's mode."""
        if row.action:
            return
        if self.job.stage:
            row.action = "update" if row.known else "skip"
            return
        mode = self.job.run.mode
        known = row.known is not None or (self.job.dry and any(hash(key) in self._seen for key in row.keys))
        if known and mode == ImportRun.Mode.CREATE:
            row.action = "skip"
            row.warn("", _("Is here already."))
        elif not known and mode == ImportRun.Mode.UPDATE:
            row.action = "skip"
            row.warn("", _("Is not here yet."))
        elif known and row.known is None:
            # In a dry run the record would be made by an earlier row of the file.
            row.action = "unchanged"
        else:
            row.action = "update" if known else "create"

    def finish(self) -> bool:
        """Let the session end the pass; return True if it wants to see all rows again."""
        return self.session.finish()


def _first_of_each(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Divide rows into those that share no key with an earlier one, and the rest, which must see what those wrote."""
    seen: set[str] = set()
    first, later = [], []
    for row in rows:
        if seen.isdisjoint(row.keys):
            first.append(row)
        else:
            later.append(row)
        seen.update(row.keys)
    return first, later


def _first_of_known(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Divide rows into those that mean a record of their own, and the rest, which must see what those change."""
    seen: set[UUID] = set()
    first, later = [], []
    for row in rows:
        if row.known is None or row.known not in seen:
            first.append(row)
        else:
            row.known = None
            later.append(row)
        if row.known is not None:
            seen.add(row.known)
    return first, later


def problems_of(run: ImportRun, rows: list[Row], phase: str) -> list[ImportProblem]:
    """Return what is to be remembered of rows: each error, and why a row was left out."""
    found = []
    for row in rows:
        for column, message in (*row.errors, *row.warnings):
            found.append(
                ImportProblem(
                    run=run, phase=phase, row=row.number, column=column[:200], message=message[:400],
                    refused=row.action in ("error", "skip"),
                )
            )  # fmt: skip
    return found


# Checking ---------------------------------------------------------------------------------------------------------


def check(run: ImportRun, limit: int | None = None, tick: Callable[[int], None] | None = None) -> Report:
    """Read all rows, or the first `limit`, as the run would, and say what would become of them. Writes nothing."""
    report = Report()
    walk = Pass(job_for(run, dry=True))
    for chunk in chunks(islice(rows_of(run), limit), CHUNK):
        rows = walk.take(chunk)
        report.rows += len(rows)
        report.counts.update(COUNT_OF[row.action] for row in rows)
        for column, message in (error for row in rows for error in row.errors):
            report.wrong[column] += 1
            report.said.setdefault(column, message)
        report.doubles += sum(row.double for row in rows)
        room = KEPT_CHECK_PROBLEMS - len(report.problems)
        if room > 0:
            report.problems += problems_of(run, rows, ImportProblem.Phase.CHECK)[:room]
        if tick is not None:
            tick(report.rows)
    report.links = walk.session.links()
    return report


def check_and_keep(run: ImportRun) -> None:
    """Check a run and keep what was found, so that the review page can show it."""
    lease = take_lease(run, ImportRun.State.CHECKING)

    def tick(done: int) -> None:
        keep_lease(run, lease, rows_done=done)

    try:
        report = check(run, tick=tick)
    except Refused as refused:
        end(run, lease, ImportRun.State.FAILED, error=refused.message)
        return
    with transaction.atomic():
        run.problems.filter(phase=ImportProblem.Phase.CHECK).delete()
        ImportProblem.objects.bulk_create(report.problems, batch_size=1000)
        counts = {name: report.counts[name] for name in NAMES} | {"doubles": report.doubles}
        end(run, lease, ImportRun.State.CHECKED, counts=counts, rows_done=0, started_at=None, finished_at=None)


# Running ----------------------------------------------------------------------------------------------------------


def perform(run: ImportRun) -> None:
    """Write a run from where it stands to its end. May be called again at any time: nothing is written twice."""
    lease = take_lease(run, ImportRun.State.RUNNING)
    attempts = 0
    while True:
        try:
            if not _pass_over(run, lease):
                break
        except Refused as refused:
            end(run, lease, ImportRun.State.FAILED, error=refused.message)
            return
        except IntegrityError:
            # Somebody made the same record at the same moment: look again, now it is known.
            run.refresh_from_db()
            attempts += 1
            if attempts > RETRIES:
                raise
    end(run, lease, ImportRun.State.DONE)


def _pass_over(run: ImportRun, lease: UUID) -> bool:
    """Take the rows that are still to come through; return True if all of them are to be seen again."""
    walk = Pass(job_for(run, dry=False))
    for chunk in chunks(rows_of(run, run.rows_done), CHUNK):
        with _chunk_transaction(run, lease, walk.job):
            rows = walk.take(chunk)
            _settle(run, rows, len(chunk))
    with _chunk_transaction(run, lease, walk.job):
        again = walk.finish() and run.stage == 0
        if again:
            run.stage, run.rows_done = 1, 0
            run.save(update_fields=["stage", "rows_done"])
    return again


@contextmanager
def _chunk_transaction(run: ImportRun, lease: UUID, job: Job) -> Iterator[None]:
    """Open the transaction of a chunk under the run's change-set, with the run locked and still ours."""
    summary = {"kind": run.kind, "file": run.file_name, "run": str(run.pk)}
    with changeset(job.actor, "imports.run", id=run.changeset_id, summary=summary):
        hold(run, lease)
        yield
        extend_lease(run, lease)


def _settle(run: ImportRun, rows: list[Row], read: int) -> None:
    """Store what became of a chunk's rows, together with the rows themselves."""
    if run.stage == 0:
        counted = Counter(COUNT_OF[row.action] for row in rows)
        run.counts = {name: run.count(name) + counted[name] for name in NAMES}
        ImportProblem.objects.bulk_create(problems_of(run, rows, ImportProblem.Phase.RUN), batch_size=1000)
    run.rows_done += read
    run.save(update_fields=["counts", "report", "rows_done"])
