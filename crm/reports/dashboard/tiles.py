"""The six figures on top of the overview, each against the period before, with its curve."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.core import formats
from crm.reports.charts import Spark, share_of
from crm.reports.periods import DAY
from crm.reports.tables import NOTHING, percent, rounded, written
from crm.reports.targets import members_words, pace
from deals.metrics import numbers as n
from deals.metrics.measure import decimal
from deals.metrics.window import add_months

from .questions import Questions


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
    since: list[Any] = field(default_factory=list)  # the figure of today, beside one of a past day


def tiles(q: Questions) -> list[Kpi]:
    """The six figures on top."""
    return [*_stock_kpis(q), _won(q), _win_rate(q), _velocity(q), _cycle(q)]


def _stock_kpis(q: Questions) -> list[Kpi]:
    now, before = q.stock_at(q.period.end), q.stock_at(q.before.end)
    curve = [q.stock_at(min(add_months(month, 1) - DAY, q.ask.today)) for month in q.curve_months]
    past = q.period.end < q.ask.today
    window = q.ask.window.as_at(q.period.end) if past else q.ask.window
    link = q.ask.figure_over(n.PIPELINE, window.over(dt.date(1900, 1, 1), dt.date(9998, 12, 31)))
    found = []
    for key, label, value, old, values in (
        ("pipeline", _("Open pipeline"), now.amount, before.amount, [each.amount for each in curve]),
        ("weighted", _("Weighted"), now.weighted, before.weighted, [each.weighted for each in curve]),
    ):
        kpi = Kpi(key, label, formats.money_short(value, q.currency), link, spark=Spark.of(values))
        _compare_share(q, kpi, value, old, _("on end of %(period)s") % {"period": q.past})
        found.append(kpi)
    return found


def _compare_share(q: Questions, kpi: Kpi, value: Any, old: Any, note: str) -> None:
    """Fill in by which share a figure has changed; nothing where there was nothing to compare with."""
    if not old:
        kpi.note = _("nothing to compare with in %(period)s") % {"period": q.past}
        return
    change = (Decimal(value) - Decimal(old)) / Decimal(old)
    kpi.up = kpi.good = change >= 0
    kpi.delta, kpi.note = percent(abs(change), 0), note


def _won(q: Questions) -> Kpi:
    won = decimal(q.found["won"][0]["amount"])
    goal = q.goal.amount
    kpi = Kpi("won", _("Won"), formats.money_short(won, q.currency), q.ask.figure(n.WON))
    elapsed = Decimal(q.period.elapsed(q.ask.today)) / q.period.days
    deals = q.found["won"][0]["deals"]
    if not goal:
        kpi.note = ngettext("%d deal, no target set", "%d deals, no target set", deals) % deals
        return kpi
    kpi.unit = _("of %(target)s") % {"target": formats.money_short(goal, q.currency)}
    kpi.meter = min(share_of(won, goal), 100.0)
    kpi.note = _("%(done)s done, %(time)s of time") % {
        "done": percent(won / goal, 0),
        "time": percent(elapsed, 0),
    }
    speed = pace(won, goal, q.period, q.ask.today)
    words = [_("Pace %(pace)s") % {"pace": percent(speed, 0)} if speed is not None else "", members_words(q.goal)]
    kpi.why = ", ".join(filter(None, words))
    return kpi


def _win_rate(q: Questions) -> Kpi:
    now, before = n.win_rate(q.found["decided"][0]), n.win_rate(q.found["decided_before"][0])
    by_month = {row["closed_month"]: n.win_rate(row).by_count for row in q.found["decided_curve"]}
    kpi = Kpi("win_rate", _("Win rate"), percent(now.by_count, 0), q.ask.figure(n.DECIDED))
    kpi.spark = Spark.of([by_month.get(month.isoformat()) for month in q.curve_months])
    if now.by_count is None:
        kpi.note = _("no deal was decided")
    elif before.by_count is None:
        kpi.note = _("nothing to compare with in %(period)s") % {"period": q.past}
    else:
        points = (now.by_count - before.by_count) * 100
        kpi.up = kpi.good = points >= 0
        kpi.delta = _("%(n)s pts") % {"n": rounded(abs(points), 0)}
        kpi.note = _("on %(period)s") % {"period": q.past}
    return kpi


def _velocity(q: Questions) -> Kpi:
    now = n.velocity(q.stock_at(q.period.end).deals, q.found["decided"][0], q.found["cycle"][0])
    stock = q.stock_at(q.before.end).deals
    before = n.velocity(stock, q.found["decided_before"][0], q.found["cycle_before"][0])
    rates = {row["closed_month"]: row for row in q.found["decided_curve"]}
    cycles = {row["closed_month"]: row for row in q.found["cycle_curve"]}
    curve = [
        n.velocity(
            q.stock_at(min(add_months(month, 1) - DAY, q.ask.today)).deals,
            rates.get(month.isoformat()),
            cycles.get(month.isoformat()),
        ).value
        for month in q.curve_months
    ]
    kpi = Kpi("velocity", _("Sales velocity"), NOTHING, "/reports/velocity/?" + q.ask.query())
    kpi.spark = Spark.of(curve)
    if now.value is None:
        kpi.note = str(now.why)
        return kpi
    kpi.value, kpi.unit = formats.money_short(now.value, q.currency), _("a day")
    _compare_share(q, kpi, now.value, before.value, _("on %(period)s") % {"period": q.past})
    return kpi


def _cycle(q: Questions) -> Kpi:
    now, before = q.found["cycle"][0], q.found["cycle_before"][0]
    by_month = {row["closed_month"]: row["median"] for row in q.found["cycle_curve"]}
    kpi = Kpi("cycle", _("Sales cycle"), NOTHING, q.ask.figure(n.CYCLE))
    kpi.spark = Spark.of([by_month.get(month.isoformat()) for month in q.curve_months])
    if now["median"] is None:
        kpi.note = _("no deal was won")
        return kpi
    kpi.value, kpi.unit = written(now["median"], "days"), _("days, median")
    kpi.why = _("Mean %(n)s days") % {"n": written(now["mean"], "days")}
    if before["median"] is None:
        kpi.note = _("nothing to compare with in %(period)s") % {"period": q.past}
        return kpi
    change = decimal(now["median"]) - decimal(before["median"])
    kpi.up, kpi.good = change > 0, change <= 0
    words = _("slower than %(period)s") if change > 0 else _("faster than %(period)s")
    kpi.delta = _("%(n)s days") % {"n": written(abs(change), "days")}
    kpi.note = words % {"period": q.past} if change else _("as in %(period)s") % {"period": q.past}
    return kpi
