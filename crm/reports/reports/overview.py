"""The figures of the overview as a table: for files and mails."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.reports.asks import Ask
from crm.reports.dashboard import DEFINITIONS, Dashboard
from crm.reports.registry import SALES, Report
from crm.reports.tables import Cell, Column, Result
from crm.reports.targets import goal_of, members_words, pace
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
        heads = [
            ("now", str(ask.period)),
            ("before", str(board.before)),
            *([("today", _("Today"))] if ask.as_of else []),
        ]
        result = Result([Column("figure", _("Figure")), *(Column(key, head, "decimal") for key, head in heads)])
        now, old = board.stock_at(board.period.end), board.stock_at(board.before.end)
        found = board.found
        speed = n.velocity(now.deals, found["decided"][0], found["cycle"][0])
        before = n.velocity(old.deals, found["decided_before"][0], found["cycle_before"][0])
        rates = [n.win_rate(found[name][0]) for name in ("decided", "decided_before")]
        cycles = [found[name][0] for name in ("cycle", "cycle_before")]
        goal = goal_of(ask, board.before)
        paces = [
            pace(decimal(found[name][0]["won_amount"]), each.amount, period, ask.today)
            for name, each, period in (("decided", board.goal, ask.period), ("decided_before", goal, board.before))
        ]
        rows: list[Any] = [
            ("pipeline", _("Open pipeline"), "money", now.amount, old.amount, ""),
            ("weighted", _("Weighted"), "money", now.weighted, old.weighted, ""),
            (
                "won",
                _("Won amount"),
                "money",
                *(decimal(found[name][0]["won_amount"]) for name in ("decided", "decided_before")),
                "",
            ),
            ("deals", _("Won deals"), "count", *(rate.won for rate in rates), ""),
            ("target", _("Target"), "money", board.goal.amount, goal.amount, members_words(board.goal)),
            ("pace", _("Pace"), "percent", *paces, ""),
            ("win_rate", _("Win rate"), "percent", *(rate.by_count for rate in rates), ""),
            ("velocity", _("Sales velocity, a day"), "money", speed.value, before.value, str(speed.why)),
            ("cycle", _("Cycle in days, median"), "days", *(each["median"] for each in cycles), ""),
            ("mean", _("Cycle in days, mean"), "days", *(each["mean"] for each in cycles), ""),
        ]
        today = board.both[1] if ask.as_of else {}
        for key, label, kind, value, earlier, why in rows:
            values = [value, earlier, *([today.get(key)] if ask.as_of else [])]
            cells = [Cell(each, kind=kind) for each in values]
            cells[0].note = why
            result.add(label, *cells)
        result.notes += board.notes
        return result
