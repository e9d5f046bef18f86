"""What the steps of a match would have done: their plans, one after the other, each seeing what the ones before would change."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils.translation import gettext as _

from crm.kernel.core.errors import Refused
from workflows.actions.assigning import Assign
from workflows.actions.base import Performing, Plan
from workflows.conditions import judge
from workflows.documents import StepUse
from workflows.engine.loading import Loaded
from workflows.pools import RememberedPools
from workflows.snapshots import Moment, Past, Reader, Row, Snapshot, load, typed

from .results import Match, Planned


def plan_steps(
    loaded: Loaded,
    found: list[tuple[Match, Row, Moment]],
    pools: RememberedPools,
    known: dict[Any, Any],
    past: Past | None = None,
) -> None:
    """Fill in what the steps of matches would have done; the values of all are read at once, people once (`known`)."""
    if not found:
        return
    document = loaded.document
    if not document.kind:
        for match, _row, _moment in found:
            _plan(loaded, match, {}, {}, pools, known)
        return
    reader = Reader(past or Past(), loaded.actor)
    moments = [moment for _match, _row, moment in found]
    values = load(document.kind, moments, document.fields().values(), reader=reader)
    people = reader.source.people(moments) if document.kind == "deal" else [None] * len(moments)
    for (match, row, _moment), seen, person in zip(found, values, people, strict=True):
        linked: dict[str, Any] = dict(row) | ({"contact_id": person} if document.kind == "deal" else {})
        _plan(loaded, match, linked, dict(seen or {}), pools, known)


def _plan(
    loaded: Loaded,
    match: Match,
    row: dict[str, Any],
    values: dict[str, Any],
    pools: RememberedPools,
    known: dict[Any, Any],
) -> None:
    later = False
    for index, use in enumerate(loaded.document.steps):
        snapshot = Snapshot(match.record_kind, match.record_id, values)  # type: ignore[arg-type]
        context = loaded.context(match.at)
        verdict = judge(use.conditions, snapshot, context)
        if verdict.held is not True:
            match.unknown = match.unknown or verdict.held is None
            words = _("Its conditions do not hold")
            match.steps.append(Planned(use.action.key, words, False, trace=verdict.trace, later=later))
            continue
        step = Performing(
            match.record_kind, match.record_id, row, snapshot, use.options, context, loaded.rule, index, pools, None, known
        )  # fmt: skip
        planned, plan = _ask(use, step, later)
        match.steps.append(planned)
        if plan is None:
            return  # the run would rest here as failed
        later = later or (use.action.waits and planned.done)
        if planned.done:
            changes = use.action.after(step, plan)
            _show(loaded, row, values, changes)
            if not later:
                match.changes.update(changes)
            if isinstance(use.action, Assign):
                use.action.note(step, plan)


def _ask(use: StepUse, step: Performing, later: bool) -> tuple[Planned, Plan | None]:
    try:
        plan = use.action.plan(step)
    except (Refused, PermissionDenied, ObjectDoesNotExist) as error:
        words = getattr(error, "message", "") or str(error)
        return Planned(use.action.key, _("It would fail: %(why)s") % {"why": words}, False, later=later), None
    return Planned(use.action.key, plan.words, not plan.skip, plan.data, later=later, kept=plan.kept), plan


def _show(loaded: Loaded, row: dict[str, Any], values: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Let the steps that follow see what a step would change."""
    row.update(changes)
    for key, field in loaded.document.fields().items():
        if field.own and field.path in changes:
            values[key] = typed(field, changes[field.path])
