"""Brings the arrays of a `Ledger` from the database: five statements, whatever is asked of it afterwards."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from crm.kernel.core.scopes import EVERYTHING, Scope
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Pipeline, Stage

from .configured import configured
from .learning import selection
from .ledger import Ledger
from .stays import LOST, OPEN_CAUSE, WON, Floats, Ints, Visits

DAY = 86400.0
FOR_EVER = 1e9
CHUNK = 10_000  # rows
Kind = Callable[[Sequence[Any]], np.ndarray]
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
    """A ledger with what is behind its numbers. `ledger` is over all deals; `of` narrows it.

    `people` and `groups` are owners and teams, whose places there the arrays hold: `reach` by deal, its present owner
    (present rights apply, N8), `owners` and `teams` by visit, `record_owners` and `record_teams` by record.
    """

    ledger: Ledger
    deals: list[UUID]
    pipelines: list[Pipeline]
    stages: list[list[Stage]]
    people: list[UUID]
    groups: list[UUID | None]
    reach: Ints
    owners: Ints
    teams: Ints
    record_owners: Ints
    record_teams: Ints
    selected: list[Selected] = field(default_factory=list)

    def of(self, choice: Choice) -> Ledger:
        """Return the ledger of the wanted deals of a choice; what was learned is shared (it is from all deals)."""
        ledger = self.ledger
        seen = np.array([choice.scope.covers(each) for each in self.people], bool)[self.reach]
        people = np.array([not choice.people or each in choice.people for each in self.people], bool)
        groups = np.array([not choice.teams or each in choice.teams for each in self.groups], bool)
        pipelines = np.array([not choice.pipelines or each.pk in choice.pipelines for each in self.pipelines], bool)
        wanted = seen[ledger.visits.deal] & pipelines[ledger.visits.pipeline] & people[self.owners] & groups[self.teams]
        opened = seen[ledger.worth_deal] & people[self.record_owners] & groups[self.record_teams]
        return ledger.narrowed(wanted, opened, None if pipelines.all() else pipelines)


def _columns(statement: str, kinds: Sequence[Kind]) -> list[np.ndarray]:
    """Return the columns of a statement as arrays; rows stand in memory some thousands at a time."""
    parts: list[list[np.ndarray]] = [[] for _kind in kinds]
    with connection.cursor() as cursor:
        cursor.execute(statement, {"zone": Workspace.current().timezone})
        while rows := cursor.fetchmany(CHUNK):
            for part, kind, column in zip(parts, kinds, zip(*rows, strict=True), strict=True):
                part.append(kind(column))
    return [np.concatenate(part) if part else kind(()) for part, kind in zip(parts, kinds, strict=True)]


def _numbers(values: Sequence[Any]) -> np.ndarray:
    return np.array([np.nan if each is None else float(each) for each in values], float)


def _flags(values: Sequence[Any]) -> np.ndarray:
    return np.array(values, bool)


def _texts(values: Sequence[Any]) -> np.ndarray:
    return np.array(values, object)


def _places(places: Mapping[Any, int]) -> Kind:
    """Return what gives the place of each value."""
    return lambda values: np.array([places[each] for each in values], np.int64)


def _met(places: dict[Any, int]) -> Kind:
    """Return what gives the place of each value, a new one for a value that was not met before."""
    return lambda values: np.array([places.setdefault(each, len(places)) for each in values], np.int64)


def load() -> Book:
    """Load all deals, their visits and what they were worth, as they are on record now."""
    deals: dict[UUID, int] = {}
    people: dict[UUID, int] = {}
    groups: dict[UUID | None, int] = {}
    codes: dict[str, int] = {}
    pipelines = list(Pipeline.objects.order_by("position", "name"))
    stages, rank = _stages(pipelines)
    number = {each.pk: index for index, each in enumerate(pipelines)}
    _deal, created, unknown, gone, origins, reach, business, recorded = _columns(
        DEALS, (_met(deals), _numbers, _flags, _numbers, _texts, _met(people), _numbers, _numbers)
    )
    deal, pipeline, ranks, at, undone, way_back, owners, teams, stated, running = _columns(
        VISITS,
        (
            _places(deals), _places(number), _places(rank), _numbers, _numbers, _flags, _met(people), _met(groups),
            _numbers, _flags,
        ),
    )  # fmt: skip
    created[unknown] = np.nan
    visits = Visits(deal, pipeline, ranks, at, undone, way_back, created, np.nan_to_num(gone, nan=np.inf))
    # The running visit of a closed deal has its business date (P4); an earlier close that of its record.
    own = business[deal]
    closed = np.where(running & np.isfinite(own), own, at)
    worth_deal, worth_at, worth, currency, record_owners, record_teams = _columns(
        RECORDS, (_places(deals), _numbers, _numbers, _met(codes), _met(people), _met(groups))
    )
    ledger = Ledger(
        visits,
        [[stage.probability / 100 for stage in row] for row in stages],
        worth_deal,
        worth_at,
        worth,
        closed=closed,
        wanted=np.ones(len(at), bool),
        stated=stated / 100,
        learnable=np.ones(len(deals), bool),
        currency=currency,
        rates=[_rates(each) for each in codes],
        settings=[
            (days_of(at), [[known.get(stage.pk, stage.probability) / 100 for stage in row] for row in stages])
            for at, known in configured()
        ],
    )
    return Book(
        ledger, list(deals), pipelines, stages, list(people), list(groups), reach, owners, teams, record_owners,
        record_teams, _select(ledger, origins, recorded, pipelines),
    )  # fmt: skip


def _stages(pipelines: list[Pipeline]) -> tuple[list[list[Stage]], dict[UUID, int]]:
    """Return the open stages of each pipeline in order, and the rank of every stage."""
    everything = list(Stage.objects.order_by("pipeline_id", "position"))
    stages = [[s for s in everything if s.pipeline_id == each.pk and s.is_open] for each in pipelines]
    rank = {stage.pk: index for row in stages for index, stage in enumerate(row)}
    return stages, rank | {s.pk: WON if s.is_won else LOST for s in everything if not s.is_open}


def _rates(currency: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rates of a currency with the instants from which they hold."""
    if currency == Workspace.current().base_currency:
        return np.array([-np.inf]), np.ones(1)
    table = sorted(ExchangeRate.table().get(currency, []))
    return np.array([start_of(day) for day, _rate in table]), np.array([float(rate) for _day, rate in table])


def _select(ledger: Ledger, origins: np.ndarray, recorded: Floats, pipelines: list[Pipeline]) -> list[Selected]:
    """Mark the deals of histories that were selected by their outcome as not learnable, and return which they are."""
    if not len(origins):
        return []
    found = ledger.stays(FOR_EVER)
    found = found.where(found.current)
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
