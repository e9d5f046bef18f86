"""What the overview asks: all its figures of deals in two statements, kept while nothing changes."""

import datetime as dt
from dataclasses import replace
from functools import cached_property
from typing import Any

from crm.kernel.workspace.models import Workspace
from crm.reports.asks import Ask
from crm.reports.kept import figures, stamp, stocks
from crm.reports.names import Names
from crm.reports.periods import DAY, months_between
from crm.reports.targets import Goal, goal_in, goals, rows_of
from crm.reports.targets import Row as TargetRow
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.conversion import FUNNEL
from deals.metrics.measure import Row, Stock, decimal
from deals.metrics.window import add_months, end_of_day

CURVE = 7  # month ends of a small curve, besides now


class Questions:
    """The figures behind one overview."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.names = Names(ask.actor)
        self.period, self.before = ask.period, ask.period.previous()
        self.past = self.before.beside(self.period)
        self.currency = Workspace.current().base_currency

    @cached_property
    def stamp(self) -> tuple[Any, ...]:
        """What changes with every write that could change a figure."""
        return stamp()

    @cached_property
    def targets(self) -> list[TargetRow]:
        """The targets of all months on the page."""
        return rows_of(self.ask, [*self.period.months, *self.chart_months])

    @cached_property
    def chart_months(self) -> list[dt.date]:
        """The months of the forecast: those of the period, with some on both sides of a short one."""
        months = self.period.months
        if len(months) >= 6:
            return months[:12]
        start = add_months(months[0], -1 if len(months) > 1 else -2)
        return months_between(start, add_months(start, 5))

    @cached_property
    def curve_months(self) -> list[dt.date]:
        """The months of the small curves, up to the period's end or today."""
        last = min(self.period.end, self.ask.today).replace(day=1)
        return [add_months(last, -back) for back in range(CURVE, -1, -1)]

    @cached_property
    def found(self) -> dict[str, list[Row]]:
        """All figures over deals as they stand at the asked moment."""
        months, curve = self.chart_months, self.curve_months
        extra = {
            "before_start": self.before.start,
            "before_end": self.before.end,
            "chart_start": months[0],
            "chart_end": add_months(months[-1], 1) - DAY,
            "curve_start": curve[0],
            "curve_end": add_months(curve[-1], 1) - DAY,
        }
        lost = n.DECIDED.among("f.kind = 'lost'")
        asked = {
            "open": n.PIPELINE,
            "decided": n.DECIDED,
            "won": n.WON,
            "cycle": n.CYCLE,
            "decided_before": n.DECIDED.during("before"),
            "cycle_before": n.CYCLE.during("before"),
            "decided_curve": n.DECIDED.during("curve").by(d.CLOSED_MONTH),
            "cycle_curve": n.CYCLE.during("curve").by(d.CLOSED_MONTH),
            "won_chart": n.WON.during("chart").by(d.CLOSED_MONTH),
            "forecast": n.FORECAST.by(d.CLOSE_BUCKET, d.CATEGORY),
            "people": n.DECIDED.by(d.OWNER),
            "people_won": n.WON.by(d.OWNER),
            "people_open": n.PIPELINE.by(d.OWNER),
            "reasons": lost.by(d.REASON),
            "funnel": FUNNEL,
        }
        return figures(replace(self.ask.window, extra=extra), asked, self.stamp)

    @cached_property
    def stocks(self) -> dict[dt.date, Stock]:
        """What stood open at the ends of months, and at the ends of both periods, as far as they have passed."""
        days = {add_months(month, 1) - DAY for month in self.curve_months} | {self.before.end, self.period.end}
        days = {day for day in days if day < self.ask.today}
        if self.period.end < Workspace.current().today():
            days.add(self.period.end)  # as of a day before it too: the tiles say what is told today
        moments = [end_of_day(day) for day in sorted(days)]
        return dict(zip(sorted(days), stocks(self.ask.window, moments, self.stamp), strict=True))

    def stock_at(self, day: dt.date) -> Stock:
        """Return what stood open at the end of a day, of today's: now."""
        if day >= self.ask.today:
            row = self.found["open"][0]
            return Stock(row["deals"], decimal(row["amount"]), decimal(row["weighted"]), row["no_rate"])
        return self.stocks[day]

    @cached_property
    def goal(self) -> Goal:
        """The target of the period."""
        return goal_in(self.period, self.goals)

    @cached_property
    def goals(self) -> dict[dt.date, Goal]:
        """The targets of all months on the page, for those whom the question is about."""
        return goals(self.ask, sorted({*self.period.months, *self.chart_months}), self.targets)
