"""What time brings: runs that waited go on, and records whose moment has come set rules off. Both found by an index."""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import survivors_of
from crm.kernel.events.models import Event
from workflows.conditions import Verdict, judge
from workflows.fields import MODELS
from workflows.models import DueTime, Reentry, Rule, Run, Step
from workflows.snapshots import Moment, Present, Reader, Snapshot, load
from workflows.triggers import TimeTrigger
from workflows.triggers.times import Idle, Schedule

from .breaking import break_rule
from .candidates import matching, time_key
from .desk import ran_lately
from .events import HELD_FOR, absorbed
from .loading import Loaded, load_rule
from .running import BACK_OFF, Work, advance, before_event, finish, lock_record, save

log = logging.getLogger(__name__)
BATCH = 200
RELATED = ("rule__current", "rule__owner__role", "rule__owner__team", "version")


def work_due_runs(limit: int = 1000) -> int:
    """Go on with runs that are due until none is left or `limit` is reached; return how many."""
    done = 0
    while done < limit and _next_run():
        done += 1
    return done


def _next_run() -> bool:
    """Go on with one run in one transaction: its state commits with its effects, whoever dies (W3)."""
    with transaction.atomic():
        due = Run.objects.due(timezone.now()).order_by("due_at")
        run = due.select_related(*RELATED).select_for_update(skip_locked=True, of=("self",)).first()
        if run is None:
            return False
        try:
            with transaction.atomic():
                _go_on(run)
        except Exception as error:
            log.exception("run %s failed", run.pk)
            run.refresh_from_db()
            run.attempts += 1
            run.state, run.reason = Run.State.RETRYING, f"{type(error).__name__}: {error}"[:500]
            run.due_at = timezone.now() + dt.timedelta(seconds=BACK_OFF[min(run.attempts, len(BACK_OFF)) - 1])
            if run.attempts >= Run.MAX_ATTEMPTS:
                finish(run, Run.State.FAILED, "step", run.reason)
            run.save()
        return True


def _go_on(run: Run) -> None:
    """Go on with a locked run, if its record is still there and its rule still works."""
    lock_record(run.record_id)
    loaded = load_rule(run.rule, run.version or run.rule.current)
    assert loaded is not None
    work = Work(run, loaded)
    if not _record_there(run):
        finish(run, Run.State.SKIPPED, "gone", _("The record was deleted in the meantime."))
    elif reason := loaded.broken:
        break_rule(run.rule, reason)
        run.state, run.cause, run.reason, run.due_at = Run.State.HELD, "broken", reason[:500], None
    elif run.cause == "rate" and ran_lately(loaded, timezone.now()) >= loaded.document.rate_per_hour:
        run.due_at = timezone.now() + HELD_FOR
    elif _not_begun(run) and not _still_matches(work):
        finish(run, Run.State.SKIPPED, "unmatched", _("Its conditions did not hold any more when it was to start."))
    else:
        if run.state == Run.State.HELD:
            run.started_at = timezone.now()
        Step.objects.filter(run=run, state=Step.State.WAITING).update(state=Step.State.DONE, at=timezone.now())
        run.version, run.cause, run.reason = loaded.version, "", ""
        advance(work)
    save(work, new=False)


def _not_begun(run: Run) -> bool:
    """Say whether the run's conditions are still to be asked."""
    return run.position == 0 and (run.state in (Run.State.READY, Run.State.HELD) or run.cause == "asking")


def _record_there(run: Run) -> bool:
    """Say whether the record is there; one that was merged is followed to its survivor (M3)."""
    if run.record_id is None:
        return True
    model = MODELS[run.record_kind]
    rows = model.objects.filter(pk=run.record_id)
    if rows.live().exists():
        return True
    if run.record_kind in ("contact", "company"):
        survivor = survivors_of(model, [run.record_id]).get(run.record_id)
        if survivor is not None and model.objects.live().filter(pk=survivor).exists():
            run.record_id = survivor
            lock_record(survivor)
            return True
    return False


def _still_matches(work: Work) -> bool:
    """Say whether a run that has not begun may: its actor sees the record, and the conditions hold. Keeps the trace."""
    run, loaded = work.run, work.loaded
    if run.record_id is None:
        return True
    if not MODELS[run.record_kind].objects.visible_to(loaded.actor).filter(pk=run.record_id).exists():
        return False
    event = Event.objects.filter(pk=run.event_id).first() if run.event_id is not None else None
    if event is not None:
        if loaded.document.trigger is not None and not loaded.document.trigger.fits(event, loaded.document.options):
            return False
        work.before = before_event(run.record_kind, run.record_id, event, loaded)
    snapshot, _row = work.snapshot()
    verdict = judge(loaded.document.conditions, snapshot, loaded.context(work.now))
    run.trace = verdict.trace
    return verdict.held is True


# Time triggers ----------------------------------------------------------------------------------------------------------
def work_due_times(limit: int = 10_000) -> int:
    """Look at the records whose moment may have come; return how many were looked at."""
    seen = 0
    while seen < limit:
        with transaction.atomic():
            now = timezone.now()
            due = DueTime.objects.filter(at__lte=now).order_by("at")
            rows = list(due.select_for_update(skip_locked=True, of=("self",))[:BATCH])
            for rule_id, listed in _by_rule(rows).items():
                _look_at(rule_id, listed, now)
        seen += len(rows)
        if len(rows) < BATCH:
            break
    return seen


def _by_rule(rows: Iterable[DueTime]) -> dict[UUID, list[DueTime]]:
    found: dict[UUID, list[DueTime]] = defaultdict(list)
    for row in rows:
        found[row.rule_id].append(row)
    return found


def _look_at(rule_id: UUID, rows: list[DueTime], now: dt.datetime) -> None:
    """Look at due records of one rule: those whose moment has come set it off, others are looked at again later."""
    rule = Rule.objects.select_related("current", "owner__role", "owner__team").get(pk=rule_id)
    loaded = load_rule(rule)
    if loaded is None or not isinstance(loaded.document.trigger, TimeTrigger) or not _works(loaded, rows, now):
        return
    if isinstance(loaded.document.trigger, Schedule):
        _schedule(loaded, rows, now)
        return
    trigger, options = loaded.document.trigger, loaded.document.options
    looks = trigger.look([each.record_id for each in rows], options, now)
    gone = [each.pk for each in rows if each.record_id not in looks or looks[each.record_id].due is None]
    DueTime.objects.filter(pk__in=gone).delete()
    firing: list[tuple[DueTime, str]] = []
    for row in rows:
        look = looks.get(row.record_id)
        if look is None or look.due is None:
            continue
        if look.due > now:
            row.at = _before_any_zone(look.due, now)
        else:
            if row.spell != look.spell and (look.due >= _since(rule) or rule.include_existing):
                firing.append((row, look.spell))
            row.spell, row.at = look.spell, now + _pause(loaded)
    kept = [each for each in rows if each.pk not in set(gone)]
    if trigger.again:
        DueTime.objects.bulk_update(kept, ["at", "spell"])
    else:
        spent = [row.pk for row in kept if row.spell]
        DueTime.objects.filter(pk__in=spent).delete()
        DueTime.objects.bulk_update([row for row in kept if not row.spell], ["at"])
    set_off(loaded, [(row.record_id, time_key(row.record_id, spell)) for row, spell in firing], now)


def _works(loaded: Loaded, rows: list[DueTime], now: dt.datetime) -> bool:
    """Say whether the rule is at work. A broken one keeps its rows: what came due meanwhile is found when it is mended."""
    rule = loaded.rule
    if rule.state == Rule.State.LIVE and (reason := loaded.broken):
        break_rule(rule, reason)
    if rule.state == Rule.State.LIVE:
        return True
    if rule.broken:
        DueTime.objects.filter(pk__in=[each.pk for each in rows]).update(at=now + dt.timedelta(hours=1))
    else:
        DueTime.objects.filter(pk__in=[each.pk for each in rows]).delete()
    return False


def _since(rule: Rule) -> dt.datetime:
    """Return the moment from which a rule counts what comes due."""
    return rule.live_since or timezone.now()


def _before_any_zone(due: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return when to look again: at the moment itself. A new owner's zone has the record looked at anew by its event."""
    return max(due, now + dt.timedelta(seconds=1))


def _pause(loaded: Loaded) -> dt.timedelta:
    """Return after what time a new idle spell can be over at the earliest."""
    trigger = loaded.document.trigger
    days = int(loaded.document.options["days"]) if isinstance(trigger, Idle) else 1
    return dt.timedelta(days=days)


def set_off(loaded: Loaded, wanted: Sequence[tuple[UUID, str]], now: dt.datetime) -> int:
    """Make runs for those of these records, each with its key, that the actor sees and whose conditions hold (W3)."""
    if not wanted:
        return 0
    kind, document = loaded.document.kind, loaded.document
    ids = [pk for pk, _key in wanted]
    shown = set(MODELS[kind].objects.visible_to(loaded.actor).live().filter(pk__in=ids).values_list("pk", flat=True))
    moments = [Moment(pk) for pk in ids]
    values = load(kind, moments, document.conditions.fields().values(), reader=Reader(Present(), loaded.actor))
    context = loaded.context(now)
    done = _done_already(loaded, dict(wanted))
    runs = []
    for (pk, key), found in zip(wanted, values, strict=True):
        if pk in shown and pk not in done and found is not None:
            verdict = judge(document.conditions, Snapshot(kind, pk, found), context)
            if verdict.held:
                runs.append(ready(loaded, pk, key, now, verdict))
    Run.objects.bulk_create(runs, ignore_conflicts=True)
    return len(runs)


def _done_already(loaded: Loaded, wanted: Mapping[UUID, str]) -> set[UUID]:
    """Return those of these records, each with its key, for which the rule has run: ever, if it runs but once; else for
    the same spell as one that has become part of the record since (M3).
    """
    parts = absorbed(loaded.document.kind, wanted)
    if loaded.document.reentry == Reentry.ONCE:
        ran = Run.objects.filter(rule=loaded.rule, record_id__in=[*wanted, *parts]).values_list("record_id", flat=True)
        return {parts.get(pk, pk) for pk in ran}
    theirs = {wanted[into].replace(str(into), str(pk)): into for pk, into in parts.items()}
    keys = Run.objects.filter(rule=loaded.rule, key__in=theirs).values_list("key", flat=True) if theirs else ()
    return {theirs[key] for key in keys}


def ready(loaded: Loaded, pk: UUID | None, key: str, now: dt.datetime, verdict: Verdict | None = None) -> Run:
    """Return a run that is about to start."""
    return Run(
        rule=loaded.rule,
        version=loaded.version,
        key=key[:120],
        record_kind=loaded.document.kind,
        record_id=pk,
        chain=[f"{loaded.rule.pk}:{pk}"],
        trace=verdict.trace if verdict is not None else [],
        started_at=now,
        due_at=now,
    )


def _schedule(loaded: Loaded, rows: list[DueTime], now: dt.datetime) -> None:
    """Set a scheduled rule off for every record that matches, and plan its next time."""
    trigger, options = loaded.document.trigger, loaded.document.options
    assert isinstance(trigger, Schedule)
    for row in rows:
        stamp = row.at.strftime("%Y%m%dT%H%M")
        if loaded.document.kind:
            for batch in matching(loaded):
                set_off(loaded, [(pk, time_key(pk, stamp)) for pk in batch], now)
        else:
            Run.objects.bulk_create([ready(loaded, None, f"time:{stamp}", now)], ignore_conflicts=True)
        row.spell, row.at = stamp, trigger.next_after(options, now, loaded.context(now).zone)
    DueTime.objects.bulk_update(rows, ["at", "spell"])


__all__ = ["ready", "set_off", "work_due_runs", "work_due_times"]
