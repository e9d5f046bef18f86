"""The open pipeline by stage, owner, team, source or another way (N1)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.reports.asks import Ask
from crm.reports.charts import Bars
from crm.reports.kept import figures
from crm.reports.names import Names
from crm.reports.registry import PIPELINE as GROUP
from crm.reports.registry import Report
from crm.reports.tables import Cell, Column, Result, no_rate_note
from deals.metrics import dimensions as d
from deals.metrics import numbers
from deals.metrics.measure import decimal

from .grouping import MOST_BARS, choices, chosen, in_order, largest, namer, others, summed


class OpenPipeline(Report):
    """What is open, by stage or another way."""

    key = "pipeline"
    title = gettext_lazy("Open pipeline")
    text = gettext_lazy("What is open now, or was on a past day: how many deals, their sum and their weighted sum.")
    group = GROUP
    order = 10
    filters = ("pipeline", "team", "person", "as_of")
    numbers = (numbers.PIPELINE,)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return by what it can be told apart."""
        return {"by": choices(actor, d.STAGE, d.OWNER, d.TEAM, d.SOURCE, d.CATEGORY, d.COMPANY, d.INDUSTRY, d.SIZE)}

    def build(self, ask: Ask) -> Result:
        """Return a row for each group, and the total."""
        dimension, names, number = chosen(ask), Names(ask.actor), numbers.PIPELINE
        rows = in_order(figures(ask.window, {"open": number.by(dimension)})["open"], dimension, names)
        call = namer(names, dimension, rows)
        result = Result(
            [
                Column("group", dimension.label),
                Column("deals", _("Deals"), "count"),
                Column("amount", _("Amount"), "money"),
                Column("weighted", _("Weighted"), "money"),
                Column("share", _("Share"), "percent"),
                Column("no_amount", _("No amount"), "count"),
            ]
        )
        if not rows:
            result.empty = _("No deal is open here.")
            return result
        sums = ("deals", "amount", "weighted", "no_amount", "no_rate")
        total, (shown, rest) = summed(rows, sums), largest(rows, ask)
        remainder = [summed(rest, sums)] if rest else []
        bars = []
        for row in [*shown, *remainder, total]:
            last, few = row is total, row in remainder
            value = None if last or few else row[dimension.key]
            link = ask.figure(number) if last else "" if few else ask.figure(number, **{dimension.key: value})
            amount = decimal(row["amount"])
            share = amount / total["amount"] if total["amount"] else None
            name = _("All") if last else others(len(rest)) if few else call(value)
            worth = (Cell(amount, link), Cell(decimal(row["weighted"]), link))
            figs = (Cell(row["deals"], link), *worth, share, row["no_amount"])
            result.add(Cell(name, link), *figs, total=last)
            if not last:
                bars.append((name, amount, link))
        result.charts.append(Bars.of(_("Amount"), bars[:MOST_BARS], "money"))
        if total["no_rate"]:
            result.notes.append(no_rate_note(int(total["no_rate"])))
        return result
