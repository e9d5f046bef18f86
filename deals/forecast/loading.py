"""Brings the arrays of a `Ledger` from the database: four statements, whatever is asked of it afterwards."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from crm.kernel.core.scopes import EVERYTHING, Scope
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Pipeline, Stage

from .learning import selection
from .ledger import Ledger
from .stays import LOST, OPEN_CAUSE, WON, Flags, Visits

DAY = 86400.0
FOR_EVER = 1e9
UTC_DAYS = "extract(epoch FROM {})::float8 / 86400"
DEALS = f"""
SELECT d.id, {UTC_DAYS.format("d.created_at")}, d.created_unknown, {UTC_DAYS.format("d.binned_at")}, d.import_source,
    d.owner_id, {UTC_DAYS.format("(d.closed_on + time '12:00') AT TIME ZONE %(zone)s")},
    CASE WHEN d.import_source <> '' THEN (SELECT {UTC_DAYS.format("h.recorded_at")} FROM deals_dealhistory h
        WHERE h.pgh_obj_id = d.id ORDER BY h.pgh_id LIMIT 1) END
FROM deals_deal d ORDER BY d.id
"""
VISITS = f"""
SELECT v.deal_id, v.pipeline_id, v.to_stage_id, {UTC_DAYS.format("v.at")}, {UTC_DAYS.format("v.undone_at")},
    v.undoes_id IS NOT NULL, v.owner_id, v.team_id, v.probability, v.until IS NULL
FROM deals_stagechange v ORDER BY v.deal_id, v.at
"""
# What a deal was worth and whose it was: one row for each change of it.
RECORDS = f"""
SELECT id, {UTC_DAYS.format("at")}, amount, currency, owner_id, team_id FROM (
    SELECT h.pgh_obj_id AS id, h.pgh_created_at AS at, h.amount, h.currency, h.owner_id, u.team_id, h.pgh_id,
        row_number() OVER w AS place,
        (h.amount, h.currency, h.owner_id) IS DISTINCT FROM
            (lag(h.amount) OVER w, lag(h.currency) OVER w, lag(h.owner_id) OVER w) AS changed
    FROM deals_dealhistory h JOIN deals_deal d ON d.id = h.pgh_obj_id JOIN users_user u ON u.id = h.owner_id
    WINDOW w AS (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_created_at, h.pgh_id)
) r WHERE place = 1 OR changed ORDER BY id, at, pgh_id
"""


def days_of(at: dt.datetime) -> float:
    """Return an instant as the days that arrays hold."""
    return at.timestamp() / DAY


def start_of(day: dt.date) -> float:
    """Return the first instant of a day in the workspace's zone (N7), in days."""
    return days_of(dt.datetime.combine(day, dt.time(), tzinfo=Workspace.current().zone))


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose deals a forecast is about: the reach of who asks, pipelines, teams (with those below), people."""

    scope: Scope = EVERYTHING
    pipelines: tuple[UUID, ...] = ()
    teams: tuple[UUID, ...] = ()
    people: tuple[UUID, ...] = ()

    @property
    def words(self) -> tuple[Any, ...]:
        """Return what tells one choice from another, the same for everybody who may see the same deals (N7)."""
        reach = None if self.scope.owners is None else sorted(map(str, self.scope.owners))
        return reach, *(sorted(map(str, each)) for each in (self.pipelines, self.teams, self.people))


@dataclass(frozen=True, slots=True)
class Selected:
    """A history that was selected by its outcome: the pipeline, the source of import, which kind, how many deals."""

    pipeline: UUID
    origin: str
    kind: str
    deals: int


@dataclass
class Book:
    """A ledger with the ids behind its numbers. `ledger` is over all deals; `of` narrows it."""

    ledger: Ledger
    deals: list[UUID]
    reach: list[UUID]  # by deal, the present owner: present rights apply (N8)
    pipelines: list[Pipeline]
    stages: list[list[Stage]]
    owners: Sequence[UUID]
    teams: Sequence[UUID | None]
    record_owners: Sequence[UUID]
    record_teams: Sequence[UUID | None]
    selected: list[Selected]

    def of(self, choice: Choice) -> Ledger:
        """Return the ledger with the wanted deals of a choice; what was learned is shared (it is from all deals)."""
        ledger = self.ledger
        seen = np.array([choice.scope.covers(each) for each in self.reach], bool)
        wanted_pipelines = [not choice.pipelines or each.pk in choice.pipelines for each in self.pipelines]
        inside = (
            np.array(wanted_pipelines, bool)[ledger.visits.pipeline] if len(ledger.visits.deal) else np.array([], bool)
        )
        wanted = seen[ledger.visits.deal] & inside & _wanted(choice, self.owners, self.teams)
        opened = seen[ledger.worth_deal] & _wanted(choice, self.record_owners, self.record_teams)
        narrowed = replace(ledger, wanted=wanted, wanted_open=opened)
        narrowed.inside = None if all(wanted_pipelines) else np.array(wanted_pipelines, bool)
        return narrowed


def _wanted(choice: Choice, owners: Sequence[UUID], teams: Sequence[UUID | None]) -> Flags:
    """Return which owners and teams a choice wants."""
    people, groups = set(choice.people), set(choice.teams)
    found = [
        (not people or owner in people) and (not groups or team in groups)
        for owner, team in zip(owners, teams, strict=True)
    ]
    return np.array(found, bool)


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"zone": Workspace.current().timezone})
        return list(cursor.fetchall())


def _numbers(values: Sequence[Any], of: Callable[[Any], Any] = float) -> np.ndarray:
    return np.array([np.nan if each is None else of(each) for each in values], float)


def load() -> Book:
    """Load all deals, their visits and what they were worth, as they are on record now."""
    rows = _rows(DEALS)
    deals = [row[0] for row in rows]
    place = {pk: index for index, pk in enumerate(deals)}
    pipelines = list(Pipeline.objects.order_by("position", "name"))
    all_stages = list(Stage.objects.order_by("pipeline_id", "position"))
    stages = [[s for s in all_stages if s.pipeline_id == each.pk and s.is_open] for each in pipelines]
    rank = {stage.pk: index for row in stages for index, stage in enumerate(row)}
    rank |= {s.pk: WON if s.is_won else LOST for s in all_stages if not s.is_open}
    moves = _rows(VISITS)
    columns = list(zip(*moves, strict=True)) or [()] * 10
    number = {each.pk: index for index, each in enumerate(pipelines)}
    at = _numbers(columns[3])
    created = _numbers([None if row[2] else row[1] for row in rows])
    gone = np.nan_to_num(_numbers([row[3] for row in rows]), nan=np.inf)
    visits = Visits(
        np.array([place[pk] for pk in columns[0]], np.int64),
        np.array([number[pk] for pk in columns[1]], np.int64),
        np.array([rank[pk] for pk in columns[2]], np.int64),
        at,
        _numbers(columns[4]),
        np.array(columns[5], bool),
        created,
        gone,
    )
    closed = at.copy()
    business = _numbers([row[6] for row in rows])
    running = np.array(columns[9], bool)
    if len(at):  # the running visit of a closed deal has its business date (P4); an earlier close that of its record
        own = business[visits.deal]
        closed = np.where(running & np.isfinite(own), own, at)
    records = list(zip(*_rows(RECORDS), strict=True)) or [()] * 6
    codes = sorted(set(records[3]))
    ledger = Ledger(
        visits,
        [[stage.probability / 100 for stage in row] for row in stages],
        np.array([place[pk] for pk in records[0]], np.int64),
        _numbers(records[1]),
        _numbers(records[2]),
        closed=closed,
        wanted=np.ones(len(at), bool),
        stated=_numbers(columns[8]) / 100,
        learnable=np.ones(len(deals), bool),
        currency=np.array([codes.index(each) for each in records[3]], np.int64),
        rates=[_rates(each) for each in codes],
    )
    selected = _select(ledger, rows, pipelines)
    return Book(
        ledger,
        deals,
        [row[5] for row in rows],
        pipelines,
        stages,
        columns[6],
        columns[7],
        records[4],
        records[5],
        selected,
    )


def _rates(currency: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rates of a currency with the instants from which they hold."""
    if currency == Workspace.current().base_currency:
        return np.array([-np.inf]), np.ones(1)
    table = sorted(ExchangeRate.table().get(currency, []))
    return np.array([start_of(day) for day, _rate in table]), np.array([float(rate) for _day, rate in table])


def _select(ledger: Ledger, rows: list[tuple[Any, ...]], pipelines: list[Pipeline]) -> list[Selected]:
    """Mark the deals of histories that were selected by their outcome as not learnable, and return which they are."""
    if not rows:
        return []
    found = ledger.stays(FOR_EVER)
    found = found.where(found.current)
    origins = np.array([row[4] for row in rows])
    recorded = _numbers([row[7] for row in rows])
    # Whatever was not imported was on record before its close; of imports only what was closed later was.
    seen = (found.cause == OPEN_CAUSE) | ~np.isfinite(recorded[found.deal]) | (found.end > recorded[found.deal])
    result = []
    for pipeline, row in enumerate(pipelines):
        for origin in sorted(set(origins)):
            own = (found.pipeline == pipeline) & (origins[found.deal] == origin)
            if kind := selection(found.cause[own], seen[own]):
                ledger.learnable[found.deal[own]] = False
                result.append(Selected(row.pk, str(origin), kind, int(own.sum())))
    ledger._stays.clear()
    return result
