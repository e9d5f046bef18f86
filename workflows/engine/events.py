"""What happens when events are taken in: each rule that hears one is asked, and runs or does not (W3-W5).

Called from the outbox, in the transaction in which events are marked as done. What rules ask for is read once for all of
them. Where anything fails they are taken in one by one and each rule is asked under a savepoint of its own: then the one
that fails is tried again later and rests in the end, and does not stop the others (W8).
"""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import InterfaceError, transaction
from django.utils.translation import gettext as _

from contacts.models import Company, Contact, absorbed_into, survivors_of
from crm.kernel.events.bus import UNDO
from crm.kernel.events.models import Event
from workflows.conditions import Verdict, holds, judge, stands
from workflows.fields import MODELS
from workflows.models import Reentry, RuleState, Run
from workflows.snapshots import JustThen, Moment, Present, Reader, Row, Snapshot, Source, load

from . import together
from .breaking import brake, break_rule
from .desk import Desk, lock_records
from .loading import Loaded, keys_for, listening_to, special_source
from .running import BACK_OFF, MAX_DEPTH, Work, advance, before_event, finish, lock_record, save

log = logging.getLogger(__name__)
MERGED_KINDS = (Contact.kind, Company.kind)
HELD_FOR = dt.timedelta(minutes=5)


def take_in(events: Sequence[Event]) -> None:
    """Ask every rule that hears one of the events, in their order (W3)."""
    keys = {name: keys_for(name) for name in dict.fromkeys(each.name for each in events)}
    found = listening_to({key for hearing, leaving in keys.values() for key in (*hearing, *leaving)})
    rules = {
        name: [each for each in found if each.rule.trigger in (*hearing, *leaving)]
        for name, (hearing, leaving) in keys.items()
    }
    heard = [each for each in events if rules[each.name]]
    if not heard:
        return
    lock_records([each.subject_id for each in heard])
    try:
        with transaction.atomic():
            _ask_all(heard, rules, nullcontext)
    except InterfaceError:
        raise  # the connection is gone: the transaction with it, and another worker takes the events
    except Exception:
        log.info("rules are asked one by one", exc_info=True)
        for event in heard:
            _ask_all([event], rules, transaction.atomic)


def _ask_all(events: Sequence[Event], rules: Mapping[str, Sequence[Loaded]], fence: Callable[[], Any]) -> None:
    """Ask the rules; behind a `fence` one that fails stops no other."""
    desk = Desk(events, rules, together=fence is nullcontext)
    for event in events:
        hearing, leaving = keys_for(event.name)
        facts = Facts(event, desk)
        for loaded in rules[event.name]:
            try:
                with fence():
                    if loaded.rule.trigger in leaving:
                        facts.leave(loaded)
                    if loaded.rule.trigger in hearing:
                        consider(loaded, facts)
            except Exception as error:
                if fence is nullcontext or isinstance(error, InterfaceError):
                    raise
                log.exception("rule %s could not be asked about event %s", loaded.rule.pk, event.pk)
                desk.forget()
                _ask_later(loaded, facts, error)
    together.perform(desk.waiting)


def _ask_later(loaded: Loaded, facts: "Facts", error: Exception) -> None:
    """Keep a rule that could not be asked as a run that is tried again, and rests in the end (W8)."""
    run = _new(loaded, facts, state=Run.State.RETRYING, cause="asking", attempts=1)
    run.reason = f"{type(error).__name__}: {error}"[:500]
    run.due_at = facts.now + dt.timedelta(seconds=BACK_OFF[0])
    save(Work(run, loaded), new=True)


class Facts:
    """What is known of an event's record."""

    def __init__(self, event: Event, desk: Desk) -> None:
        self.event = event
        self.desk = desk
        self.now = desk.now
        self.record_id = event.subject_id
        model = MODELS.get(event.kind)
        self.row: Row | None = desk.read(event) if model is not None else None
        if self.row is not None and self.row.get("merged_into_id"):
            survivor = survivors_of(model, [self.record_id]).get(self.record_id)  # type: ignore[arg-type]
            if survivor is not None:
                self.record_id = survivor
                lock_record(survivor)
                (self.row,) = desk.reader.rows(model, [Moment(survivor)])  # type: ignore[arg-type]
        self.source: Source = JustThen() if desk.late(event) else Present()

    @cached_property
    def shared(self) -> Mapping[str, Any]:
        """The values that rules ask for and that need no actor."""
        if self.event.kind not in MODELS:
            return {}
        if not self.source.past:
            return self.desk.values(self.event, self.record_id)
        fields = self.desk.fields_of(self.event.kind)
        (values,) = load(self.event.kind, [self.moment], fields, reader=Reader(self.source))
        return values or {}

    @property
    def states(self) -> dict[UUID, RuleState]:
        """Whether the record is inside the conditions of rules."""
        return self.desk.states(self.record_id)

    @property
    def moment(self) -> Moment:
        """The record as the event left it; a record that is read as it is now needs no more than its id."""
        if not self.source.past:
            return Moment(self.record_id)
        return Moment.of(self.event, self.record_id)

    def sees(self, loaded: Loaded) -> bool:
        """Say whether the rule's actor may see the record (W9)."""
        if self.row is None:
            return False
        if self.event.kind == "task":
            rows = MODELS["task"].objects.visible_to(loaded.actor)
            return bool(rows.filter(pk=self.record_id).exists())
        return bool(loaded.actor.scope(self.event.kind, "view").covers(self.row["owner_id"]))

    def snapshot(self, loaded: Loaded, before: Mapping[str, Any] | None) -> Snapshot:
        """Return the values that a rule asks for."""
        fields = loaded.document.conditions.fields()
        values = {key: self.shared[key] for key in fields if key in self.shared}
        if len(values) < len(fields):
            reader = Reader(self.source, loaded.actor)
            (values,) = load(self.event.kind, [self.moment], fields.values(), reader=reader)  # type: ignore[assignment]
        return Snapshot(
            self.event.kind, self.record_id, dict(values or {}), dict(before) if before is not None else None
        )

    def inside(self, loaded: Loaded) -> bool | None:
        """Say whether the record is inside the rule's conditions, None if nobody knows: it is found out then (W4).

        What was noted before the rule was at work, or before an undo or a merge changed the record, does not count.
        """
        state = self.states.get(loaded.rule.pk)
        if state is None or (loaded.rule.live_since is not None and state.since < loaded.rule.live_since):
            return None
        undos = UNDO not in loaded.document.listens_to
        turned = self.desk.turned(self.record_id, state.since, self.event.recorded_at, undos=undos)
        return None if turned else state.inside

    def note(self, loaded: Loaded, *, inside: bool) -> None:
        """Note that the record is inside, or no longer (W4), and since which moment that is known."""
        if self.inside(loaded) is inside:
            return
        state, _made = RuleState.objects.update_or_create(
            rule=loaded.rule, record_id=self.record_id,
            defaults={"inside": inside, "record_kind": self.event.kind, "since": self.event.recorded_at},
        )  # fmt: skip
        self.states[loaded.rule.pk] = state

    def settle(self, loaded: Loaded, *, inside: bool) -> None:
        """Note where the record stands after the event; of one that was never inside nothing is kept."""
        if inside or self.inside(loaded):
            self.note(loaded, inside=inside)

    def leave(self, loaded: Loaded) -> None:
        """Note that the record left what the rule's trigger is about."""
        self.settle(loaded, inside=False)


def consider(loaded: Loaded, facts: Facts) -> None:
    """Ask one rule whether it runs, and run it."""
    rule, document, event = loaded.rule, loaded.document, facts.event
    special = special_source(event.source)
    if special and special not in document.listens_to:
        return
    if rule.live_since is None or event.recorded_at < rule.live_since:
        return
    if not rule.broken and (reason := loaded.broken):
        break_rule(rule, reason)
    if rule.broken:
        save(
            Work(_new(loaded, facts, state=Run.State.HELD, cause="broken", reason=rule.pause_reason), loaded), new=True
        )
        return
    assert document.trigger is not None
    if not document.trigger.fits(event, document.options):
        if document.trigger.misfit_leaves:
            facts.leave(loaded)
        return
    if not facts.sees(loaded):
        return
    before = _before(loaded, facts) if document.asks_before else None
    snapshot, context = facts.snapshot(loaded, before), loaded.context(facts.now)
    held = bool(holds(document.conditions, snapshot, context))
    new = held and enters(loaded, facts)
    if document.remembers:
        facts.settle(loaded, inside=stands(document.conditions, snapshot, context, held))
    if new:
        run_now(loaded, facts, judge(document.conditions, snapshot, context), before)


def _before(loaded: Loaded, facts: Facts) -> Mapping[str, Any] | None:
    return before_event(facts.event.kind, facts.record_id, facts.event, loaded)


def enters(loaded: Loaded, facts: Facts) -> bool:
    """Say whether a record whose conditions hold sets the rule off: by the rule's re-entry (W4)."""
    document = loaded.document
    if document.reentry == Reentry.EVENT:
        return True
    if document.reentry == Reentry.ONCE:
        ids = [facts.record_id, *absorbed(facts.event.kind, [facts.record_id])]
        ran = Run.objects.filter(rule=loaded.rule, record_id__in=ids).exclude(state=Run.State.DISMISSED)
        return not ran.exists()
    if not document.remembers:
        return True
    inside = facts.inside(loaded)
    return not (was_inside(loaded, facts) if inside is None else inside)


def absorbed(kind: str, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the records that have become part of these: what a rule did for them, it did for these (M3)."""
    return absorbed_into(MODELS[kind], ids) if kind in MERGED_KINDS else {}


def was_inside(loaded: Loaded, facts: Facts) -> bool:
    """Say whether the conditions held before the event already: records that matched at publishing do not run (W4)."""
    trigger = loaded.document.trigger
    if trigger is None or trigger.misfit_leaves or trigger.leaving or not trigger.key.endswith(".changed"):
        return False  # the event itself brought the record in
    before = _before(loaded, facts)
    if before is None:
        return False
    snapshot = Snapshot(facts.event.kind, facts.record_id, dict(before), dict(before))
    return (
        bool(loaded.document.conditions.parts)
        and judge(loaded.document.conditions, snapshot, loaded.context(facts.now)).held is True
    )


def _new(loaded: Loaded, facts: Facts, **values: Any) -> Run:
    """Return the run of a rule and an event (W3)."""
    event = facts.event
    return Run(
        rule=loaded.rule,
        version=None if values.get("cause") == "broken" else loaded.version,
        key=f"event:{event.pk}",
        event_id=event.pk,
        record_kind=event.kind,
        record_id=facts.record_id,
        depth=event.depth,
        caused_by_set=event.changeset_id,
        started_at=facts.now,
        **values,
    )


def run_now(loaded: Loaded, facts: Facts, verdict: Verdict, before: Mapping[str, Any] | None) -> None:
    """Make the run and do its steps, unless the chain, the brake, an undo or the bin speaks against it."""
    run = _new(loaded, facts, trace=verdict.trace)
    chain = chain_of(facts.event)
    me = f"{loaded.rule.pk}:{facts.record_id}"
    run.chain = [*chain, me]
    work = Work(run, loaded, before)
    if facts.desk.undone(facts.event):
        finish(run, Run.State.CANCELLED, "undone", _("What set it off was undone."))
    elif facts.row is None or facts.row.get("binned_at") is not None:
        finish(run, Run.State.SKIPPED, "gone", _("The record was deleted in the meantime."))
    elif me in chain:
        finish(run, Run.State.STOPPED, "loop", _("This rule has met this record in the same chain already."))
    elif facts.event.depth >= MAX_DEPTH:
        words = _("A chain of rules ends after %(depth)d steps.") % {"depth": MAX_DEPTH}
        finish(run, Run.State.STOPPED, "depth", words)
    elif facts.desk.over_rate(loaded):
        run.state, run.cause, run.due_at = Run.State.HELD, "rate", facts.now + HELD_FOR
        run.reason = _("The brake: more than %(rate)d runs in an hour.") % {"rate": loaded.document.rate_per_hour}
        brake(loaded.rule, facts.now)
    else:
        facts.desk.count(loaded)
        if facts.desk.together and together.can_wait_for_others(loaded):
            facts.desk.waiting.append(work)
            return
        advance(work)
        if work.changed_records:
            facts.desk.forget()
    save(work, new=True)


def chain_of(event: Event) -> list[str]:
    """Return the (rule, record) pairs that led to an event (W5)."""
    if not event.depth:
        return []
    return Run.objects.filter(changeset_id=event.changeset_id).values_list("chain", flat=True).first() or []
