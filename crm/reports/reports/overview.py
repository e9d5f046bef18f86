"""The figures of the overview as a table: for files and mails."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.reports.asks import Ask
from crm.reports.dashboard import DEFINITIONS, Dashboard
from crm.reports.registry import SALES, Report
from crm.reports.tables import Cell, Column, Result, written
from deals.metrics import numbers as n
from deals.metrics.measure import decimal


class Overview(Report):
    """The six figures on top of the overview, against the period before."""

    key = "overview"
    title = gettext_lazy("Sales overview")
    text = gettext_lazy("Open pipeline, won against target, win rate, velocity and cycle, against the period before.")
    group = SALES
    order = 1
    numbers = DEFINITIONS

    def build(self, ask: Ask) -> Result:
        """Return a row for each figure."""
        board = Dashboard(ask)
        result = Result(
            [Column("figure", _("Figure")), Column("now", str(ask.period)), Column("before", str(board.before))]
        )
        now, old = board.stock_at(board.period.end), board.stock_at(board.before.end)
        found = board.found
        speed = n.velocity(now.deals, found["decided"][0], found["cycle"][0])
        before = n.velocity(old.deals, found["decided_before"][0], found["cycle_before"][0])
        rates = [n.win_rate(found[name][0]) for name in ("decided", "decided_before")]
        cycles = [found[name][0] for name in ("cycle", "cycle_before")]
        rows: list[Any] = [
            (_("Open pipeline"), "money", now.amount, old.amount, ""),
            (_("Weighted"), "money", now.weighted, old.weighted, ""),
            (
                _("Won amount"),
                "money",
                *(decimal(found[name][0]["won_amount"]) for name in ("decided", "decided_before")),
                "",
            ),
            (_("Won deals"), "count", *(rate.won for rate in rates), ""),
            (_("Target"), "money", board.goal.amount, None, ""),
            (_("Win rate"), "percent", *(rate.by_count for rate in rates), ""),
            (_("Sales velocity, a day"), "money", speed.value, before.value, str(speed.why)),
            (_("Cycle in days, median"), "days", *(each["median"] for each in cycles), ""),
            (_("Cycle in days, mean"), "days", *(each["mean"] for each in cycles), ""),
        ]
        for label, kind, value, earlier, why in rows:
            result.add(label, Cell(written(value, kind), note=why), written(earlier, kind))
        result.notes += board.notes
        return result
