"""What is read once for events that are taken in together: their records, what rules ask of them, who is inside a rule.

All of it is as old as the beginning of the batch. A run that changes records has it read anew for the events behind it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from crm.kernel.audit.models import ChangeSet
from crm.kernel.events.bus import UNDO
from crm.kernel.events.models import Event
from workflows.fields import MODELS, RuleField
from workflows.models import RuleState, Run
from workflows.snapshots import Moment, Present, Reader, Row, load

from .loading import MERGES, Loaded
from .running import Work

HOUR = dt.timedelta(hours=1)


def lock_records(ids: Sequence[UUID]) -> None:
    """Make the runs of records serial: nobody else runs anything for them until the transaction ends (W4)."""
    with connection.cursor() as cursor:  # in one order, so that two workers never wait for each other
        cursor.execute(
            "SELECT pg_advisory_xact_lock(h) FROM"
            " (SELECT DISTINCT hashtextextended(id, 42) AS h FROM unnest(%s::text[]) id ORDER BY 1) locks",
            [[str(pk) for pk in ids]],
        )


class Desk:
    """What is known of some events and of the rules that hear them, by the events' names."""

    def __init__(
        self, events: Sequence[Event], rules: Mapping[str, Sequence[Loaded]], *, together: bool = False
    ) -> None:
        self.events = events
        self.together = together
        self.now = timezone.now()
        self._fields: dict[str, dict[str, RuleField]] = defaultdict(dict)  # all that needs no actor, of each kind
        for name, kind in {(each.name, each.kind) for each in events}:
            asked = {key: field for each in rules[name] for key, field in each.document.conditions.fields().items()}
            self._fields[kind] |= {key: each for key, each in asked.items() if not each.path.startswith("contact__")}
        self._rules = {each.rule.pk for heard in rules.values() for each in heard}
        self._states: dict[UUID, dict[UUID, RuleState]] = {}
        self._turns: dict[UUID, list[tuple[dt.datetime, bool]]] = {}
        self._ran: dict[UUID, int] = {}
        self.waiting: list[Work] = []  # runs that are done together when all events have been asked about
        self.forget()

    def states(self, record_id: UUID) -> dict[UUID, RuleState]:
        """Return which rules know the record as inside or outside, by rule."""
        if record_id not in self._states:
            ids = {each.subject_id for each in self.events} | {record_id}
            new: dict[UUID, dict[UUID, RuleState]] = {pk: {} for pk in ids if pk not in self._states}
            self._states |= new
            for state in RuleState.objects.filter(record_id__in=new, rule__in=self._rules):
                self._states[state.record_id][state.rule_id] = state
            self._turns |= turns_of([pk for pk, states in new.items() if states])
        return self._states[record_id]

    def turned(self, record_id: UUID, since: dt.datetime, until: dt.datetime, *, undos: bool) -> bool:
        """Say whether something changed a record in between that rules do not hear: a merge, or with `undos` an undo.

        What was known before of where it stands holds no more: it was not taken in by that, nor out (W4, M3).
        """
        if record_id not in self._turns:
            self._turns |= turns_of([record_id])
        return any(since < at < until and (undos or of_merge) for at, of_merge in self._turns[record_id])

    def fields_of(self, kind: str) -> list[RuleField]:
        """Return what rules ask of records of a kind and that needs no actor."""
        return list(self._fields[kind].values())

    def forget(self) -> None:
        """Have everything that a run may have changed read anew."""
        self.reader = Reader(Present())
        self._rows: dict[str, dict[UUID, Row | None]] = {}
        self._values: dict[UUID, dict[str, Any] | None] = {}
        self._late: set[int] | None = None
        self._undone: set[UUID] | None = None

    def read(self, event: Event) -> Mapping[str, Any] | None:
        """Return the row of an event's record as it is, None if it is gone. Those of all events of its kind are read."""
        if event.kind not in self._rows:
            moments = [Moment(each.subject_id) for each in self.events if each.kind == event.kind]
            found = zip(moments, self.reader.rows(MODELS[event.kind], moments), strict=True)
            self._rows[event.kind] = {moment.record_id: row for moment, row in found}
        return self._rows[event.kind][event.subject_id]

    def values(self, event: Event, record_id: UUID) -> Mapping[str, Any]:
        """Return what rules ask of the event's record as it is now."""
        if record_id not in self._values:
            alike = {each.subject_id for each in self.events if each.kind == event.kind} | {record_id}
            wanted = [Moment(pk) for pk in alike if pk not in self._values]
            found = load(event.kind, wanted, self.fields_of(event.kind), reader=self.reader)
            self._values |= dict(zip((each.record_id for each in wanted), found, strict=True))
        return self._values[record_id] or {}

    def late(self, event: Event) -> bool:
        """Say whether something has happened to the record since: then conditions are about what was true at the event.

        Asked after the rows were read, so that whatever changed them is seen.
        """
        if self._late is None:
            ids = {each.subject_id for each in self.events}
            rows = Event.objects.filter(subject_id__in=ids, pk__gt=min(each.pk for each in self.events))
            last: dict[UUID, dict[UUID, int]] = defaultdict(dict)
            for pk, subject_id, changeset_id in rows.values_list("pk", "subject_id", "changeset_id"):
                last[subject_id][changeset_id] = max(pk, last[subject_id].get(changeset_id, 0))
            self._late = {
                each.pk
                for each in self.events
                if any(pk > each.pk and of != each.changeset_id for of, pk in last[each.subject_id].items())
            }
        return event.pk in self._late

    def undone(self, event: Event) -> bool:
        """Say whether the command that caused the event was taken back."""
        if self._undone is None:
            sets = {each.changeset_id for each in self.events}
            self._undone = set(ChangeSet.objects.filter(undo_of__in=sets).values_list("undo_of", flat=True))
        return event.changeset_id in self._undone

    def over_rate(self, loaded: Loaded) -> bool:
        """Say whether the rule has run as often as it may within the last hour (the brake)."""
        if loaded.rule.pk not in self._ran:
            self._ran[loaded.rule.pk] = ran_lately(loaded, self.now)
        return self._ran[loaded.rule.pk] >= loaded.document.rate_per_hour

    def count(self, loaded: Loaded) -> None:
        """Count a run of the rule for the brake."""
        if loaded.rule.pk in self._ran:
            self._ran[loaded.rule.pk] += 1


def turns_of(record_ids: Collection[UUID]) -> dict[UUID, list[tuple[dt.datetime, bool]]]:
    """Return when undos and merges changed each of these records, and whether it was a merge, done or undone.

    They leave alone what rules know of records, which runs lock one by one; it is asked for its age instead.
    """
    found: dict[UUID, list[tuple[dt.datetime, bool]]] = {pk: [] for pk in record_ids}
    rows = Event.objects.filter(subject_id__in=record_ids).filter(Q(source=UNDO) | Q(name__in=MERGES)).order_by()
    for pk, at, name in rows.values_list("subject_id", "recorded_at", "name") if found else ():
        found[pk].append((at, name in MERGES))
    return found


def ran_lately(loaded: Loaded, now: dt.datetime) -> int:
    """Return how many runs of a rule began within the last hour, counted up to its rate."""
    rows = Run.objects.filter(rule=loaded.rule, started_at__gt=now - HOUR).exclude(state=Run.State.HELD)
    return int(rows.order_by()[: loaded.document.rate_per_hour].count())
