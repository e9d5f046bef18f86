"""Stage conversion with horizon shares, the funnel of a cohort, and time in stage (N3, N4)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.reports.asks import Ask
from crm.reports.charts import Bars, Funnel, FunnelBar
from crm.reports.kept import figures
from crm.reports.names import Names
from crm.reports.registry import PIPELINE as GROUP
from crm.reports.registry import Report
from crm.reports.tables import Cell, Column, Result
from deals.metrics import numbers
from deals.metrics.conversion import FUNNEL, LOST, MOVED_ON, STAYS, STILL_OPEN, conversion, conversions, funnel, stays
from deals.metrics.measure import Row
from deals.models import Stage
from deals.tones import tones

MODES = {"lenient": gettext_lazy("count as passed"), "strict": gettext_lazy("do not count")}
HORIZONS = {str(days): gettext_lazy("%s days") % days for days in (90, 30, 60, 180, 365)}


def funnel_chart(ask: Ask, rows: list[Row], names: Names) -> Funnel | None:
    """Return the funnel of the asked pipeline, the first one unless one is chosen; None while it has no open stage."""
    pipeline = str(ask.pipeline or next(iter(names.pipelines), ""))
    stages = [each for each in names.stages if str(each.pipeline_id) == pipeline and each.is_open]
    kept = [each for each in stages if each.archived_at is None]
    if not kept:
        return None
    own = [row for row in rows if row["pipeline"] == pipeline]
    bars, won, cohort = funnel(own, {stage.pk: stage.position for stage in kept})
    colours = tones(kept)
    found = [
        FunnelBar(
            stage.name, colours[stage.pk], bars[stage.pk].deals, bars[stage.pk].amount,
            ask.figure(FUNNEL, pipeline=pipeline, reached_from=stage.position),
        )
        for stage in kept
    ]  # fmt: skip
    last = next(each for each in names.stages if str(each.pipeline_id) == pipeline and each.is_won)
    link = ask.figure(FUNNEL, pipeline=pipeline, outcome=Stage.Kind.WON)
    found.append(FunnelBar(last.name, "won", won.deals, won.amount, link))
    name = names.pipelines[pipeline] if len(names.pipelines) > 1 else ""
    title = _("%(pipeline)s: deals created in the period, by how far they came") % {"pipeline": name}
    return Funnel.of(
        title if name else _("Deals created in the period, by how far they came"), found, cohort.deals, name
    )


class Conversion(Report):
    """Which share of the deals that reach a stage moves on."""

    key = "conversion"
    title = gettext_lazy("Stage conversion")
    text = gettext_lazy("Of the deals that reached a stage in the period: who moved on, was lost, or is still open.")
    group = GROUP
    order = 20
    numbers = (conversion(), FUNNEL)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return how skipped stages count, and the horizon."""
        return {"mode": MODES, "horizon": HORIZONS}

    def build(self, ask: Ask) -> Result:
        """Return a row for each open stage, with the funnel above."""
        number, horizon = conversion(strict=ask.options["mode"] == "strict"), int(ask.options["horizon"])
        asked = {"entries": number, "funnel": FUNNEL, "unknown": numbers.UNKNOWN_CREATION}
        found, names = figures(ask.window, asked), Names(ask.actor)
        by_stage = conversions(found["entries"], horizon)
        result = Result(
            [
                Column("stage", _("Stage")),
                Column("reached", _("Reached"), "count"),
                Column("moved_on", _("Moved on"), "count"),
                Column("lost", _("Lost"), "count"),
                Column("open", _("Still open"), "count"),
                Column("of_all", _("Of all"), "percent"),
                Column("of_decided", _("Of decided"), "percent"),
                Column("share", _("Within %(n)s days") % {"n": horizon}, "percent"),
                Column("low", _("From"), "percent", _("90 % interval")),
                Column("high", _("To"), "percent", _("90 % interval")),
            ]
        )
        for stage in names.stages:
            each = by_stage.get(str(stage.pk))
            if each is None:
                continue
            link = {name: ask.figure(number, entered=stage.pk, became=name) for name in (STILL_OPEN, MOVED_ON, LOST)}
            low, high = each.interval or (None, None)
            biased = _("biased") if each.biased else ""
            result.add(
                names.stage_names[str(stage.pk)],
                Cell(each.reached, ask.figure(number, entered=stage.pk)),
                Cell(each.moved_on, link[MOVED_ON]),
                Cell(each.lost, link[LOST]),
                Cell(each.still_open, link[STILL_OPEN]),
                Cell(each.of_all, note=biased, few=each.few),
                Cell(each.of_decided, note=biased, few=each.few),
                *(Cell(value, few=each.few) for value in (each.share, low, high)),
            )
        if chart := funnel_chart(ask, found["funnel"], names):
            result.charts.append(chart)
        if not result.rows:
            result.empty = _("No deal reached a stage in this period.")
        elif any(each.few for each in by_stage.values()):
            result.notes.append(_("Shares of fewer than ten decided deals are grey: they say little."))
        if any(each.biased for each in by_stage.values()):
            result.notes.append(
                _(
                    "Biased: over a tenth of the deals is still open, so raw shares mislead; the share within days does not."
                )
            )
        if unknown := found["unknown"][0]["deals"]:
            result.notes.append(_("Deals whose creation date is not known are not in the funnel: %d.") % unknown)
        return result


class TimeInStage(Report):
    """How long deals stay in a stage."""

    key = "time-in-stage"
    title = gettext_lazy("Time in stage")
    text = gettext_lazy("How many days deals stay in each stage, running visits taken into account.")
    group = GROUP
    order = 30
    numbers = (STAYS,)

    def build(self, ask: Ask) -> Result:
        """Return a row for each open stage."""
        found, names = stays(figures(ask.window, {"stays": STAYS})["stays"]), Names(ask.actor)
        result = Result(
            [
                Column("stage", _("Stage")),
                Column("finished", _("Finished visits"), "count"),
                Column("mean", _("Mean"), "days"),
                Column("median", _("Median"), "days", _("Kaplan-Meier")),
                Column("running", _("Still there"), "count"),
                Column("running_mean", _("So far, mean"), "days"),
            ]
        )
        bars = []
        for stage in names.stages:
            each = found.get(str(stage.pk))
            if each is None:
                continue
            done = ask.figure(STAYS, stayed=stage.pk, running=False)
            going = ask.figure(STAYS, stayed=stage.pk, running=True)
            name = names.stage_names[str(stage.pk)]
            result.add(
                name, Cell(each.finished, done), each.mean, each.median, Cell(each.running, going), each.running_mean
            )
            bars.append((name, each.median, ask.figure(STAYS, stayed=stage.pk)))
        if result.rows:
            result.charts.append(Bars.of(_("Median days"), bars, "days"))
        else:
            result.empty = _("No visit of a stage began in this period.")
        return result
