"""Frozen forecasts held against what came, at equal lead: bias, WAPE, how often intervals held it; restatements beside.

A deal of the frozen forecast counts for its owner and team at the freeze, any other for those credited at its close.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.kernel.core.scopes import Scope
from crm.kernel.users.models import User
from deals.metrics.measure import Question, decimal, measure, won_by_ends
from deals.metrics.numbers import WON
from deals.metrics.window import Window, add_months, end_of_day
from deals.models import FrozenDeal, FrozenOutlook

DAY = dt.timedelta(days=1)
EVERYBODY, TEAM, OWNER = "all", "team", "owner"
WON_DEALS = Question(
    f"SELECT f.id, f.credited_id AS owner, f.team_id AS team, f.value, f.closed_on FROM facts f WHERE {WON.condition}"
)


@dataclass(frozen=True, slots=True)
class Held:
    """Frozen forecasts of one group and lead: how many, foretold, came, and the measures; None where not computable."""

    group: UUID | None
    weeks: int
    forecasts: int
    late: int
    foretold: Decimal
    came: Decimal
    missed: Decimal  # the sum of absolute errors
    intervals: int
    hits: int

    @property
    def bias(self) -> Decimal | None:
        """By which share of what came more was foretold."""
        return (self.foretold - self.came) / self.came if self.came else None

    @property
    def wape(self) -> Decimal | None:
        """The sum of absolute errors as a share of what came."""
        return self.missed / self.came if self.came else None

    @property
    def hit_rate(self) -> Decimal | None:
        """The share of 80 % intervals that held what came."""
        return Decimal(self.hits) / self.intervals if self.intervals else None


def _visible(outlooks: Iterable[FrozenOutlook], scope: Scope) -> list[FrozenOutlook]:
    """Leave out groups whose deals the viewer may not all see (U3)."""
    if scope.owners is None:
        return list(outlooks)
    members: dict[UUID, set[UUID]] = defaultdict(set)
    for pk, team in User.objects.filter(team__isnull=False).values_list("pk", "team_id"):
        members[team].add(pk)
    return [
        each
        for each in outlooks
        if (each.owner_id is not None and each.owner_id in scope.owners)
        or (each.team_id is not None and members[each.team_id] and members[each.team_id] <= scope.owners)
    ]


def held(
    scope: Scope, by: str, start: dt.date, end: dt.date, today: dt.date, at: dt.datetime | None = None
) -> list[Held]:
    """Return how the forecasts of the months between two days, which are over, did; by group and weeks of lead.

    With `at`, the end of a past `today`, as it stood then: what was frozen by then, against what stood won then (N8).
    """
    rows = FrozenOutlook.objects.filter(month__gte=start.replace(day=1), month__lte=end, month__lt=today.replace(day=1))
    rows = rows.filter(owner__isnull=by != OWNER, team__isnull=by != TEAM).select_related("forecast")
    outlooks = _visible(rows.order_by("month", "forecast__monday"), scope)
    came = _won({each.month for each in outlooks}, at)
    frozen = _owners_then({each.forecast_id for each in outlooks}, {row["id"] for won in came.values() for row in won})
    groups: dict[tuple[UUID | None, int], list[tuple[FrozenOutlook, Decimal]]] = defaultdict(list)
    for each in outlooks:
        weeks = (add_months(each.month, 1) - each.forecast.monday).days // 7
        group = each.owner_id or each.team_id
        actual = Decimal(0)
        for row in came[each.month]:
            then = frozen.get((each.forecast_id, row["id"]), (row["owner"], row["team"]))
            if by == EVERYBODY or str(group) == then[0 if by == OWNER else 1]:
                actual += decimal(row["value"])
        groups[group, weeks].append((each, actual))
    return [_summed(group, weeks, pairs) for (group, weeks), pairs in groups.items()]


def _summed(group: UUID | None, weeks: int, pairs: list[tuple[FrozenOutlook, Decimal]]) -> Held:
    known = [(each.low, came, each.high) for each, came in pairs if each.low is not None and each.high is not None]
    return Held(
        group=group,
        weeks=weeks,
        forecasts=len(pairs),
        late=sum(each.forecast.late for each, _came in pairs),
        foretold=sum((each.mean for each, _came in pairs), Decimal(0)),
        came=sum((came for _each, came in pairs), Decimal(0)),
        missed=sum((abs(each.mean - came) for each, came in pairs), Decimal(0)),
        intervals=len(known),
        hits=sum(low <= came <= high for low, came, high in known),
    )


def _won(months: Collection[dt.date], at: dt.datetime | None) -> dict[dt.date, list[dict[str, Any]]]:
    """Return the deals that stand won, or stood at a moment, by their month of close."""
    found: dict[dt.date, list[dict[str, Any]]] = {month: [] for month in months}
    if not months:
        return found
    window = Window(min(months), add_months(max(months), 1) - DAY, as_of=at)
    for row in measure(window, {"won": WON_DEALS})["won"]:
        month = dt.date.fromisoformat(row["closed_on"]).replace(day=1)
        if month in found:
            found[month].append(row)
    return found


def _owners_then(forecasts: set[UUID], deals: set[str]) -> dict[tuple[UUID, str], tuple[str, str | None]]:
    """Return the owner and team of deals at the freeze, by forecast and deal."""
    rows = FrozenDeal.objects.filter(forecast__in=forecasts, deal_id__in=deals)
    return {
        (forecast, str(deal)): (str(owner), str(team) if team else None)
        for forecast, deal, owner, team in rows.values_list("forecast_id", "deal_id", "owner_id", "team_id")
    }


def restated(
    start: dt.date, end: dt.date, today: dt.date, at: dt.datetime | None = None
) -> list[tuple[dt.date, Decimal, Decimal]]:
    """Return (month, won as it stood at the month's end, won as it stands now) where the two differ (P4, R8).

    With `at`, the end of a past `today`, "now" is then. Two statements for all months.
    """
    months, month = [], start.replace(day=1)
    while month <= end and month < today.replace(day=1):
        months.append(month)
        month = add_months(month, 1)
    now = _won(months, at)
    ends = [end_of_day(add_months(each, 1) - DAY) for each in months]
    pairs = zip(months, won_by_ends(Window.always(), ends), strict=True)
    sums = ((each, then, sum((decimal(row["value"]) for row in now[each]), Decimal(0))) for each, then in pairs)
    return [each for each in sums if each[1] != each[2]]
