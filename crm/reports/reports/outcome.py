"""Won and lost: by reason, source, product, industry, size band, owner or month; sales velocity (N2, N5)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.reports.asks import Ask
from crm.reports.charts import Bars, Columns, Part, Pillar
from crm.reports.kept import figures, stocks
from crm.reports.names import Names
from crm.reports.periods import DAY
from crm.reports.registry import SALES, Report
from crm.reports.tables import Cell, Column, Result, no_rate_note, unknown_creation_notes
from deals.metrics import dimensions as d
from deals.metrics import numbers
from deals.metrics.measure import Row, decimal
from deals.metrics.numbers import velocity, win_rate
from deals.metrics.window import add_months, end_of_day

from .grouping import MOST_BARS, choices, chosen, in_order, largest, namer, others

COUNTED = ("won", "lost", "won_amount", "won_closing", "lost_closing", "without_value", "won_valued", "deals", "amount")


# A row of sums, its name, and the marks of its deals: none for all of them, None where they have no address.
Line = tuple[Row, str, dict[str, Any] | None]


def month_words(day: dt.date | str) -> str:
    """Return a month in words."""
    month = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return date_format(month, pgettext("a month, as Oct 2026", "M Y"))


def pooled(rows: list[Row]) -> Row:
    """Return the sums of rows of `DECIDED`: counts are pooled, rates never averaged (N2)."""
    total: Row = dict.fromkeys(COUNTED, 0)
    for row in rows:
        for name in COUNTED:
            total[name] += decimal(row[name])
    return {
        name: int(value) if name in ("won", "lost", "without_value", "deals") else value
        for name, value in total.items()
    }


class WinLoss(Report):
    """How much was won and lost, told apart by what matters."""

    key = "win-loss"
    title = gettext_lazy("Won and lost")
    text = gettext_lazy("What was decided in the period, and at which rate it was won.")
    group = SALES
    order = 10
    numbers = (numbers.DECIDED, numbers.WON, numbers.LOST, numbers.NOT_A_LOSS)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return by what it can be told apart: custom dropdowns, such as the product, among them."""
        known = (d.OWNER, d.TEAM, d.SOURCE, d.REASON, d.INDUSTRY, d.SIZE, d.PIPELINE, d.COMPANY, d.CLOSED_MONTH)
        return {"by": choices(actor, *known)}

    def build(self, ask: Ask) -> Result:
        """Return a row for each group: won, lost, rates; or for reasons how often each was given."""
        dimension, names = chosen(ask), Names(ask.actor)
        asked = {"decided": numbers.DECIDED.by(dimension), "not_a_loss": numbers.NOT_A_LOSS}
        found = figures(ask.window, asked)
        rows = found["decided"]
        call = namer(names, dimension, rows)
        if dimension is d.CLOSED_MONTH:
            call = month_words
        rows = in_order(rows, dimension, names, by="won_amount")
        if dimension is d.REASON:
            rows = [row for row in rows if row["lost"]]
        result = Result(
            [
                Column("group", dimension.label),
                Column("won", _("Won"), "count"),
                Column("lost", _("Lost"), "count"),
                Column("rate", _("Win rate"), "percent", _("by count")),
                Column("value_rate", _("Win rate"), "percent", _("by value")),
                Column("amount", _("Won amount"), "money"),
                Column("lost_amount", _("Lost amount"), "money", _("as known at the close")),
            ]
        )
        if not rows:
            result.empty = _("No deal was decided in this period.")
        else:
            shown, rest = largest(rows, ask)
            lines: list[Line] = [(row, call(row[dimension.key]), {dimension.key: row[dimension.key]}) for row in shown]
            if rest:
                lines.append((pooled(rest), others(len(rest)), None))
            self._fill(result, ask, [*lines, (pooled(found["decided"]), _("All"), {})], dimension)
        if ignored := found["not_a_loss"][0]["deals"]:
            result.notes.append(_("Closed for a reason that is not a loss, and in no term: %d.") % ignored)
        if missing := sum(row["no_rate"] for row in found["decided"]):
            result.notes.append(no_rate_note(missing))
        return result

    def _fill(self, result: Result, ask: Ask, lines: list[Line], dimension: d.Dimension) -> None:
        bars, by_reason, withheld = [], dimension is d.REASON, False
        for row, name, marks in lines:
            total = marks == {}
            rate = win_rate(row)
            withheld |= rate.withheld
            links = {"": "", "won": "", "lost": ""}
            if marks is not None:
                links = {
                    key: ask.figure(numbers.DECIDED, **marks, **({"outcome": key} if key else {})) for key in links
                }
            result.add(
                Cell(name, links[""]),
                Cell(row["won"], links["won"]),
                Cell(row["lost"], links["lost"]),
                Cell(None if by_reason and not total else rate.by_count, few=rate.decided < 10),
                Cell(None if by_reason and not total else rate.by_value, few=rate.decided < 10),
                Cell(decimal(row["won_amount"]), links["won"]),
                Cell(decimal(row["lost_closing"]), links["lost"]),
                total=total,
            )
            if not total:
                bars.append(
                    (
                        name,
                        row["lost"] if by_reason else decimal(row["won_amount"]),
                        links["lost" if by_reason else "won"],
                    )
                )
        title = _("Lost deals") if by_reason else _("Won amount")
        result.charts.append(
            Bars.of(title, bars[:MOST_BARS], "count" if by_reason else "money", "quiet" if by_reason else "ok")
        )
        if withheld:
            result.notes.append(
                _("A win rate by value is withheld where more than a fifth of the decided deals have no amount.")
            )


class WonByMonth(Report):
    """What was won and lost month by month."""

    key = "won-by-month"
    title = gettext_lazy("Won by month")
    text = gettext_lazy("Won and lost deals of each month, and the year so far.")
    group = SALES
    order = 20
    period = "year"
    numbers = (numbers.WON, numbers.LOST, numbers.DECIDED, numbers.CYCLE)

    def build(self, ask: Ask) -> Result:
        """Return a row for each month of the period, empty ones too."""
        asked = {
            "won": numbers.WON.by(d.CLOSED_MONTH),
            "decided": numbers.DECIDED.by(d.CLOSED_MONTH),
            "cycle": numbers.CYCLE.by(d.CLOSED_MONTH),
            "all": numbers.WON,
            "rate": numbers.DECIDED,
            "days": numbers.CYCLE,
        }
        found = figures(ask.window, asked)
        by_month = {name: {row["closed_month"]: row for row in found[name]} for name in ("won", "decided", "cycle")}
        result = Result(
            [
                Column("month", _("Month")),
                Column("won", _("Won"), "count"),
                Column("amount", _("Won amount"), "money"),
                Column("lost", _("Lost"), "count"),
                Column("rate", _("Win rate"), "percent", _("by count")),
                Column("median", _("Median cycle"), "days"),
                Column("mean", _("Mean cycle"), "days"),
            ]
        )
        pillars = []
        for month in [*ask.period.months, None]:
            key = month.isoformat() if month else ""
            won = by_month["won"].get(key) if month else found["all"][0]
            decided = by_month["decided"].get(key) if month else found["rate"][0]
            cycle = by_month["cycle"].get(key) if month else found["days"][0]
            rate, marks = win_rate(decided), {"closed_month": month} if month else {}
            link = ask.figure(numbers.WON, **marks)
            amount = decimal(won["amount"]) if won else Decimal(0)
            result.add(
                month_words(month) if month else _("All"),
                Cell(won["deals"] if won else 0, link),
                Cell(amount, link),
                Cell(rate.lost, ask.figure(numbers.DECIDED, **marks, outcome="lost")),
                Cell(rate.by_count, few=rate.decided < 10),
                cycle["median"] if cycle else None,
                cycle["mean"] if cycle else None,
                total=month is None,
            )
            if month:
                short = date_format(month, "M")
                pillars.append(Pillar(short, [Part("ok", amount, link, _("Won"))]))
        if not found["all"][0]["deals"] and not rate.lost:
            result.empty = _("No deal was decided in this period.")
        if 1 < len(pillars) <= 24:
            result.charts.append(Columns.of(_("Won amount by month"), pillars, [("ok", _("Won"))]))
        if missing := found["all"][0]["no_rate"]:
            result.notes.append(no_rate_note(missing))
        result.notes += unknown_creation_notes(found["all"][0], found["days"][0])
        return result


class VelocityByMonth(Report):
    """Money a day: how fast the pipeline becomes revenue."""

    key = "velocity"
    title = gettext_lazy("Sales velocity")
    text = gettext_lazy("Open deals \u00d7 win rate \u00d7 average won amount / cycle: money a day, of each month.")
    group = SALES
    order = 30
    period = "year"
    numbers = (numbers.VELOCITY, numbers.CYCLE, numbers.DECIDED)

    def build(self, ask: Ask) -> Result:
        """Return velocity of each month of the period."""
        months = [month for month in ask.period.months if month <= ask.today]
        result = Result(
            [
                Column("month", _("Month")),
                Column("open", _("Open at the end"), "count"),
                Column("rate", _("Win rate"), "percent"),
                Column("average", _("Average won"), "money"),
                Column("cycle", _("Mean cycle"), "days"),
                Column("velocity", _("Money a day"), "money"),
            ]
        )
        if not months:
            result.empty = _("This period has not begun.")
            return result
        decided, cycle = numbers.DECIDED.by(d.CLOSED_MONTH), numbers.CYCLE.by(d.CLOSED_MONTH)
        asked = {"decided": decided, "cycle": cycle, "won": numbers.WON, "days": numbers.CYCLE}
        found = figures(ask.window, asked)
        by_month = {name: {row["closed_month"]: row for row in found[name]} for name in ("decided", "cycle")}
        result.notes += unknown_creation_notes(found["won"][0], found["days"][0])
        ends = [end_of_day(add_months(month, 1) - DAY) for month in months]
        found_stocks = stocks(ask.window, ends)
        bars = []
        for month, stock in zip(months, found_stocks, strict=True):
            decision, took = by_month["decided"].get(month.isoformat()), by_month["cycle"].get(month.isoformat())
            speed, rate = velocity(stock.deals, decision, took), win_rate(decision)
            link = ask.figure(numbers.WON, closed_month=month)
            average = (
                decimal(decision["won_amount"]) / decision["won_valued"]
                if decision and decision["won_valued"]
                else None
            )
            result.add(
                Cell(month_words(month), link),
                stock.deals,
                rate.by_count,
                average,
                took["mean"] if took else None,
                Cell(speed.value, note=str(speed.why)),
            )
            bars.append((month_words(month), speed.value, link))
        result.charts.append(Bars.of(_("Money a day"), bars, "money"))
        return result


__all__ = ["VelocityByMonth", "WinLoss", "WonByMonth", "month_words", "pooled"]
