"""Funnel, stage conversion and time in stage, from the stage visits that count (N3, N4).

A stage is *reached* when a deal comes to it or to a higher one of its pipeline; one that is skipped is reached at the
moment it is passed (lenient), or never (strict). Coming from another pipeline reaches nothing, and deals that have left
for another one are in neither conversion (P9).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .dimensions import OUTCOME, PIPELINE, Dimension
from .facts import COUNTED
from .measure import SUMS, Number, Row, decimal
from .survival import Incidence, aalen_johansen, kaplan_meier, median

HORIZON = 90
FEW = 10
WON_POSITION = 32_767
STILL_OPEN, MOVED_ON, LOST = 0, 1, 2

_CREATED = "f.created_on BETWEEN %(start)s::date AND %(end)s::date AND NOT f.created_unknown"
# How far each deal ever came in its present pipeline; won is beyond all stages, lost and unknown before them.
# Asked of the visits of the deals that were created in the period alone.
_REACHED = f"""(SELECT v.deal_id, v.pipeline_id,
    max(CASE s.kind_of WHEN 'won' THEN {WON_POSITION} WHEN 'open' THEN s.position ELSE -1 END) AS position
    FROM facts f JOIN deals_stagechange v ON v.deal_id = f.id JOIN stages s ON s.id = v.to_stage_id
    WHERE {_CREATED} AND {COUNTED} GROUP BY 1, 2)"""
REACHED = Dimension("reached", _("Reached"), "r.position", "int")
REACHED_FROM = Dimension("reached_from", _("Reached"), "r.position", "int", ">=")
FUNNEL = Number(
    "funnel",
    _("Funnel"),
    "N3",
    _(
        "Deals created in the period, and how many of them reached each stage or a higher one; the last bar is those that "
        "stand won. Deals that were lost stay in the bars that they had reached."
    ),
    _CREATED,
    dimensions=(PIPELINE, REACHED, OUTCOME),
    source=f"facts f JOIN {_REACHED} r ON r.deal_id = f.id AND r.pipeline_id = f.pipeline_id",
)


# The first visit that reaches each stage, of the deals that moved in the period. Coming from another pipeline is none.
_FIRST = """SELECT v.deal_id, s.id AS stage_id, s.position, s.last, min(v.at) AS at
    FROM visits v
    JOIN facts f ON f.id = v.deal_id AND f.pipeline_id = v.pipeline_id
    JOIN (SELECT t.*, t.position >= max(t.position) FILTER (WHERE t.archived_at IS NULL)
            OVER (PARTITION BY t.pipeline_id) AS last
        FROM stages t WHERE t.kind_of = 'open') s ON s.pipeline_id = v.pipeline_id
    WHERE {reaches} AND v.deal_id IN (
        SELECT w.deal_id FROM visits w
        WHERE (w.at AT TIME ZONE %(zone)s)::date BETWEEN %(start)s::date AND %(end)s::date)
    GROUP BY 1, 2, 3, 4
    HAVING min(v.at) FILTER (WHERE v.from_pipeline_id IS NULL OR v.from_pipeline_id = v.pipeline_id) = min(v.at)"""
# With the outcome: moved on to a higher stage, lost, or still open. After the last stage there is only a win that stands.
_ENTRIES = f"""(SELECT y.deal_id, y.stage_id, y.at, y.outcome, extract(epoch FROM y.ended - y.at) / 86400.0 AS days
FROM (
    SELECT x.*, CASE WHEN x.on_at IS NOT NULL THEN {MOVED_ON} WHEN x.kind = 'lost' THEN {LOST} ELSE {STILL_OPEN} END
        AS outcome, COALESCE(x.on_at, CASE WHEN x.kind = 'lost' THEN x.lost_at END, %(at)s) AS ended
    FROM (
        SELECT e.deal_id, e.stage_id, e.at, d.kind, max(v.at) FILTER (WHERE v.kind = 'lost') AS lost_at,
            CASE WHEN NOT e.last THEN min(v.at) FILTER (
                WHERE v.at >= e.at AND (v.kind = 'won' OR v.kind = 'open' AND v.position > e.position))
            WHEN d.kind = 'won' THEN max(v.at) FILTER (WHERE v.kind = 'won') END AS on_at
        FROM ({_FIRST}) e
        JOIN facts d ON d.id = e.deal_id
        JOIN visits v ON v.deal_id = d.id AND v.pipeline_id = d.pipeline_id
        GROUP BY e.deal_id, e.stage_id, e.at, e.last, d.kind
    ) x
) y
WHERE (y.at AT TIME ZONE %(zone)s)::date BETWEEN %(start)s::date AND %(end)s::date)"""
LENIENT = "(v.kind = 'won' OR v.kind = 'open' AND v.position >= s.position)"
STRICT = "v.stage_id = s.id"
ENTERED = Dimension("entered", _("Stage"), "e.stage_id", "uuid")
BECAME = Dimension("became", _("What became of it"), "e.outcome", "int")
CONVERSION_WORDS = _(
    "Deals that first reached the stage, or a higher one, in the period: how many moved on, were lost, are still open. "
    "The share within the horizon counts deals that are still open as such (Aalen-Johansen with competing risks) and "
    "has a 90 % interval. Deals that changed their pipeline are in neither."
)


def conversion(*, strict: bool = False) -> Number:
    """Return the number of deals by stage and by what became of them; `strict` counts real visits only (N3)."""
    entries = _ENTRIES.replace("{reaches}", STRICT if strict else LENIENT)
    return Number(
        "conversion_strict" if strict else "conversion",
        _("Stage conversion"),
        "N3",
        CONVERSION_WORDS,
        "true",
        sums=(*SUMS, ("days", "array_agg(e.days)")),
        dimensions=(ENTERED, BECAME),
        source=f"facts f JOIN {entries} e ON e.deal_id = f.id",
    )


_STAYS = """(SELECT v.deal_id, v.stage_id, v.next_at IS NULL AS running,
    extract(epoch FROM COALESCE(v.next_at, %(at)s) - v.at) / 86400.0 AS days
    FROM visits v JOIN facts g ON g.id = v.deal_id AND g.pipeline_id = v.pipeline_id
    WHERE v.kind = 'open' AND (v.at AT TIME ZONE %(zone)s)::date BETWEEN %(start)s::date AND %(end)s::date)"""
STAYED = Dimension("stayed", _("Stage"), "e.stage_id", "uuid")
RUNNING = Dimension("running", _("Still there"), "e.running", "boolean")
STAYS = Number(
    "stays",
    _("Time in stage"),
    "N4",
    _(
        "Days in the stage, of the visits that began in the period: the mean of the finished ones, and the median with "
        "running ones taken into account (Kaplan-Meier), \u201c\u2013\u201d while fewer than half have ended. Running "
        "ones stand apart."
    ),
    "true",
    sums=(("visits", "count(*)"), ("deals", "count(DISTINCT f.id)"), ("days", "array_agg(e.days)")),
    dimensions=(STAYED, RUNNING),
    source=f"facts f JOIN {_STAYS} e ON e.deal_id = f.id",
)


@dataclass(slots=True)
class StageConversion:
    """What became of the deals that reached a stage (N3). Shares lie between 0 and 1; None without a deal."""

    moved_on: int = 0
    lost: int = 0
    still_open: int = 0
    incidence: Incidence | None = None
    horizon: int = HORIZON

    @property
    def reached(self) -> int:
        """How many deals reached it."""
        return self.moved_on + self.lost + self.still_open

    @property
    def decided(self) -> int:
        """How many of them have moved on or were lost."""
        return self.moved_on + self.lost

    @property
    def few(self) -> bool:
        """True under ten decided deals: shown in grey."""
        return self.decided < FEW

    @property
    def of_all(self) -> Decimal | None:
        """The raw share of all that reached it."""
        return Decimal(self.moved_on) / self.reached if self.reached else None

    @property
    def of_decided(self) -> Decimal | None:
        """The raw share of the decided."""
        return Decimal(self.moved_on) / self.decided if self.decided else None

    @property
    def biased(self) -> bool:
        """True while over a tenth is open: then raw shares mislead."""
        return self.still_open * 10 > self.reached

    @property
    def share(self) -> float | None:
        """The share that moves on within the horizon."""
        return self.incidence.share(MOVED_ON, self.horizon) if self.incidence else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 90 % interval of that share."""
        return self.incidence.interval(MOVED_ON, self.horizon) if self.incidence else None


def conversions(rows: Iterable[Row], horizon: int = HORIZON) -> dict[str, StageConversion]:
    """Return the conversion of each stage, by its id as text, from rows of `conversion()`."""
    times: dict[str, list[float]] = defaultdict(list)
    causes: dict[str, list[int]] = defaultdict(list)
    found: dict[str, StageConversion] = defaultdict(StageConversion)
    for row in rows:
        stage, outcome = row["entered"], row["became"]
        name = {STILL_OPEN: "still_open", MOVED_ON: "moved_on", LOST: "lost"}[outcome]
        setattr(found[stage], name, row["deals"])
        times[stage] += [float(each) for each in row["days"]]
        causes[stage] += [outcome] * row["deals"]
    for stage, each in found.items():
        each.horizon = horizon
        each.incidence = aalen_johansen([0.0] * len(times[stage]), times[stage], causes[stage], horizon)
    return dict(found)


@dataclass(slots=True)
class Stay:
    """How long deals stay in a stage, in days (N4)."""

    finished: int = 0
    running: int = 0
    mean: float | None = None
    median: float | None = None
    running_mean: float | None = None


def stays(rows: Iterable[Row]) -> dict[str, Stay]:
    """Return the time in each stage, by its id as text, from rows of `STAYS`."""
    done: dict[str, list[float]] = defaultdict(list)
    going: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        (going if row["running"] else done)[row["stayed"]] += [float(each) for each in row["days"]]
    found = {}
    for stage in done.keys() | going.keys():
        over, still = done[stage], going[stage]
        curve = kaplan_meier([0.0] * (len(over) + len(still)), over + still, [1] * len(over) + [0] * len(still))
        found[stage] = Stay(
            len(over),
            len(still),
            sum(over) / len(over) if over else None,
            median(curve),
            sum(still) / len(still) if still else None,
        )
    return found


@dataclass(slots=True)
class Bar:
    """One bar of the funnel: deals that came at least so far, and the sum of their amounts."""

    deals: int = 0
    amount: Decimal = Decimal(0)


def funnel(rows: Iterable[Row], positions: Mapping[UUID, int]) -> tuple[dict[UUID, Bar], Bar, Bar]:
    """Return the bars by stage, the one of deals that stand won, and the whole cohort (N3).

    `positions` are the open stages of one pipeline; rows of others must not be among `rows`.
    """
    bars = {stage: Bar() for stage in positions}
    won, cohort = Bar(), Bar()
    for row in rows:
        amount = decimal(row["amount"])
        reached = [bars[stage] for stage, position in positions.items() if row["reached"] >= position]
        for bar in [*reached, cohort, *([won] if row["outcome"] == "won" else [])]:
            bar.deals += row["deals"]
            bar.amount += amount
    return bars, won, cohort
