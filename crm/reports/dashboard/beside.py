"""Beside the overview as of a past day: what the same question is told today (N8)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.reports.kept import figures
from crm.reports.tables import percent, rounded, written
from crm.reports.targets import Row as TargetRow
from crm.reports.targets import pace, rows_of
from deals.metrics import numbers as n
from deals.metrics.measure import Row, Stock, decimal

from .questions import Questions
from .tiles import Kpi

Values = Mapping[str, Decimal | None]
KINDS = {"win_rate": "percent", "cycle": "days"}  # all others are money
LESS_IS_GOOD = ("cycle",)


class Today(Questions):
    """The question of an overview as of a past day, asked today, of its top figures alone."""

    def __init__(self, then: Questions) -> None:
        super().__init__(replace(then.ask, as_of=None))
        self.names, self.then = then.names, then
        self.stamp = then.stamp

    @cached_property
    def targets(self) -> list[TargetRow]:
        """The targets of the period's months."""
        return rows_of(self.ask, self.period.months)

    @cached_property
    def found(self) -> dict[str, list[Row]]:
        """The figures of the tiles."""
        asked = {"open": n.PIPELINE, "decided": n.DECIDED, "won": n.WON, "cycle": n.CYCLE}
        return figures(self.ask.window, asked, self.stamp)

    @property
    def stocks(self) -> dict[Any, Stock]:
        """What stood open at the end of the period, which the page has asked for."""
        return self.then.stocks


def values_of(q: Questions, still: Stock) -> Values:
    """Return the figures of the tiles, and the target; `still` is what stands open."""
    decided, cycle, won = (q.found[name][0] for name in ("decided", "cycle", "won"))
    amount = decimal(won["amount"])
    days = {name: None if cycle[name] is None else decimal(cycle[name]) for name in ("median", "mean")}
    return {
        "pipeline": still.amount,
        "weighted": still.weighted,
        "won": amount,
        "deals": Decimal(won["deals"]),
        "target": q.goal.amount,
        "pace": pace(amount, q.goal.amount, q.period, q.ask.today),
        "win_rate": n.win_rate(decided).by_count,
        "velocity": n.velocity(q.stock_at(q.period.end).deals, decided, cycle).value,
        "cycle": days["median"],
        "mean": days["mean"],
    }


@dataclass(frozen=True, slots=True)
class Since:
    """A figure of today beside the one of then, and how they differ (nothing where one is not known)."""

    label: str
    now: str
    change: str = ""
    moved: bool = False
    up: bool = True
    good: bool = True


def since(key: str, label: str, then: Decimal | None, now: Decimal | None, currency: str) -> Since:
    """Return a figure of today beside the one of then."""
    kind = KINDS.get(key, "money")
    shown = _in_words(now, kind, currency)
    if then is None or now is None:
        return Since(label, shown)
    size = abs(now - then)
    change = _("%(n)s pts") % {"n": rounded(size * 100, 0)} if kind == "percent" else _in_words(size, kind, currency)
    up = now >= then
    return Since(label, shown, change if size else _("as then"), bool(size), up, up != (key in LESS_IS_GOOD))


def _in_words(value: Decimal | None, kind: str, currency: str) -> str:
    if kind == "percent":
        return percent(value, 0)
    if kind == "days":
        return written(value, "days") if value is None else _("%(n)s days") % {"n": written(value, "days")}
    return formats.money_short(value, currency) if value is not None else written(None, "money")


def tell_today(tiles: list[Kpi], then: Values, now: Values, currency: str) -> None:
    """Fill in beside each tile what its figure is today, and with won the target."""
    for kpi in tiles:
        kpi.since = [since(kpi.key, _("Today"), then[kpi.key], now[kpi.key], currency)]
        if kpi.key == "won" and (then["target"] is not None or now["target"] is not None):
            goal = since("target", _("Target today"), then["target"], now["target"], currency)
            same = goal.change and not goal.moved
            kpi.since.append(replace(goal, label=_("Target as then"), now="", change="") if same else goal)
