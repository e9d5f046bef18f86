"""One run: its steps are done one after the other, each under a savepoint; its state commits with their effects (W3, W8)."""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import InterfaceError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.kernel.core.changes import business_time, changeset
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.events.bus import caused_by
from workflows.actions.base import Performing, Plan
from workflows.conditions import judge
from workflows.documents import StepUse
from workflows.fields import MODELS
from workflows.models import Run, Step
from workflows.pools import StoredPools
from workflows.snapshots import Moment, Past, Present, Reader, Snapshot, load

from .loading import Loaded

log = logging.getLogger(__name__)
MAX_DEPTH = 8
COMMAND = "workflows.run"
ALREADY = gettext_lazy("Somebody had done it in the meantime")
# Seconds before the next attempt, by attempts so far.
BACK_OFF = (10, 60, 300, 1800, 7200)


def lock_record(pk: UUID | None) -> None:
    """Make the runs of one record serial: nobody else runs anything for it until the transaction ends (W4)."""
    if pk is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 42))", [str(pk)])


@dataclass
class Work:
    """A run in the hands of a worker. `before` are the record's values before the event, where a condition asks."""

    run: Run
    loaded: Loaded
    before: Mapping[str, Any] | None = None
    steps: list[Step] = field(default_factory=list)
    pools: Any = field(default_factory=StoredPools)
    changed_records: bool = False

    @property
    def now(self) -> dt.datetime:
        """The moment of the run; what the sample workspace tells has its own."""
        return business_time()

    def snapshot(self) -> tuple[Snapshot, Mapping[str, Any]]:
        """Return the values of the record as it is now, and its row."""
        run, document = self.run, self.loaded.document
        if run.record_id is None:
            return Snapshot("", UUID(int=0)), {}
        moment = Moment(run.record_id)
        reader = Reader(Present(), self.loaded.actor)
        (values,) = load(run.record_kind, [moment], document.fields().values(), reader=reader)
        (row,) = reader.rows(MODELS[run.record_kind], [moment])
        linked: dict[str, Any] = dict(row or {})
        if run.record_kind == "deal":
            linked["contact_id"] = reader.source.people([moment])[0]
        before = dict(self.before) if self.before is not None else None
        return Snapshot(run.record_kind, run.record_id, values or {}, before, values is not None), linked


def advance(work: Work) -> None:
    """Do the steps of a run from where it stands, until its end, a wait or a failure; nothing is saved yet but effects."""
    run, loaded = work.run, work.loaded
    summary = {"rule": loaded.rule.name, "rule_id": str(loaded.rule.pk), "run": str(run.pk)}
    with (
        caused_by(run.event_id, run.depth + 1),
        changeset(loaded.actor, COMMAND, id=run.changeset_id, summary=summary) as change,
        override(loaded.actor.user.locale if loaded.actor.user is not None else None),
    ):
        run.changeset_id = change.id
        while run.position < len(loaded.document.steps):
            if not _one(work, loaded.document.steps[run.position]):
                return
            run.position += 1
            run.attempts = 0
    finish(run, Run.State.DONE)


def finish(run: Run, state: str, cause: str = "", reason: str = "") -> None:
    """Bring a run to its end."""
    run.state, run.cause, run.reason = state, cause, reason[:500]
    run.due_at, run.finished_at = None, timezone.now()


def _one(work: Work, use: StepUse) -> bool:
    """Do one step; return whether the run goes on at once."""
    try:
        with transaction.atomic():
            return _do(work, use)
    except Conflict as error:
        _retry(work, use, error.message)
    except (Refused, PermissionDenied, ObjectDoesNotExist) as error:
        _fail(work, use, str(error) or _("The record is not there, or the rule may not see it."))
    except InterfaceError:
        raise  # the connection is gone: the transaction with it, and another worker takes the event
    except Exception as error:  # whatever fails in one rule must not stop the others
        log.exception("step %s of run %s failed", work.run.position, work.run.pk)
        _retry(work, use, f"{type(error).__name__}: {error}")
    return False


def _do(work: Work, use: StepUse) -> bool:
    """Plan and do a step; return whether the run goes on at once."""
    run, loaded = work.run, work.loaded
    snapshot, row = work.snapshot()
    context = loaded.context(work.now)
    verdict = judge(use.conditions, snapshot, context)
    if not verdict.held:
        note(work, use, Step.State.SKIPPED, _("Its conditions do not hold"), trace=verdict.trace)
        return True
    step = Performing(
        run.record_kind,
        run.record_id,
        row,
        snapshot,
        use.options,
        context,
        loaded.rule,
        run.position,
        work.pools,
        run.pk,
    )
    plan = use.action.plan(step)
    if plan.skip:
        note(work, use, Step.State.SKIPPED, plan.words, trace=verdict.trace)
        return True
    if use.action.waits:
        _rest(work, use, plan, verdict.trace)
        return False
    result = use.action.do(step, plan)
    if result is None:
        note(work, use, Step.State.SKIPPED, ALREADY, trace=verdict.trace)
        return True
    work.changed_records |= use.action.changes_records
    note(work, use, Step.State.DONE, plan.kept or plan.words, result=result, trace=verdict.trace)
    return True


def _rest(work: Work, use: StepUse, plan: Plan, trace: list[Any]) -> None:
    """Let the run wait; it goes on behind this step."""
    note(work, use, Step.State.WAITING, plan.words, trace=trace, due_at=plan.due_at)
    work.run.state, work.run.due_at = Run.State.WAITING, plan.due_at
    work.run.position += 1


def note(work: Work, use: StepUse, state: str, words: Any, **values: Any) -> None:
    """Note what became of a step, in place of what an earlier attempt noted."""
    work.steps = [each for each in work.steps if each.index != work.run.position]
    work.steps.append(
        Step(
            run=work.run, index=work.run.position, action=use.action.key, state=state, words=str(words)[:500], at=work.now,
            **values,
        )
    )  # fmt: skip


def _retry(work: Work, use: StepUse, reason: str) -> None:
    """Try the step again later, with a growing delay, and give up in the end."""
    run = work.run
    run.attempts += 1
    if run.attempts >= Run.MAX_ATTEMPTS:
        _fail(work, use, reason)
        return
    run.state, run.reason = Run.State.RETRYING, reason[:500]
    run.due_at = work.now + dt.timedelta(seconds=BACK_OFF[min(run.attempts, len(BACK_OFF)) - 1])
    note(work, use, Step.State.FAILED, reason)


def _fail(work: Work, use: StepUse, reason: str) -> None:
    """Let the run rest as failed, for a person to retry or dismiss (W8)."""
    note(work, use, Step.State.FAILED, reason)
    finish(work.run, Run.State.FAILED, "step", reason)


def save(work: Work, *, new: bool) -> None:
    """Store the run with its steps: in the transaction of their effects (W3)."""
    work.run.save(force_insert=new, force_update=not new)
    if work.steps:
        if not new:
            Step.objects.filter(run=work.run, index__in=[each.index for each in work.steps]).delete()
        Step.objects.bulk_create(work.steps)


def before_event(kind: str, record_id: UUID, event: Any, loaded: Loaded) -> Mapping[str, Any] | None:
    """Return the values of a record before an event, None if the event made it."""
    moment = Moment.of(event, record_id, before=True)
    reader = Reader(Past(), loaded.actor)
    return load(kind, [moment], loaded.document.conditions.fields().values(), reader=reader)[0]
