"""Runs of one rule that are done together, in sets: where many events come at once, and all its steps can be done so.

They are one command with one change-set, as a bulk action is. What any of them is refused takes the set apart: nothing
has happened then, and each is done by itself.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import InterfaceError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts.models import Contact
from crm.kernel.core.changes import changeset
from crm.kernel.events.bus import caused_by
from crm.kernel.users.models import User
from workflows.actions.base import Performing
from workflows.calendars import Calendar
from workflows.conditions import Verdict, judge
from workflows.documents import StepUse
from workflows.fields import MODELS
from workflows.models import Reentry, Run, Step
from workflows.snapshots import Moment, Present, Reader, Snapshot, load

from .loading import Loaded
from .running import ALREADY, COMMAND, Work, advance, finish, save

log = logging.getLogger(__name__)


def can_wait_for_others(loaded: Loaded) -> bool:
    """Say whether runs of the rule may be done at the end of a batch: no rule, nor its own re-entry, looks at them."""
    document = loaded.document
    return document.reentry != Reentry.ONCE and all(each.action.together for each in document.steps)


def perform(works: Sequence[Work]) -> None:
    """Do runs that are about to begin, those of one rule together."""
    groups: dict[tuple[UUID, int], list[Work]] = defaultdict(list)
    for work in works:
        groups[work.loaded.rule.pk, work.run.depth].append(work)
    for group in groups.values():
        if len(group) == 1 or not _done_together(group):
            for work in group:
                advance(work)
                save(work, new=True)


def _done_together(works: Sequence[Work]) -> bool:
    """Try to do runs in sets; False if they are to be done one by one, and nothing has happened yet."""
    try:
        with transaction.atomic():
            steps = _all_steps(works)
            for work in works:
                finish(work.run, Run.State.DONE)
                work.run.position = len(work.loaded.document.steps)
            Run.objects.bulk_create([work.run for work in works])
            Step.objects.bulk_create(steps)
    except InterfaceError:
        raise
    except Exception:
        log.info("%d runs of rule %s are done one by one", len(works), works[0].loaded.rule.pk, exc_info=True)
        for work in works:
            work.run.state, work.run.finished_at, work.run.position = Run.State.READY, None, 0
            work.run.changeset_id = None
        return False
    return True


def _all_steps(works: Sequence[Work]) -> list[Step]:
    """Do all steps of the runs; return what is to be noted of each."""
    loaded = works[0].loaded
    summary = {"rule": loaded.rule.name, "rule_id": str(loaded.rule.pk), "runs": len(works)}
    steps: list[Step] = []
    with (
        caused_by(None, works[0].run.depth + 1),
        changeset(loaded.actor, COMMAND, summary=summary) as change,
        override(loaded.actor.user.locale if loaded.actor.user is not None else None),
    ):
        for index, use in enumerate(loaded.document.steps):
            steps += _one_step(works, index, use)
        for work in works:
            work.run.changeset_id = change.id
    return steps


def _one_step(works: Sequence[Work], index: int, use: StepUse) -> list[Step]:
    """Do one step of all runs: each by its own conditions and its own plan."""
    noted, planned = [], []
    for step, verdict in _standing(works, index, use):
        if not verdict.held:
            noted.append(_note(step, use, Step.State.SKIPPED, _("Its conditions do not hold"), verdict))
            continue
        plan = use.action.plan(step)
        if plan.skip:
            noted.append(_note(step, use, Step.State.SKIPPED, plan.words, verdict))
        else:
            planned.append((step, plan, verdict))
    results = use.action.do_together([(step, plan) for step, plan, _verdict in planned])
    for (step, plan, verdict), result in zip(planned, results, strict=True):
        state, words = (
            (Step.State.DONE, plan.kept or plan.words) if result is not None else (Step.State.SKIPPED, ALREADY)
        )
        noted.append(_note(step, use, state, str(words), verdict, result=result))
    return noted


def _standing(works: Sequence[Work], index: int, use: StepUse) -> list[tuple[Performing, Verdict]]:
    """Return the records of runs as they are now, ready for a step, with what became of its conditions."""
    loaded, kind = works[0].loaded, works[0].run.record_kind
    moments = [Moment(work.run.record_id) for work in works]  # type: ignore[arg-type]
    reader = Reader(Present(), loaded.actor)
    values = load(kind, moments, loaded.document.fields().values(), reader=reader)
    rows: list[dict[str, Any]] = [dict(row or {}) for row in reader.rows(MODELS[kind], moments)]
    if kind == "deal":
        for row, person in zip(rows, reader.source.people(moments), strict=True):
            row["contact_id"] = person
    known = _known({row.get("assignee_id" if kind == "task" else "owner_id") for row in rows})
    people = {row.get("contact_id") for row in rows} - {None}
    seen_people = set(Contact.objects.visible_to(loaded.actor).filter(pk__in=people).values_list("pk", flat=True))
    known |= {(Contact, pk): pk in seen_people for pk in people}
    context = loaded.context(timezone.now())
    found = []
    for work, seen, row in zip(works, values, rows, strict=True):
        before = dict(work.before) if work.before is not None else None
        snapshot = Snapshot(kind, work.run.record_id, seen or {}, before, seen is not None)  # type: ignore[arg-type]
        step = Performing(
            kind, work.run.record_id, row, snapshot, use.options, context, loaded.rule, index, work.pools, work.run.pk, known
        )  # fmt: skip
        found.append((step, judge(use.conditions, snapshot, context)))
    return found


def _known(ids: set[UUID | None]) -> dict[Any, Any]:
    """Return the owners of the records and their calendar, read once."""
    people = User.objects.filter(pk__in=ids - {None}).select_related("role", "team")
    return {person.pk: person for person in people} | {Calendar: Calendar.of(ids)}


def _note(step: Performing, use: StepUse, state: str, words: str, verdict: Verdict, result: Any = None) -> Step:
    return Step(  # type: ignore[misc]
        run_id=step.run_id, index=step.index, action=use.action.key, state=state, words=words[:500], at=step.context.now,
        trace=verdict.trace, result=result or {},
    )  # fmt: skip
