"""What people do with runs: start one by hand, try failed ones again, dismiss them (W8)."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.ids import uuid7
from workflows.actors import actor_for
from workflows.conditions import judge
from workflows.engine.due import ready
from workflows.engine.loading import load_rule
from workflows.engine.running import lock_record
from workflows.fields import MODELS
from workflows.models import Rule, Run
from workflows.snapshots import Moment, Present, Reader, Snapshot, load

from .publishing import wake

A_MOMENT = dt.timedelta(seconds=10)


@command("rules.start")
def start_run(*, rule_id: UUID, record_id: UUID, actor: Actor) -> Run:
    """Start a rule with the manual trigger for a record that the actor may edit. Its conditions are asked first.

    Raises the record's DoesNotExist, PermissionDenied, Refused if the rule is no manual one, not live, does not match, or was
    started for the record a moment ago: a second click is no second wish.
    """
    rule = Rule.objects.select_related("current", "owner__role", "owner__team").get(pk=rule_id)
    loaded = load_rule(rule)
    if loaded is None or rule.state != Rule.State.LIVE or rule.trigger != "manual":
        raise Refused(_("This rule cannot be started by hand."))
    kind = loaded.document.kind
    record = MODELS[kind].objects.visible_to(actor).live().get(pk=record_id)
    actor.require("edit", record)
    lock_record(record_id)
    begun = Run.objects.filter(rule=rule, record_id=record_id, started_at__gte=timezone.now() - A_MOMENT)
    if begun.exclude(state=Run.State.CANCELLED).exists():
        raise Refused(_("%(name)s has just been started for this record.") % {"name": rule.name})
    if not MODELS[kind].objects.visible_to(loaded.actor).filter(pk=record_id).exists():
        raise Refused(_("The rule may not see this record."))
    fields = loaded.document.conditions.fields().values()
    (values,) = load(kind, [Moment(record_id)], fields, reader=Reader(Present(), actor_for(rule, rule.owner)))
    context = loaded.context(timezone.now())
    verdict = judge(loaded.document.conditions, Snapshot(kind, record_id, values or {}), context)
    if not verdict.held:
        failed = {line["path"] for line in verdict.failed}
        words = ", ".join(test.words(context) for test in loaded.document.conditions.tests() if test.path in failed)
        raise Refused(_("The conditions of the rule do not hold: %(conditions)s.") % {"conditions": words})
    run = ready(loaded, record_id, f"manual:{uuid7()}", timezone.now(), verdict)
    run.save()
    transaction.on_commit(wake, robust=True)
    return run


def _theirs(run_ids: Iterable[UUID] | None, actor: Actor, rule_id: UUID | None) -> object:
    """Return the runs asked for that the actor may steer: those of their own rules, an admin's any."""
    actor.require_flag("rules")
    rows = Run.objects.visible_to(actor)
    if run_ids is not None:
        rows = rows.filter(pk__in=list(run_ids))
    if rule_id is not None:
        rows = rows.filter(rule=rule_id)
    return rows if actor.may("settings") else rows.filter(Q(rule__owner=actor.id))


@command("runs.retry")
def retry_runs(*, actor: Actor, run_ids: Iterable[UUID] | None = None, rule_id: UUID | None = None) -> int:
    """Let failed runs go on from the step that failed, and held ones at once; return how many (W8). Others stay as they are."""
    states = (Run.State.FAILED, Run.State.HELD, Run.State.RETRYING, Run.State.STOPPED)
    rows = _theirs(run_ids, actor, rule_id).filter(state__in=states).exclude(cause__in=("loop", "depth"))  # type: ignore[attr-defined]
    count = int(rows.update(state=Run.State.RETRYING, cause="", attempts=0, due_at=timezone.now(), finished_at=None))
    transaction.on_commit(wake, robust=True)
    return count


@command("runs.dismiss")
def dismiss_runs(*, actor: Actor, run_ids: Iterable[UUID] | None = None, rule_id: UUID | None = None) -> int:
    """Let failed, held and waiting runs rest for good; return how many. What they did stays done (W8)."""
    states = (Run.State.FAILED, *Run.PENDING)
    rows = _theirs(run_ids, actor, rule_id).filter(state__in=states)  # type: ignore[attr-defined]
    return int(rows.update(state=Run.State.DISMISSED, due_at=None, finished_at=timezone.now()))
