"""Holding a rule against moments of the past, many at once: rows of history, values before and after, re-entry (W4, W7)."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from workflows.conditions import Verdict, judge, stands
from workflows.engine.loading import Loaded
from workflows.fields import MODELS
from workflows.models import Reentry
from workflows.snapshots import Moment, Reader, Row, Snapshot, load

from .overlay import Overlay
from .results import DryRun, Match, Miss

HOUR = dt.timedelta(hours=1)
NOTHING = UUID(int=0)  # the record of a rule that works on none
MOST_MISSES = 500  # of each reason


@dataclass(frozen=True, slots=True)
class Asked:
    """One moment at which the rule is asked. Without `fits` the trigger did not mean it; `leaves` takes the record out.

    With `forgets` an undo, to which the rule does not listen, or a merge may have changed where the record stands. `parts`
    says which records were merged then, or no more, and into which each.
    """

    key: str
    moment: Moment
    at: dt.datetime
    event_id: int | None = None
    fits: bool = True
    leaves: bool = False
    created: bool = False
    forgets: bool = False
    parts: Mapping[UUID, UUID | None] = field(default_factory=dict)


Found = tuple[Match, Row, Moment]


@dataclass
class Judge:
    """Asks a rule in the order of time, and remembers who is inside its conditions, as the engine would have."""

    loaded: Loaded
    result: DryRun
    plan: Callable[[list[Found]], None] = lambda found: None
    writes: bool = False  # whether steps may change what the rule sees
    inside: dict[UUID, bool] = field(default_factory=dict)
    ran: set[UUID] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    lately: deque[dt.datetime] = field(default_factory=deque)
    parts: dict[UUID, set[UUID]] = field(default_factory=dict)  # what has become part of a record
    _overlay: Overlay | None = None
    _anew: set[UUID] = field(default_factory=set)  # records to be read once more within a batch

    @property
    def overlay(self) -> Overlay:
        """History, and over it what the rule would have written."""
        if self._overlay is None:
            self._overlay = Overlay(MODELS[self.loaded.document.kind])
        return self._overlay

    def ask(self, asked: Sequence[Asked]) -> None:
        """Hold the rule against moments, in their order; its matches are handed on to be planned.

        Many at once; but what the rule writes itself it sees when it is asked about the same record again.
        """
        if not self.loaded.document.kind:
            self._hand_on([(self._alone(each), {}, each.moment) for each in asked])
            return
        self._anew.clear()
        waiting: list[Found] = []
        theirs: set[UUID] = set()
        for each, read in zip(asked, self._read(asked), strict=True):
            pk = each.moment.record_id
            if self.writes and pk in theirs:
                self._hand_on(waiting)
                waiting, theirs = [], set()
            (row, values, before) = read if pk not in self._anew else self._read([each])[0]
            if row is not None and self.overlay.drop_changed(pk, row):
                self._anew.add(pk)
            match = self._one(each, row, values, before)
            if match is not None and row is not None:
                waiting.append((match, row, each.moment))
                theirs.add(pk)
        self._hand_on(waiting)

    def _hand_on(self, found: list[Found]) -> None:
        """Have matches planned; what their steps would have written is seen from then on."""
        self.plan(found)
        for match, row, _moment in found:
            if match.record_id is not None and match.changes:
                self.overlay.write(match.record_id, row, match.changes)
                self._anew.add(match.record_id)

    def _read(self, asked: Sequence[Asked]) -> list[tuple[Row | None, Any, Any]]:
        """Return the record's row, the values that conditions ask for, and those before, at each moment."""
        document = self.loaded.document
        reader = Reader(self.overlay, self.loaded.actor)
        moments = [each.moment for each in asked]
        rows = reader.rows(MODELS[document.kind], moments)
        after = load(document.kind, moments, document.conditions.fields().values(), reader=reader)
        return list(zip(rows, after, self._before(asked), strict=True))

    def _alone(self, each: Asked) -> Match:
        """Return the match of a moment that is about no record: there is nothing that could speak against it."""
        self.result.looked_at += 1
        return self._match(each, Verdict(True, []))

    def _before(self, asked: Sequence[Asked]) -> list[dict[str, Any] | None]:
        document = self.loaded.document
        if not document.asks_before and not self._asks_entry():
            return [None] * len(asked)
        moments = [replace(each.moment, before=True) for each in asked]
        fields = document.conditions.fields().values()
        return load(document.kind, moments, fields, reader=Reader(self.overlay, self.loaded.actor))

    def _asks_entry(self) -> bool:
        trigger = self.loaded.document.trigger
        return self.loaded.document.reentry == Reentry.ENTRY and str(trigger.key).endswith(".changed")

    def _one(self, each: Asked, row: Row | None, values: Any, before: Any) -> Match | None:
        """Ask at one moment; what it answers is noted, and a match returned."""
        pk = each.moment.record_id
        if each.forgets:
            self._forget(each)
            return None
        self.result.looked_at += 1
        if not each.fits:
            if each.leaves and self.inside.get(pk):
                self.inside[pk] = False
            self._miss(each, "trigger")
            return None
        if (why := self._hidden(pk, row)) is not None:
            self._miss(each, why)
            return None
        context = self.loaded.context(each.at)
        snapshot = Snapshot(self.loaded.document.kind, pk, values or {}, before)
        conditions = self.loaded.document.conditions
        verdict = judge(conditions, snapshot, context)
        new = verdict.held is not False and each.key not in self.keys and self._enters(each, before)
        if (inside := stands(conditions, snapshot, context, verdict.held)) or self.inside.get(pk):
            self.inside[pk] = inside
        if not new:
            self._miss(each, "conditions" if verdict.held is False else "entry", verdict)
            return None
        return self._match(each, verdict)

    def _forget(self, each: Asked) -> None:
        """Do not know any more where a record stands; what the rule did for a part of it counts as done for it (M3)."""
        self.inside.pop(each.moment.record_id, None)
        for part, into in each.parts.items():
            mine = {part, *self.parts.get(part, ())}
            for parts in self.parts.values():
                if part in parts:
                    parts -= mine
            if into is not None:
                self.parts.setdefault(into, set()).update(mine)

    def _hidden(self, pk: UUID, row: Row | None) -> str | None:
        """Return why the record was out of the rule's reach, by the rights of today (N8)."""
        if row is None or row.get("binned_at") is not None:
            return "gone"
        kind = self.loaded.document.kind
        if kind == "task":
            return None if MODELS[kind].objects.visible_to(self.loaded.actor).filter(pk=pk).exists() else "unseen"
        return None if self.loaded.actor.scope(kind, "view").covers(row["owner_id"]) else "unseen"

    def _enters(self, each: Asked, before: Any) -> bool:
        document, pk = self.loaded.document, each.moment.record_id
        if document.reentry == Reentry.EVENT:
            return True
        if document.reentry == Reentry.ONCE:
            new = self.ran.isdisjoint({pk, *self.parts.get(pk, ())})
            self.ran |= {pk} if new else set()
            return new
        if not document.remembers:
            return True
        was = self.inside.get(pk)
        return not (self._was_inside(each, before) if was is None else was)

    def _was_inside(self, each: Asked, before: Any) -> bool:
        document = self.loaded.document
        trigger = document.trigger
        if trigger.misfit_leaves or trigger.leaving or not trigger.key.endswith(".changed") or before is None:
            return False
        snapshot = Snapshot(document.kind, each.moment.record_id, dict(before), dict(before))
        held = judge(document.conditions, snapshot, self.loaded.context(each.at)).held
        return bool(document.conditions.parts) and held is True

    def _match(self, each: Asked, verdict: Verdict) -> Match:
        while self.lately and self.lately[0] < each.at - HOUR:
            self.lately.popleft()
        held = len(self.lately) >= self.loaded.document.rate_per_hour
        if not held:
            self.lately.append(each.at)
        kind = self.loaded.document.kind
        record_id = each.moment.record_id if kind else None
        match = Match(each.key, each.at, kind, record_id, each.event_id, verdict.trace, held=held)
        match.unknown, match.changeset = verdict.held is None, each.moment.changeset
        self.result.matches.append(match)
        self.keys.add(each.key)
        return match

    def _miss(self, each: Asked, why: str, verdict: Verdict | None = None) -> None:
        self.result.reasons[why] += 1
        failed = tuple(line["path"] for line in verdict.failed) if verdict is not None else ()
        self.result.conditions.update(failed)
        if self.result.reasons[why] <= MOST_MISSES:
            trace = verdict.trace if verdict is not None else []
            kind, moment = self.loaded.document.kind, each.moment
            self.result.misses.append(
                Miss(each.key, each.at, kind, moment.record_id, why, failed, trace, moment.changeset)
            )
