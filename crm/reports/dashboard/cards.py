"""The charts of the overview: funnel, forecast by month, lost reasons, activity."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from activities.metrics import Done, done_by, done_link
from crm.kernel.core import formats
from crm.reports.charts import Bars, Columns, Heat, Part, Pillar
from crm.reports.kept import kept
from crm.reports.periods import DAY
from crm.reports.reports.conversion import funnel_chart
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.measure import decimal
from deals.metrics.window import add_months

from .leaders import Leader
from .questions import Questions

HEAT_DAYS = 28


@dataclass(slots=True)
class Card:
    """A chart of the overview with its heading."""

    key: str
    chart: Any
    note: str = ""
    rows: list[Any] = field(default_factory=list)


def funnel(q: Questions) -> Any:
    """The funnel of the deals created in the period."""
    return funnel_chart(q.ask, q.found["funnel"], q.names)


def forecast(q: Questions) -> Card:
    """Won, weighted and best case by month, against the target; slipped deals and those without a date apart."""
    won = {row["closed_month"]: row for row in q.found["won_chart"]}
    start, end = q.chart_months[0], add_months(q.chart_months[-1], 1) - DAY
    over = q.ask.window.over(start, end)
    pillars, rows = [], []
    for month in q.chart_months:
        key = f"{month:%Y-%m}"
        own = [row for row in q.found["forecast"] if row["bucket"] == key and row["category"] != "omitted"]
        done = decimal(won[month.isoformat()]["amount"]) if month.isoformat() in won else Decimal(0)
        weighted = sum((decimal(row["weighted"]) for row in own), Decimal(0))
        best = sum((decimal(r["amount"]) for r in own if r["category"] in ("best_case", "commit")), Decimal(0))
        rest = max(best - weighted, Decimal(0))
        won_link = q.ask.figure_over(n.WON, over, closed_month=month)
        open_link = q.ask.figure(n.FORECAST, bucket=key, counted=True)
        best_link = q.ask.figure(n.FORECAST, bucket=key, best=True)
        target = q.goals[month].amount
        label = date_format(month, pgettext("a month in a narrow place, as Oct", "M"))
        parts = [
            Part("ok", done, won_link, _("won")),
            Part("1", weighted, open_link, _("weighted")),
            Part("3", rest, best_link, _("best case, above weighted")),
        ]
        pillars.append(Pillar(label, parts, target))
        rows.append((date_format(month, "M Y"), done, weighted, best, target, won_link, open_link, best_link))
    legend = [("ok", _("Won")), ("1", _("Weighted")), ("3", _("Best case"))]
    return Card("forecast", Columns.of(_("Forecast by close month"), pillars, legend), rows=rows)


def apart(q: Questions) -> list[tuple[str, int, str, str]]:
    """Slipped deals and those without a date: words, how many, their sum, where they are."""
    found = []
    for bucket, label in (("slipped", _("Slipped")), ("none", _("No close date"))):
        rows = [row for row in q.found["forecast"] if row["bucket"] == bucket]
        deals = sum(row["deals"] for row in rows)
        amount = sum((decimal(row["amount"]) for row in rows), Decimal(0))
        link = q.ask.figure(n.FORECAST, bucket=bucket)
        found.append((label, deals, formats.money_short(amount, q.currency), link))
    return found


def lost(q: Questions) -> Card:
    """Why deals were lost."""
    rows = sorted(q.found["reasons"], key=lambda row: -row["deals"])
    call = q.names.of(d.REASON)
    bars = [
        (call(row["reason"]), row["deals"], q.ask.figure(n.DECIDED, outcome="lost", reason=row["reason"]))
        for row in rows
    ]
    total = sum(row["deals"] for row in rows)
    return Card("lost", Bars.of(_("Why we lost"), bars, tone="quiet"), ngettext("%d deal", "%d deals", total) % total)


def activity(q: Questions, leaders: list[Leader]) -> Card:
    """A heat map of calls, e-mails and meetings by person and weekday, of four weeks."""
    end = min(q.period.end, q.ask.today)
    done = Done(end - (HEAT_DAYS - 1) * DAY, end, ("call", "email", "meeting"), as_of=q.ask.as_of)
    people = [each.person for each in leaders if each.person != "None"]
    key = ("heat", str(done), q.ask.actor.id, tuple(people))
    rows = kept(q.stamp, key, lambda: done_by(q.ask.actor, done, people)) if people else []
    counts: dict[tuple[str, int], int] = {}
    for row in rows:
        place = str(row["user_id"]), row["day"].isoweekday()
        counts[place] = counts.get(place, 0) + row["count"]
    days = [each for each in range(1, 8) if each <= 5 or any(day == each for _person, day in counts)]
    heads = [date_format(dt.date(2024, 1, each), "D") for each in days]  # 1 January 2024 was a Monday
    table = [
        (
            q.names.people.get(person, "?").split(" ")[0],
            [(counts.get((person, each), 0), done_link(replace(done, weekday=each), person)) for each in days],
        )
        for person in people
        if any((person, each) in counts for each in days)
    ]
    days_told = f"{formats.short_day(done.start)} \N{EN DASH} {formats.short_day(end)}"
    return Card("activity", Heat.of(_("Calls, e-mails and meetings by weekday"), heads, table), days_told)
