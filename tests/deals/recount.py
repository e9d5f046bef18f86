"""The numbers again, in plain Python from the rows of the tables: slow, simple, and sharing no code with the product's.

Everything is told as of a moment, as N8 says: the visit at that moment, fields by recorded history, the first record for the
time before it.
"""

import datetime as dt
import itertools
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.history import history_of
from crm.kernel.users.models import User
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Deal, LostReason, Stage, StageChange


@dataclass
class Fact:
    """A deal at the moment."""

    pk: Any
    pipeline: Any
    stage: Any
    kind: str
    owner: Any
    amount: Decimal | None
    rate: Decimal | None
    percent: int
    category: str
    expected: dt.date | None
    created: dt.date
    unknown: bool
    closed: dt.date | None
    reason: Any
    closing: Decimal | None
    visits: list[Any]

    @property
    def value(self) -> Decimal | None:
        return None if self.amount is None or self.rate is None else self.amount * self.rate

    @property
    def weighted(self) -> Decimal:
        if self.kind != "open" or self.value is None:
            return Decimal(0)
        return (self.value * self.percent / 100).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def nearest(rows: list[Any], at: dt.datetime) -> Any:
    """Return the record that held at a moment."""
    before = [row for row in rows if row.pgh_created_at <= at]
    if before:
        return max(before, key=lambda row: row.pgh_id)  # each is the whole row: the last written knows most
    return min(rows, key=lambda row: (row.pgh_created_at, row.pgh_id))


class Recount:
    """All tables, read once; `at(moment)` tells the deals of that moment."""

    def __init__(self) -> None:
        self.zone = Workspace.objects.get().zone
        self.base = Workspace.objects.get().base_currency
        self.deals = list(Deal.objects.all())
        self.visits = self._by(StageChange.objects.order_by("at"), "deal_id")
        self.history = self._by(history_of(Deal).objects.all(), "pgh_obj_id")
        self.stage_history = self._by(history_of(Stage).objects.all(), "pgh_obj_id")
        self.stages = {stage.pk: stage for stage in Stage.objects.all()}
        self.rates = sorted(ExchangeRate.objects.all(), key=lambda each: each.day)
        self.undos = list(ChangeSet.objects.filter(undo_of__isnull=False).order_by("recorded_at"))
        self.no_loss = set(LostReason.objects.filter(not_a_loss=True).values_list("pk", flat=True))
        assert User.objects.exists()

    @staticmethod
    def _by(rows: Any, name: str) -> dict[Any, list[Any]]:
        found: dict[Any, list[Any]] = defaultdict(list)
        for row in rows:
            found[getattr(row, name)].append(row)
        return found

    def day(self, at: dt.datetime) -> dt.date:
        return at.astimezone(self.zone).date()

    def rate(self, currency: str, day: dt.date) -> Decimal | None:
        if currency == self.base:
            return Decimal(1)
        known = [each.rate for each in self.rates if each.currency == currency and each.day <= day]
        return known[-1] if known else None

    def at(self, moment: dt.datetime) -> list[Fact]:
        """Return the deals that stood at a moment."""
        return [fact for deal in self.deals if (fact := self.fact(deal, moment)) is not None]

    def fact(self, deal: Deal, at: dt.datetime) -> Fact | None:
        here = [v for v in self.visits[deal.pk] if v.at <= at and (v.until is None or v.until > at)]
        if deal.created_at > at or not here:
            return None
        (visit,) = here
        row = nearest(self.history[deal.pk], at)
        if row.binned_at is not None and row.binned_at <= at:
            return None
        stage = nearest(self.stage_history[visit.to_stage_id], at)
        kind = self.stages[visit.to_stage_id].kind_of
        same = row.stage_id == visit.to_stage_id
        own = row.probability if same else None
        category = row.forecast_category if same else ""
        closed = None
        if kind != "open":
            closed = row.closed_on if same and row.closed_on else self.day(visit.at)
        counted = [
            v for v in self.visits[deal.pk]
            if v.at <= at and v.undoes_id is None and (v.undone_at is None or v.undone_at > at)
        ]  # fmt: skip
        return Fact(
            deal.pk, visit.pipeline_id, visit.to_stage_id, kind, row.owner_id if kind == "open" else visit.owner_id,
            row.amount, self.rate(row.currency, closed or self.day(at)),
            stage.probability if own is None or kind != "open" else own, category or stage.forecast_category,
            row.expected_close, self.day(deal.created_at), deal.created_unknown, closed,
            row.lost_reason_id if kind == "lost" else None, visit.amount if kind != "open" else None, counted,
        )  # fmt: skip

    # Numbers ------------------------------------------------------------------------------------------------------
    def pipeline(self, facts: list[Fact]) -> dict[str, tuple[int, Decimal, Decimal]]:
        found: dict[str, list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
        for fact in facts:
            if fact.kind == "open":
                own = found[str(fact.stage)]
                own[0] += 1
                own[1] += fact.value or 0
                own[2] += fact.weighted
        return {key: (n, amount, weighted) for key, (n, amount, weighted) in found.items()}

    def decided(
        self, facts: list[Fact], start: dt.date, end: dt.date
    ) -> tuple[int, int, Decimal, Decimal, Decimal, int]:
        """Return won, lost, won amount, closing amounts of both, how many have none."""
        rows = [f for f in facts if f.closed and start <= f.closed <= end and f.reason not in self.no_loss]
        won, lost = ([f for f in rows if f.kind == kind] for kind in ("won", "lost"))
        closing = [
            sum((f.closing * f.rate for f in part if f.closing is not None and f.rate), Decimal(0))
            for part in (won, lost)
        ]
        missing = sum(not f.closing or f.rate is None for f in rows)
        return len(won), len(lost), sum((f.value or 0 for f in won), Decimal(0)), closing[0], closing[1], missing

    def cycle(self, facts: list[Fact], start: dt.date, end: dt.date) -> list[int]:
        return sorted(
            (f.closed - f.created).days
            for f in facts if f.kind == "won" and f.closed and start <= f.closed <= end and not f.unknown
        )  # fmt: skip

    def forecast(self, facts: list[Fact], day: dt.date) -> dict[tuple[str, str], tuple[int, Decimal]]:
        found: dict[Any, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
        for fact in facts:
            if fact.kind == "open":
                bucket = (
                    "none" if fact.expected is None else "slipped" if fact.expected < day else f"{fact.expected:%Y-%m}"
                )
                found[bucket, fact.category][0] += 1
                found[bucket, fact.category][1] += fact.value or 0
        return {key: (n, amount) for key, (n, amount) in found.items()}

    def change(self, before: list[Fact], after: list[Fact], since: dt.datetime) -> dict[str, tuple[int, Decimal]]:
        """Return how many deals by what became of them between two moments, and by how much that changed what is open."""
        then, now = ({fact.pk: fact for fact in facts} for facts in (before, after))
        found: dict[str, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
        for pk in then.keys() | now.keys():
            old, new = (facts[pk] if pk in facts and facts[pk].kind == "open" else None for facts in (then, now))
            if old is None and new is None:
                continue
            worth, worth_now = ((each.value or Decimal(0)) if each else Decimal(0) for each in (old, new))
            if old and new:
                name = "grew" if worth_now > worth else "shrank" if worth_now < worth else "same"
                if old.expected and new.expected and new.expected > old.expected:
                    found["slipped"][0] += 1
                    found["slipped"][1] += worth_now
            elif new:
                created = next(each for each in self.deals if each.pk == pk).created_at
                name = "created" if created > since else "entered"
            else:
                name = now[pk].kind if pk in now else "left"
            for bucket, worths in ((name, worth_now - worth), ("start", worth), ("end", worth_now)):
                if bucket == name or (old if bucket == "start" else new):
                    found[bucket][0] += 1
                    found[bucket][1] += worths
        return {key: (n, amount) for key, (n, amount) in found.items()}

    def _undone(self, changeset: Any, at: dt.datetime) -> bool:
        undos = [each for each in self.undos if each.undo_of_id == changeset]
        return bool(undos) and undos[0].recorded_at <= at and not self._undone(undos[-1].pk, at)

    def pushed(self, facts: list[Fact], start: dt.date, end: dt.date, at: dt.datetime) -> tuple[int, int, int]:
        """Return how many deals were put off, how often, and by how many days."""
        undos, days = {each.pk for each in self.undos}, defaultdict(list)
        for fact in facts:
            rows = sorted(
                (row for row in self.history[fact.pk] if row.pgh_created_at <= at),
                key=lambda row: (row.pgh_created_at, row.pgh_id),
            )
            for one, other in itertools.pairwise(rows):
                later = one.expected_close and other.expected_close and (other.expected_close - one.expected_close).days
                context = other.pgh_context_id
                if not later or later < 0 or not start <= self.day(other.pgh_created_at) <= end:
                    continue
                if context not in undos and not self._undone(context, at):
                    days[fact.pk].append(later)
        return len(days), sum(map(len, days.values())), sum(map(sum, days.values()))

    def _order(self, visit: Any, at: dt.datetime) -> int:
        kind = self.stages[visit.to_stage_id].kind_of
        if kind == "won":
            return 32767
        return nearest(self.stage_history[visit.to_stage_id], at).position if kind == "open" else -1

    def reached(
        self, facts: list[Fact], start: dt.date, end: dt.date, at: dt.datetime
    ) -> dict[tuple[str, int, str], int]:
        found: dict[Any, int] = defaultdict(int)
        for fact in facts:
            if start <= fact.created <= end and not fact.unknown:
                own = [self._order(v, at) for v in fact.visits if v.pipeline_id == fact.pipeline]
                if own:
                    found[str(fact.pipeline), max(own), fact.kind] += 1
        return dict(found)

    def conversion(
        self, facts: list[Fact], start: dt.date, end: dt.date, at: dt.datetime, *, strict: bool
    ) -> dict[tuple[str, int], int]:
        """Return how many deals by stage and what became of them (0 open, 1 moved on, 2 lost)."""
        found: dict[Any, int] = defaultdict(int)
        for fact in facts:
            visits = [v for v in fact.visits if v.pipeline_id == fact.pipeline]
            stages = [s for s in self.stages.values() if s.pipeline_id == fact.pipeline and s.kind_of == "open"]
            then = {s.pk: nearest(self.stage_history[s.pk], at) for s in stages}
            last = max((h.position for h in then.values() if h.archived_at is None), default=0)
            for stage in stages:
                position = then[stage.pk].position
                hits = [v for v in visits if (v.to_stage_id == stage.pk if strict else self._order(v, at) >= position)]
                if not hits:
                    continue
                first = hits[0]
                index = fact.visits.index(first)
                if index and fact.visits[index - 1].pipeline_id != fact.pipeline:
                    continue
                if not start <= self.day(first.at) <= end:
                    continue
                later = [v for v in visits if v.at >= first.at and self._order(v, at) > position]
                on = fact.kind == "won" if position >= last else bool(later)
                found[str(stage.pk), 1 if on else 2 if fact.kind == "lost" else 0] += 1
        return dict(found)

    def stays(
        self, facts: list[Fact], start: dt.date, end: dt.date, at: dt.datetime
    ) -> dict[str, tuple[int, int, float]]:
        """Return finished visits, running ones, and the days of the finished, by stage."""
        found: dict[str, list[Any]] = defaultdict(lambda: [0, 0, 0.0])
        for fact in facts:
            for index, visit in enumerate(fact.visits):
                if self.stages[visit.to_stage_id].kind_of != "open" or visit.pipeline_id != fact.pipeline:
                    continue
                if not start <= self.day(visit.at) <= end:
                    continue
                own = found[str(visit.to_stage_id)]
                if index + 1 < len(fact.visits):
                    own[0] += 1
                    own[2] += (fact.visits[index + 1].at - visit.at).total_seconds() / 86400
                else:
                    own[1] += 1
        return {key: tuple(value) for key, value in found.items()}  # type: ignore[misc]
