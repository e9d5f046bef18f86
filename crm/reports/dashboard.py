"""The overview: the figures that a manager looks at first, against the period before, with their curves."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from activities.metrics import Done, done_by
from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.conversion import FUNNEL
from deals.metrics.measure import Row, Stock, decimal
from deals.metrics.window import add_months, end_of_day

from .asks import Ask
from .charts import Bars, Columns, Heat, Part, Pillar, Spark, share_of
from .kept import figures, kept, stamp, stocks
from .names import Names
from .periods import DAY, months_between
from .reports.conversion import funnel_chart
from .tables import NOTHING, no_rate_note, percent, rounded, written
from .targets import Goal, goal_of, goals, goals_of_people, pace, rows_of
from .targets import Row as TargetRow

CURVE = 7  # month ends of a small curve, besides now
HEAT_DAYS = 28


@dataclass(slots=True)
class Kpi:
    """One figure: its value, how it compares with the period before, and its curve."""

    key: str
    label: str
    value: str
    href: str = ""
    unit: str = ""
    delta: str = ""
    up: bool = True
    good: bool = True
    note: str = ""
    spark: Spark | None = None
    meter: float | None = None
    why: str = ""


@dataclass(slots=True)
class Leader:
    """A line of the leaderboard."""

    person: str
    name: str
    won: Decimal
    won_deals: int
    rate: Any
    weighted: Decimal
    target: Decimal | None
    share: float
    href: str
    open_href: str
    few: bool


@dataclass(slots=True)
class Card:
    """A chart of the overview with its heading."""

    key: str
    chart: Any
    note: str = ""
    rows: list[Any] = field(default_factory=list)


class Dashboard:
    """The overview of one question. Two statements bring all figures of deals; they are kept while nothing changes."""

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

    # What is asked ------------------------------------------------------------------------------------------------
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
        moments = [end_of_day(day) for day in sorted(days)]
        return dict(zip(sorted(days), stocks(self.ask.window, moments, self.stamp), strict=True))

    def stock_at(self, day: dt.date) -> Stock:
        """Return what stood open at the end of a day, of today's: now."""
        if day >= self.ask.today:
            row = self.found["open"][0]
            return Stock(row["deals"], decimal(row["amount"]), decimal(row["weighted"]), row["no_rate"])
        return self.stocks[day]

    # Figures ------------------------------------------------------------------------------------------------------
    @cached_property
    def kpis(self) -> list[Kpi]:
        """The six figures on top."""
        return [*self._stock_kpis(), self._won(), self._win_rate(), self._velocity(), self._cycle()]

    def _stock_kpis(self) -> list[Kpi]:
        now, before = self.stock_at(self.period.end), self.stock_at(self.before.end)
        curve = [self.stock_at(min(add_months(month, 1) - DAY, self.ask.today)) for month in self.curve_months]
        past = self.period.end < self.ask.today
        window = self.ask.window.as_at(self.period.end) if past else self.ask.window
        link = self.ask.figure_over(n.PIPELINE, window.over(dt.date(1900, 1, 1), dt.date(9998, 12, 31)))
        found = []
        for key, label, value, old, values in (
            ("pipeline", _("Open pipeline"), now.amount, before.amount, [each.amount for each in curve]),
            ("weighted", _("Weighted"), now.weighted, before.weighted, [each.weighted for each in curve]),
        ):
            kpi = Kpi(key, label, formats.money_short(value, self.currency), link, spark=Spark.of(values))
            self._compare_share(kpi, value, old, _("on end of %(period)s") % {"period": self.past})
            found.append(kpi)
        return found

    def _compare_share(self, kpi: Kpi, value: Any, old: Any, note: str) -> None:
        """Fill in by which share a figure has changed; nothing where there was nothing to compare with."""
        if not old:
            kpi.note = _("nothing to compare with in %(period)s") % {"period": self.past}
            return
        change = (Decimal(value) - Decimal(old)) / Decimal(old)
        kpi.up = kpi.good = change >= 0
        kpi.delta, kpi.note = percent(abs(change), 0), note

    def _won(self) -> Kpi:
        won = decimal(self.found["won"][0]["amount"])
        goal = self.goal.amount
        kpi = Kpi("won", _("Won"), formats.money_short(won, self.currency), self.ask.figure(n.WON))
        elapsed = Decimal(self.period.elapsed(self.ask.today)) / self.period.days
        deals = self.found["won"][0]["deals"]
        if not goal:
            kpi.note = ngettext("%d deal, no target set", "%d deals, no target set", deals) % deals
            return kpi
        kpi.unit = _("of %(target)s") % {"target": formats.money_short(goal, self.currency)}
        kpi.meter = min(share_of(won, goal), 100.0)
        kpi.note = _("%(done)s done, %(time)s of time") % {
            "done": percent(won / goal, 0),
            "time": percent(elapsed, 0),
        }
        speed = pace(won, goal, self.period, self.ask.today)
        kpi.why = _("Pace %(pace)s") % {"pace": percent(speed, 0)} if speed is not None else ""
        return kpi

    def _win_rate(self) -> Kpi:
        now, before = n.win_rate(self.found["decided"][0]), n.win_rate(self.found["decided_before"][0])
        by_month = {row["closed_month"]: n.win_rate(row).by_count for row in self.found["decided_curve"]}
        kpi = Kpi("win_rate", _("Win rate"), percent(now.by_count, 0), self.ask.figure(n.DECIDED))
        kpi.spark = Spark.of([by_month.get(month.isoformat()) for month in self.curve_months])
        if now.by_count is None:
            kpi.note = _("no deal was decided")
        elif before.by_count is None:
            kpi.note = _("nothing to compare with in %(period)s") % {"period": self.past}
        else:
            points = (now.by_count - before.by_count) * 100
            kpi.up = kpi.good = points >= 0
            kpi.delta = _("%(n)s pts") % {"n": rounded(abs(points), 0)}
            kpi.note = _("on %(period)s") % {"period": self.past}
        return kpi

    def _velocity(self) -> Kpi:
        now = n.velocity(self.stock_at(self.period.end).deals, self.found["decided"][0], self.found["cycle"][0])
        stock = self.stock_at(self.before.end).deals
        before = n.velocity(stock, self.found["decided_before"][0], self.found["cycle_before"][0])
        rates = {row["closed_month"]: row for row in self.found["decided_curve"]}
        cycles = {row["closed_month"]: row for row in self.found["cycle_curve"]}
        curve = [
            n.velocity(
                self.stock_at(min(add_months(month, 1) - DAY, self.ask.today)).deals,
                rates.get(month.isoformat()),
                cycles.get(month.isoformat()),
            ).value
            for month in self.curve_months
        ]
        kpi = Kpi("velocity", _("Sales velocity"), NOTHING, "/reports/velocity/?" + self.ask.query())
        kpi.spark = Spark.of(curve)
        if now.value is None:
            kpi.note = str(now.why)
            return kpi
        kpi.value, kpi.unit = formats.money_short(now.value, self.currency), _("a day")
        self._compare_share(kpi, now.value, before.value, _("on %(period)s") % {"period": self.past})
        return kpi

    def _cycle(self) -> Kpi:
        now, before = self.found["cycle"][0], self.found["cycle_before"][0]
        by_month = {row["closed_month"]: row["median"] for row in self.found["cycle_curve"]}
        kpi = Kpi("cycle", _("Sales cycle"), NOTHING, self.ask.figure(n.CYCLE))
        kpi.spark = Spark.of([by_month.get(month.isoformat()) for month in self.curve_months])
        if now["median"] is None:
            kpi.note = _("no deal was won")
            return kpi
        kpi.value, kpi.unit = written(now["median"], "days"), _("days, median")
        kpi.why = _("Mean %(n)s days") % {"n": written(now["mean"], "days")}
        if before["median"] is None:
            kpi.note = _("nothing to compare with in %(period)s") % {"period": self.past}
            return kpi
        change = decimal(now["median"]) - decimal(before["median"])
        kpi.up, kpi.good = change > 0, change <= 0
        words = _("slower than %(period)s") if change > 0 else _("faster than %(period)s")
        kpi.delta = _("%(n)s days") % {"n": written(abs(change), "days")}
        kpi.note = words % {"period": self.past} if change else _("as in %(period)s") % {"period": self.past}
        return kpi

    @cached_property
    def goal(self) -> Goal:
        """The target of the period."""
        return goal_of(self.ask, rows=self.targets)

    # Charts -------------------------------------------------------------------------------------------------------
    @cached_property
    def funnel(self) -> Any:
        """The funnel of the deals created in the period."""
        return funnel_chart(self.ask, self.found["funnel"], self.names)

    @cached_property
    def forecast(self) -> Card:
        """Won, weighted and best case by month, against the target; slipped deals and those without a date apart."""
        won = {row["closed_month"]: row for row in self.found["won_chart"]}
        targets = goals(self.ask, self.chart_months, self.targets)
        start, end = self.chart_months[0], add_months(self.chart_months[-1], 1) - DAY
        over = self.ask.window.over(start, end)
        pillars, rows = [], []
        for month in self.chart_months:
            key = f"{month:%Y-%m}"
            own = [row for row in self.found["forecast"] if row["bucket"] == key and row["category"] != "omitted"]
            done = decimal(won[month.isoformat()]["amount"]) if month.isoformat() in won else Decimal(0)
            weighted = sum((decimal(row["weighted"]) for row in own), Decimal(0))
            best = sum((decimal(r["amount"]) for r in own if r["category"] in ("best_case", "commit")), Decimal(0))
            rest = max(best - weighted, Decimal(0))
            won_link = self.ask.figure_over(n.WON, over, closed_month=month)
            open_link = self.ask.figure(n.FORECAST, bucket=key)
            target = targets[month].amount
            label = date_format(month, pgettext("a month in a narrow place, as Oct", "M"))
            parts = [
                Part("ok", done, won_link, _("won")),
                Part("1", weighted, open_link, _("weighted")),
                Part("3", rest, open_link, _("best case, above weighted")),
            ]
            pillars.append(Pillar(label, parts, target))
            rows.append((date_format(month, "M Y"), done, weighted, best, target, won_link, open_link))
        legend = [("ok", _("Won")), ("1", _("Weighted")), ("3", _("Best case"))]
        return Card("forecast", Columns.of(_("Forecast by close month"), pillars, legend), rows=rows)

    @cached_property
    def apart(self) -> list[tuple[str, int, str, str]]:
        """Slipped deals and those without a date: words, how many, their sum, where they are."""
        found = []
        for bucket, label in (("slipped", _("Slipped")), ("none", _("No close date"))):
            rows = [row for row in self.found["forecast"] if row["bucket"] == bucket]
            deals = sum(row["deals"] for row in rows)
            amount = sum((decimal(row["amount"]) for row in rows), Decimal(0))
            link = self.ask.figure(n.FORECAST, bucket=bucket)
            found.append((label, deals, formats.money_short(amount, self.currency), link))
        return found

    @cached_property
    def leaders(self) -> list[Leader]:
        """The people who won most in the period, and those with open deals."""
        decided = {row["owner"]: row for row in self.found["people"]}
        won = {row["owner"]: row for row in self.found["people_won"]}
        still = {row["owner"]: row for row in self.found["people_open"]}
        people = decided.keys() | still.keys()
        targets = goals_of_people(self.ask, self.targets)
        rows = []
        for person in people:
            rate = n.win_rate(decided.get(person))
            amount = decimal(won[person]["amount"]) if person in won else Decimal(0)
            target = targets.get(str(person))
            rows.append(
                Leader(
                    str(person), self.names.people.get(str(person), "?"), amount,
                    won[person]["deals"] if person in won else 0, rate.by_count,
                    decimal(still[person]["weighted"]) if person in still else Decimal(0), target,
                    min(share_of(amount, target), 100.0) if target else 0.0,
                    self.ask.figure(n.WON, owner=person), self.ask.figure(n.PIPELINE, owner=person), rate.decided < 10,
                )
            )  # fmt: skip
        rows.sort(key=lambda each: (-each.won, -each.weighted, each.name))
        most = rows[0].won if rows else 0
        for each in rows:
            if not each.target:
                each.share = share_of(each.won, most)
        return rows[:10]

    @cached_property
    def lost(self) -> Card:
        """Why deals were lost."""
        rows = sorted(self.found["reasons"], key=lambda row: -row["deals"])
        call = self.names.of(d.REASON)
        bars = [
            (call(row["reason"]), row["deals"], self.ask.figure(n.DECIDED, outcome="lost", reason=row["reason"]))
            for row in rows
        ]
        total = sum(row["deals"] for row in rows)
        return Card(
            "lost", Bars.of(_("Why we lost"), bars, tone="quiet"), ngettext("%d deal", "%d deals", total) % total
        )

    @cached_property
    def activity(self) -> Card:
        """A heat map of calls, e-mails and meetings by person and weekday, of four weeks."""
        end = min(self.period.end, self.ask.today)
        done = Done(end - (HEAT_DAYS - 1) * DAY, end, ("call", "email", "meeting"))
        people = [each.person for each in self.leaders if each.person != "None"]
        key = ("heat", str(done), self.ask.actor.id, tuple(people))
        rows = kept(self.stamp, key, lambda: done_by(self.ask.actor, done, people)) if people else []
        counts: dict[tuple[str, int], int] = {}
        for row in rows:
            place = str(row["user_id"]), row["day"].isoweekday()
            counts[place] = counts.get(place, 0) + row["count"]
        days = [each for each in range(1, 8) if each <= 5 or any(day == each for _person, day in counts)]
        heads = [date_format(dt.date(2024, 1, each), "D") for each in days]  # 1 January 2024 was a Monday
        table = [
            (
                self.names.people.get(person, "?").split(" ")[0],
                [(counts.get((person, each), 0), done_link(replace(done, weekday=each), person)) for each in days],
            )
            for person in people
            if any((person, each) in counts for each in days)
        ]
        return Card("activity", Heat.of(_("Calls, e-mails and meetings by weekday"), heads, table))

    @cached_property
    def notes(self) -> list[str]:
        """What is in no sum, and why."""
        missing = self.found["open"][0]["no_rate"] + self.found["won"][0]["no_rate"]
        return [no_rate_note(missing)] if missing else []

    @property
    def beside_today(self) -> dict[str, Any]:
        """What was open on the past day and what is today, for the bar above the page; nothing on the page of today."""
        if self.ask.as_of is None:
            return {}
        (row,) = figures(replace(self.ask, as_of=None).window, {"open": n.PIPELINE}, self.stamp)["open"]
        then = decimal(self.found["open"][0]["amount"])
        words = _("Open pipeline today")
        return {"then": then, "now": decimal(row["amount"]), "currency": self.currency, "compared": words}

    @property
    def empty(self) -> bool:
        """True while there is no deal at all to tell of."""
        found = self.found
        return (
            not any(found[name][0]["deals"] for name in ("open", "decided", "decided_before"))
            and not found["won_chart"]
        )


def done_link(done: Done, person: str) -> str:
    """Return where the activities behind a cell are."""
    return "/activities/?" + urlencode({"who": person, "done": str(done)})


DEFINITIONS: tuple[Any, ...] = (n.PIPELINE, n.WON, n.DECIDED, n.VELOCITY, n.CYCLE, n.FORECAST, FUNNEL)
