"""What happens when an event is taken in: each rule that hears it is asked, and runs or does not (W3-W5).

Called from the outbox in a transaction of its own, together with the mark that the event is done. Each rule is asked under a
savepoint, so that one that fails does not stop the others.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import survivors_of
from crm.kernel.audit.models import ChangeSet
from crm.kernel.events.models import Event
from workflows.conditions import Verdict, judge
from workflows.fields import MODELS
from workflows.models import Reentry, RuleState, Run
from workflows.snapshots import JustThen, Moment, Present, Reader, Row, Snapshot, Source, load

from .breaking import brake, break_rule
from .loading import Loaded, keys_for, listening_to, special_source
from .running import MAX_DEPTH, Work, advance, before_event, finish, lock_record, save

HOUR = dt.timedelta(hours=1)
HELD_FOR = dt.timedelta(minutes=5)


def take_in(event: Event) -> None:
    """Ask every rule that hears the event (W3)."""
    hearing, leaving = keys_for(event.name)
    found = listening_to([*hearing, *leaving])
    if not found:
        return
    lock_record(event.subject_id)
    facts = Facts(event, found)
    for loaded in found:
        with transaction.atomic():
            if loaded.rule.trigger in leaving:
                facts.leave(loaded)
            if loaded.rule.trigger in hearing:
                consider(loaded, facts)


@dataclass
class Facts:
    """What is known of an event's record, read once for all rules."""

    event: Event
    rules: list[Loaded]
    now: dt.datetime = field(default_factory=timezone.now)
    record_id: UUID = field(init=False)
    row: Row | None = field(init=False)
    reader: Reader = field(init=False)
    source: Source = field(init=False)
    states: dict[UUID, RuleState] = field(init=False)
    shared: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        model = MODELS.get(self.event.kind)
        self.record_id = self.event.subject_id
        self.reader = Reader(Present())
        self.row = self._read(model) if model is not None else None
        if self.row is not None and self.row.get("merged_into_id"):
            survivor = survivors_of(model, [self.record_id]).get(self.record_id)  # type: ignore[arg-type]
            if survivor is not None:
                self.record_id, self.row = survivor, None
                lock_record(survivor)
                self.row = self._read(model)
        self.source = JustThen() if self._late() else Present()
        rows = RuleState.objects.filter(record_id=self.record_id, rule__in=[each.rule.pk for each in self.rules])
        self.states = {each.rule_id: each for each in rows}
        fields = {key: each for loaded in self.rules for key, each in loaded.document.conditions.fields().items()}
        plain = [each for each in fields.values() if not each.path.startswith("contact__")]
        reader = Reader(self.source) if self.source.past else self.reader
        (values,) = load(self.event.kind, [self.moment], plain, reader=reader) if model else (None,)
        self.shared = values or {}

    @property
    def moment(self) -> Moment:
        """The record as the event left it; a record that is read as it is now needs no more than its id."""
        if not self.source.past:
            return Moment(self.record_id)
        return Moment(self.record_id, self.event.recorded_at, self.event.changeset_id)

    def _late(self) -> bool:
        """Say whether something has happened to the record since: then conditions are about what was true at the event."""
        later = Event.objects.filter(subject_id=self.event.subject_id, pk__gt=self.event.pk)
        return bool(later.exclude(changeset_id=self.event.changeset_id).exists())

    def _read(self, model: Any) -> Row | None:
        return self.reader.rows(model, [Moment(self.record_id)])[0]

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
        """Say whether the record is inside the rule's conditions, None if nobody has noted it yet."""
        state = self.states.get(loaded.rule.pk)
        return state.inside if state is not None else None

    def note(self, loaded: Loaded, *, inside: bool) -> None:
        """Note that the record is inside, or no longer (W4)."""
        if self.inside(loaded) is inside:
            return
        state, _made = RuleState.objects.update_or_create(
            rule=loaded.rule, record_id=self.record_id,
            defaults={"inside": inside, "record_kind": self.event.kind, "since": self.now},
        )  # fmt: skip
        self.states[loaded.rule.pk] = state

    def leave(self, loaded: Loaded) -> None:
        """Note that the record left what the rule's trigger is about."""
        if self.inside(loaded):
            self.note(loaded, inside=False)


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
    verdict = judge(document.conditions, facts.snapshot(loaded, before), loaded.context(facts.now))
    if not verdict.held:
        facts.leave(loaded)
        return
    if enters(loaded, facts):
        run_now(loaded, facts, verdict, before)


def _before(loaded: Loaded, facts: Facts) -> Mapping[str, Any] | None:
    return before_event(facts.event.kind, facts.record_id, facts.event, loaded)


def enters(loaded: Loaded, facts: Facts) -> bool:
    """Say whether a record whose conditions hold sets the rule off: by the rule's re-entry (W4)."""
    document = loaded.document
    if document.reentry == Reentry.EVENT:
        return True
    if document.reentry == Reentry.ONCE:
        return (
            not Run.objects.filter(rule=loaded.rule, record_id=facts.record_id)
            .exclude(state=Run.State.DISMISSED)
            .exists()
        )
    if document.trigger is None or document.trigger.occurrence:
        return True
    inside = facts.inside(loaded)
    if inside is None:
        inside = was_inside(loaded, facts)
    facts.note(loaded, inside=True)
    return not inside


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
    if ChangeSet.objects.undo_of(facts.event.changeset_id).exists():
        finish(run, Run.State.CANCELLED, "undone", _("What set it off was undone."))
    elif facts.row is None or facts.row.get("binned_at") is not None:
        finish(run, Run.State.SKIPPED, "gone", _("The record was deleted in the meantime."))
    elif me in chain:
        finish(run, Run.State.STOPPED, "loop", _("This rule has met this record in the same chain already."))
    elif facts.event.depth >= MAX_DEPTH:
        words = _("A chain of rules ends after %(depth)d steps.") % {"depth": MAX_DEPTH}
        finish(run, Run.State.STOPPED, "depth", words)
    elif over_rate(loaded, facts.now):
        run.state, run.cause, run.due_at = Run.State.HELD, "rate", facts.now + HELD_FOR
        run.reason = _("The brake: more than %(rate)d runs in an hour.") % {"rate": loaded.document.rate_per_hour}
        brake(loaded.rule, facts.now)
    else:
        advance(work)
    save(work, new=True)


def chain_of(event: Event) -> list[str]:
    """Return the (rule, record) pairs that led to an event (W5)."""
    if not event.depth:
        return []
    return Run.objects.filter(changeset_id=event.changeset_id).values_list("chain", flat=True).first() or []


def over_rate(loaded: Loaded, now: dt.datetime) -> bool:
    """Say whether the rule has run as often as it may within the last hour (the brake)."""
    rate = loaded.document.rate_per_hour
    rows = Run.objects.filter(rule=loaded.rule, started_at__gt=now - HOUR).exclude(state=Run.State.HELD)
    return bool(rows.order_by()[:rate].count() >= rate)
