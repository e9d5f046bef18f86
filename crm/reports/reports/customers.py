"""Customers: who buys, since when, how much depends on a few, and who was left alone (R4, N2)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.touches import touched_by
from contacts.churned import churned
from contacts.models import Company
from crm.reports.asks import Ask
from crm.reports.charts import Bars
from crm.reports.kept import figures
from crm.reports.periods import Period
from crm.reports.registry import CUSTOMERS, Report
from crm.reports.tables import Cell, Column, Result
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.figures import register_dimension, register_number
from deals.metrics.measure import IN_PERIOD, SUMS, Number, Question, Row, decimal
from deals.metrics.window import add_months

MOST = 100
LATER = 3  # years after the first win that are told as one
_YEAR_BEFORE = "f.closed_on > %(end)s::date - interval '12 months'"
CUSTOMERS_OF = Number(
    "customers",
    gettext_lazy("Customers"),
    "R4, N2",
    gettext_lazy(
        "Companies with deals that stand won by the end of the period. New: the first win lies in the period. Active: a win "
        "in the twelve months before its end. Churned: people marked as churned in the period. Concentration: the share "
        "of the won amount that the largest customers bring."
    ),
    "f.kind = 'won' AND f.closed_on <= %(end)s::date",
    (
        *SUMS,
        ("first", "min(f.closed_on)"),
        ("last", "max(f.closed_on)"),
        ("in_period", f"COALESCE(sum(f.value) FILTER (WHERE {IN_PERIOD}), 0)"),
        ("deals_in_period", f"count(*) FILTER (WHERE {IN_PERIOD})"),
        ("active", f"bool_or({_YEAR_BEFORE})"),
    ),
)
# The largest customers, and the sums over all of them: a big workspace has too many to bring them all here.
_EACH = f"({CUSTOMERS_OF.by(d.COMPANY).question}) g WHERE g.company IS NOT NULL"
LARGEST = Question(f"SELECT * FROM {_EACH} ORDER BY g.in_period DESC, g.amount DESC, g.company LIMIT {MOST}")
ALL = Question(
    f"""SELECT count(*) AS customers, count(*) FILTER (WHERE g.first >= %(start)s::date) AS new,
    count(*) FILTER (WHERE g.active) AS active, COALESCE(sum(g.deals_in_period), 0) AS deals_in_period,
    COALESCE(sum(g.in_period), 0) AS in_period, COALESCE(sum(g.amount), 0) AS amount FROM {_EACH}"""
)
# The won deals of companies whose first win lies in some days, by how many years after that month they were won.
COHORT = Number(
    "cohort",
    gettext_lazy("Won amount by cohort"),
    CUSTOMERS_OF.rule,
    gettext_lazy(
        "Deals that stand won by the end of the period, of the companies whose first win lies in the quarter."
    ),
    CUSTOMERS_OF.where,
    source="""facts f JOIN (SELECT g.company_id, min(g.closed_on) AS begun FROM facts g
        WHERE g.kind = 'won' AND g.closed_on <= %(end)s::date AND g.company_id IS NOT NULL GROUP BY 1) y
        ON y.company_id = f.company_id""",
)
FIRST_FROM = d.Dimension("first_from", gettext_lazy("First win"), "y.begun", "date", ">=")
FIRST_UNTIL = d.Dimension("first_until", gettext_lazy("First win"), "y.begun", "date", "<=")
_MONTHS = "12 * extract(year FROM {0}) + extract(month FROM {0})"
YEAR = d.Dimension(
    "year_after",
    gettext_lazy("Year"),
    f"LEAST(div(({_MONTHS.format('f.closed_on')}) - ({_MONTHS.format('y.begun')}), 12), {LATER})::int",
    "int",
)
for _number in (CUSTOMERS_OF, COHORT):
    register_number(_number.key, partial(lambda number: number, _number))
for _dimension in (FIRST_FROM, FIRST_UNTIL, YEAR):
    register_dimension(_dimension)


class Customers(Report):
    """Customers by what they bought, or by the quarter in which they came."""

    key = "customers"
    title = gettext_lazy("Customers")
    text = gettext_lazy(
        "Who bought how much, who is new, how much depends on a few, and how long nobody has been in touch."
    )
    group = CUSTOMERS
    order = 20
    period = "year"
    filters = ("period", "pipeline", "team", "person", "as_of")
    numbers = (CUSTOMERS_OF, n.WON)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return by customer, or by cohort."""
        return {"by": {"customer": _("Customer"), "cohort": _("Quarter of the first win")}}

    def build(self, ask: Ask) -> Result:
        """Return the largest customers with the rest in one row, or a row for each cohort."""
        return self._cohorts(ask) if ask.options["by"] == "cohort" else self._customers(ask)

    def _customers(self, ask: Ask) -> Result:
        found = figures(ask.window, {"largest": LARGEST, "all": ALL})
        shown, total_of = found["largest"], found["all"][0]
        result = Result(
            [
                Column("customer", _("Customer")),
                Column("deals", _("Won in the period"), "count"),
                Column("amount", _("Amount in the period"), "money"),
                Column("share", _("Share"), "percent"),
                Column("added", _("Added up"), "percent", _("concentration")),
                Column("all", _("Won in all"), "money"),
                Column("first", _("First win"), "day"),
                Column("last", _("Last win"), "day"),
                Column("touch", _("Days since touch"), "count"),
            ]
        )
        self._counts(result, ask, total_of)
        if not shown:
            result.empty = _("No deal was won by then.")
            return result
        total = decimal(total_of["in_period"])
        known = self._companies(ask, [row["company"] for row in shown])
        added, bars, now = Decimal(0), [], ask.window.now
        for row in shown:
            name, touched = known.get(row["company"], ("?", None))
            amount = decimal(row["in_period"])
            added += amount
            link = ask.figure(n.WON, company=row["company"])
            result.add(
                Cell(name, f"/companies/{row['company']}/"),
                Cell(row["deals_in_period"], link),
                Cell(amount, link),
                amount / total if total else None,
                added / total if total else None,
                Cell(decimal(row["amount"]), ask.figure(CUSTOMERS_OF, company=row["company"])),
                dt.date.fromisoformat(row["first"]),
                dt.date.fromisoformat(row["last"]),
                max((now - touched).days, 0) if touched else None,
            )
            bars.append((name, amount, link))
        if rest := total_of["customers"] - len(shown):
            names = ("deals_in_period", "in_period", "amount")
            deals, amount, ever = (decimal(total_of[k]) - sum(decimal(row[k]) for row in shown) for k in names)
            every = Decimal(1) if total else None
            share = amount / total if total else None
            result.add(_("%d others") % rest, int(deals), amount, share, every, ever, None, None, None)
        result.charts.append(Bars.of(_("Amount in the period"), bars[:15], "money", "ok"))
        return result

    @staticmethod
    def _counts(result: Result, ask: Ask, total: Row) -> None:
        """Put the counts of new, active and churned customers below the table."""
        words = _(
            "New customers: %(new)d. Active: %(active)d. Customers in all: %(all)d. People marked as churned: %(gone)d."
        )
        result.notes.append(
            words
            % {
                "new": total["new"],
                "active": total["active"],
                "all": total["customers"],
                "gone": churned(ask.actor, ask.period.start, ask.period.end, ask.window.at),
            }
        )

    @staticmethod
    def _companies(ask: Ask, ids: list[str]) -> dict[str, tuple[str, dt.datetime | None]]:
        """Return the name of each company, and when it was last touched by the asked moment."""
        rows = list(Company.objects.visible_to(ask.actor).filter(pk__in=ids).values_list("pk", "name", "last_touch_at"))
        if (at := ask.window.at) is None:
            return {str(pk): (name, touched) for pk, name, touched in rows}
        then = touched_by([pk for pk, _name, _touched in rows], at)
        return {str(pk): (name, then.get(pk)) for pk, name, _touched in rows}

    def _cohorts(self, ask: Ask) -> Result:
        window = ask.window.over(dt.date(1900, 1, 1), ask.period.end)
        number = n.WON.by(d.COMPANY, d.CLOSED_MONTH)
        rows = [row for row in figures(window, {"rows": number})["rows"] if row["company"]]
        first: dict[str, str] = {}
        for row in rows:
            first[row["company"]] = min(first.get(row["company"], row["closed_month"]), row["closed_month"])
        members: dict[Period, set[str]] = defaultdict(set)
        sums: dict[Period, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
        for row in rows:
            begun = dt.date.fromisoformat(first[row["company"]])
            cohort = Period.around("quarter", begun)
            month = dt.date.fromisoformat(row["closed_month"])
            year = min(((month.year - begun.year) * 12 + month.month - begun.month) // 12, LATER)
            members[cohort].add(row["company"])
            sums[cohort][year] += decimal(row["amount"])
        result = Result(
            [
                Column("cohort", _("First win in")),
                Column("customers", _("Customers"), "count"),
                *(Column(f"y{i}", _("Year %d") % i, "money") for i in (1, 2, 3)),
                Column("later", _("Later"), "money"),
                Column("each", _("Each customer"), "money"),
            ]
        )
        bars = []
        for cohort in sorted(members, key=lambda each: each.start):
            count, amounts = len(members[cohort]), sums[cohort]
            total = sum(amounts, Decimal(0))
            running = [
                amount if add_months(cohort.start, 12 * year) <= ask.period.end else None
                for year, amount in enumerate(amounts)
            ]
            marks = {"first_from": cohort.start, "first_until": cohort.end}
            link = ask.figure(COHORT, **marks)
            cells = [
                Cell(each, "" if each is None else ask.figure(COHORT, **marks, year_after=year))
                for year, each in enumerate(running)
            ]
            result.add(Cell(str(cohort), link), count, *cells, total / count)
            bars.append((str(cohort), total, link))
        if rows:
            result.charts.append(Bars.of(_("Won amount by cohort"), bars, "money"))
        else:
            result.empty = _("No deal was won by then.")
        return result
