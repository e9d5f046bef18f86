"""The forecast by month of expected close, slipped and pushed deals, and the pipeline's change (N6, N8, N9)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.reports.asks import Ask
from crm.reports.charts import Bars, Columns, Part, Pillar
from crm.reports.kept import figures, kept, key_of, stamp
from crm.reports.names import Names
from crm.reports.periods import DAY
from crm.reports.registry import PIPELINE as GROUP
from crm.reports.registry import Report
from crm.reports.tables import Cell, Column, Result, no_rate_note
from crm.reports.targets import TARGET, all_pipelines, goals
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.change import BUCKETS, CHANGE
from deals.metrics.measure import Row, decimal
from deals.metrics.pushes import PUSHED
from deals.metrics.window import end_of_day
from deals.models import ForecastCategory

from .foretold import INTERVAL, add_intervals
from .grouping import MOST_BARS, choices, chosen, largest, namer, others
from .outcome import month_words

CATEGORIES = ("commit", "best_case", "pipeline", "omitted")
MODES = {"single": gettext_lazy("Each month alone"), "cumulative": gettext_lazy("Months added up")}


class Forecast(Report):
    """What is expected to close when, and how sure we are."""

    key = "forecast"
    title = gettext_lazy("Forecast")
    text = gettext_lazy(
        "Open deals by the month of their expected close and their category, beside what is won already."
    )
    group = GROUP
    order = 5
    period = "year"
    numbers = (n.FORECAST, n.WON, TARGET, INTERVAL)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return single or cumulative."""
        return {"view_as": MODES}

    def labels(self) -> Mapping[str, Any]:
        """Return what the choice is called."""
        return {"view_as": _("Months")}

    def build(self, ask: Ask) -> Result:
        """Return a row for each month, and one each for slipped deals, those without a date and those of other months."""
        asked = {"open": n.FORECAST.by(d.CLOSE_BUCKET, d.CATEGORY), "won": n.WON.by(d.CLOSED_MONTH)}
        found, names = figures(ask.window, asked), Names(ask.actor)
        result = Result(
            [
                Column("month", _("Month")),
                Column("won", _("Won"), "money"),
                *(Column(key, ForecastCategory(key).label, "money") for key in CATEGORIES),
                Column("weighted", _("Weighted"), "money", _("without omitted")),
                Column("deals", _("Open deals"), "count"),
                Column("target", _("Target"), "money"),
                Column("gap", _("Won + weighted to target"), "money"),
            ]
        )
        months = ask.period.months
        targets = goals(ask, months)
        won = {row["closed_month"]: decimal(row["amount"]) for row in found["won"]}
        by_bucket: dict[str, dict[str, Row]] = {}
        for row in found["open"]:
            by_bucket.setdefault(row["bucket"], {})[row["category"]] = row
        adding = ask.options["view_as"] == "cumulative"
        running: list[Any] = []
        pillars = []
        for month in months:
            own = by_bucket.pop(f"{month:%Y-%m}", {})
            values = [won.get(month.isoformat(), Decimal(0)), *self._sums(own), targets[month].amount]
            if adding and running:
                values = [_plus(one, other) for one, other in zip(running, values, strict=True)]
            running = values
            mark = {"until_month": month} if adding else {"bucket": f"{month:%Y-%m}"}
            links = self._links(ask, **mark)
            won_link = ask.figure(n.WON, **{"won_until" if adding else "closed_month": month})
            self._add(result, month_words(month), values, won_link, links)
            best = max(values[1] + values[2] - values[5], Decimal(0))
            label = date_format(month, pgettext("a month in a narrow place, as Oct", "M"))
            parts = [
                Part("ok", values[0], won_link, _("won")),
                Part("1", values[5], links["weighted"], _("weighted")),
                Part("3", best, links["best"], _("best case, above weighted")),
            ]
            pillars.append(Pillar(label, parts, values[7]))
        for bucket, label in (("slipped", _("Slipped")), ("none", _("No close date"))):
            own = by_bucket.pop(bucket, {})
            self._add(result, label, [None, *self._sums(own), None], "", self._links(ask, bucket=bucket))
        if by_bucket:
            rest = [sum(column) for column in zip(*(self._sums(own) for own in by_bucket.values()), strict=True)]
            self._add(result, _("Other months"), [None, *rest, None], "", self._links(ask, in_months=False))
        if len(pillars) <= 24:
            legend = [("ok", _("Won")), ("1", _("Weighted")), ("3", _("Best case"))]
            result.charts.append(Columns.of(_("Forecast by close month"), pillars, legend))
        if missing := sum(row["no_rate"] for row in found["open"]):
            result.notes.append(no_rate_note(missing))
        result.notes += all_pipelines(ask, names, any(targets[month].amount for month in months))
        add_intervals(result, ask)
        return result

    @staticmethod
    def _links(ask: Ask, **mark: Any) -> dict[str, str]:
        """Return where the deals of a row are: by category, without the omitted, best case and better, and all."""
        marks: dict[str, dict[str, Any]] = {key: {"category": key} for key in CATEGORIES}
        marks |= {"weighted": {"counted": True}, "best": {"best": True}, "": {}}
        return {key: ask.figure(n.FORECAST, **mark, **each) for key, each in marks.items()}

    @staticmethod
    def _sums(own: Mapping[str, Row]) -> list[Any]:
        """Return the sums by category, the weighted one without the omitted, and how many deals."""
        amounts = [decimal(own[key]["amount"]) if key in own else Decimal(0) for key in CATEGORIES]
        weighted = sum((decimal(row["weighted"]) for key, row in own.items() if key != "omitted"), Decimal(0))
        return [*amounts, weighted, sum(row["deals"] for row in own.values())]

    @staticmethod
    def _add(result: Result, label: str, values: list[Any], won_link: str, links: Mapping[str, str]) -> None:
        won, *amounts, weighted, deals, target = values
        gap = won + weighted - target if target and won is not None else None
        cells = [Cell(value, links[key]) for key, value in zip(CATEGORIES, amounts, strict=True)]
        shown = Cell(weighted, links["weighted"])
        result.add(Cell(label, links[""]), Cell(won, won_link), *cells, shown, Cell(deals, links[""]), target, gap)


def _plus(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


class Slipped(Report):
    """Deals whose day of close has passed, and those that were put off."""

    key = "slipped"
    title = gettext_lazy("Slipped and pushed deals")
    text = gettext_lazy("Open deals that should have closed by now, and deals whose close was put off in the period.")
    group = GROUP
    order = 40
    numbers = (n.SLIPPED, PUSHED)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return by what they are told apart."""
        return {"by": choices(actor, d.OWNER, d.STAGE, d.TEAM, d.SOURCE, d.COMPANY)}

    def build(self, ask: Ask) -> Result:
        """Return a row for each group."""
        by, names = chosen(ask), Names(ask.actor)
        found = figures(ask.window, {"slipped": n.SLIPPED.by(by), "pushed": PUSHED.by(by)})
        late, pushed = ({row[by.key]: row for row in found[name]} for name in ("slipped", "pushed"))
        call = namer(names, by, [*found["slipped"], *found["pushed"]])
        result = Result(
            [
                Column("group", by.label),
                Column("slipped", _("Slipped"), "count"),
                Column("slipped_amount", _("Slipped amount"), "money"),
                Column("pushed", _("Pushed"), "count"),
                Column("pushed_amount", _("Pushed amount"), "money"),
                Column("times", _("Times pushed"), "count"),
                Column("days", _("Days pushed, mean"), "days"),
            ]
        )
        order = sorted(
            late.keys() | pushed.keys(), key=lambda key: (-decimal(late.get(key, {}).get("amount")), call(key))
        )
        shown, rest = largest(order, ask)
        lines: list[Any] = [(call(key), late.get(key), pushed.get(key), {by.key: key}) for key in shown]
        if rest:
            sums = [self._sum([rows[key] for key in rest if key in rows]) for rows in (late, pushed)]
            lines.append((others(len(rest)), *sums, None))
        if order:
            lines.append((_("All"), *(self._sum(found[name]) for name in ("slipped", "pushed")), {}))
        for name, one, two, marks in lines:
            here, there = ("", "") if marks is None else (ask.figure(each, **marks) for each in (n.SLIPPED, PUSHED))
            result.add(
                name,
                Cell(one["deals"] if one else 0, here),
                Cell(decimal(one["amount"]) if one else Decimal(0), here),
                Cell(two["deals"] if two else 0, there),
                Cell(decimal(two["amount"]) if two else Decimal(0), there),
                int(two["times"]) if two else 0,
                decimal(two["days"]) / decimal(two["times"]) if two and two["times"] else None,
                total=marks == {},
            )
        if not order:
            result.empty = _("No deal has slipped, and none was pushed in this period.")
        else:
            bars = [
                (call(k), decimal(late[k]["amount"]), ask.figure(n.SLIPPED, **{by.key: k}))
                for k in order[:MOST_BARS]
                if k in late
            ]
            result.charts.append(Bars.of(_("Slipped amount"), bars, "money"))
        return result

    @staticmethod
    def _sum(rows: list[Row]) -> Row:
        names = ("deals", "amount", "times", "days")
        total = {name: sum((decimal(row.get(name)) for row in rows), Decimal(0)) for name in names}
        return total | {"deals": int(total["deals"])}


LABELS = {
    "start": gettext_lazy("At the start"),
    "created": gettext_lazy("Created"),
    "entered": gettext_lazy("Reopened or come over"),
    "grew": gettext_lazy("Grown"),
    "same": gettext_lazy("Unchanged"),
    "shrank": gettext_lazy("Shrunk"),
    "left": gettext_lazy("Deleted or gone elsewhere"),
    "won": gettext_lazy("Won"),
    "lost": gettext_lazy("Lost"),
    "end": gettext_lazy("At the end"),
    "slipped": gettext_lazy("Expected later than before"),
}


class Change(Report):
    """How the open pipeline became what it is."""

    key = "pipeline-change"
    title = gettext_lazy("Pipeline change")
    text = gettext_lazy(
        "From what was open before the period to what is open at its end: what came in, went out, grew or shrank."
    )
    group = GROUP
    order = 15
    period = "month"
    filters = ("period", "pipeline", "team", "person")
    numbers = (CHANGE,)

    def build(self, ask: Ask) -> Result:
        """Return a row for each kind of change; start and changes sum to the end."""
        result = Result(
            [
                Column("change", _("Change")),
                Column("deals", _("Deals"), "count"),
                Column("amount", _("Amount"), "money"),
            ]
        )
        since = ask.period.start - DAY
        if since >= ask.today:
            result.empty = _("This period has not begun.")
            return result
        window = ask.window.as_at(ask.period.end) if ask.period.end < ask.today else ask.window
        window = type(window)(
            window.start, window.end, window.scope, window.pipelines, window.teams, window.people, window.as_of,
            {"since": since, "since_at": end_of_day(since)},
        )  # fmt: skip
        rows = kept(stamp(), ("change", *key_of(window)), lambda: self._rows(window))
        bars = []
        for bucket in BUCKETS:
            deals, amount = rows.get(bucket, (0, Decimal(0)))
            link = ask.figure_over(CHANGE, window, bucket_of_change=bucket)
            result.add(
                Cell(LABELS[bucket], link), Cell(deals, link), Cell(amount, link), total=bucket in ("start", "end")
            )
            bars.append((str(LABELS[bucket]), abs(amount), link))
        result.charts.append(Bars.of(_("Amount of each change, whichever way"), bars[:-1], "money"))
        result.notes.append(_("Deals that are expected later than before stay in the sums: their row changes none."))
        return result

    @staticmethod
    def _rows(window: Any) -> dict[str, tuple[int, Decimal]]:
        with connection.cursor() as cursor:
            cursor.execute(CHANGE.statement(then=window.at is not None), window.params())
            return {bucket: (deals, amount) for bucket, deals, amount in cursor.fetchall()}
