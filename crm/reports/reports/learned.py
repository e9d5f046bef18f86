"""Learned probabilities beside the configured ones, and frozen forecasts beside what came (N6, P5)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace
from crm.reports.asks import Ask, BadAsk
from crm.reports.estimates import Reliability
from crm.reports.kept import kept, stamp
from crm.reports.names import Names
from crm.reports.periods import DAY
from crm.reports.registry import PIPELINE as GROUP
from crm.reports.registry import Report
from crm.reports.tables import Cell, Column, Result
from deals.forecast.accuracy import EVERYBODY, OWNER, TEAM, held, restated
from deals.forecast.answers import ForecastFailedError, probabilities
from deals.forecast.configured import configured_at
from deals.forecast.learning import ENOUGH, ONLY_WON
from deals.metrics.numbers import Definition
from deals.metrics.window import reach
from deals.models import Stage

FAILED = gettext_lazy("This could not be computed today. An admin finds the reason among the computed forecasts.")
COMPUTING = gettext_lazy("This is being computed. It appears here within seconds.")


LEARNED = Definition(
    gettext_lazy("Learned probability"),
    "P5",
    gettext_lazy(
        "The share of deals that are won within the horizon after first reaching the stage or a higher one. Open deals "
        "count for as long as they have been watched (Aalen-Johansen, won and lost as competing outcomes); few deals are "
        "drawn towards the pipeline\u2019s, else the workspace\u2019s, else the configured value, with the weight of ten. "
        "The horizon is the 95th percentile of the days to a decision, a year at most. n* is how many fully observed "
        "deals would tell as much. It is learned from the deals of everybody."
    ),
)
BACKTEST = Definition(
    gettext_lazy("Held against the past"),
    "P5, N8",
    gettext_lazy(
        "At the ends of past months: the deals that were open then, what was foretold of each from what was on record by "
        "then, and whether it was won within the horizon. The Brier score is the mean squared difference between share "
        "foretold and outcome (0 is perfect). The base rate foretells the same of every deal: the share that was won before. "
        "Gain is how much lower the learned score is than the configured one."
    ),
)
ACCURACY = Definition(
    gettext_lazy("Forecast accuracy"),
    "N6, N8",
    gettext_lazy(
        "Every Monday at 00:00 the forecast of the month\u2019s won total is frozen, and never changed. Bias is by how "
        "much more was foretold than came, WAPE the sum of absolute errors, both as a share of what came; hits are the "
        "80 % intervals that held what came. Deals count for their owner and team at the freeze."
    ),
)


class Probabilities(Report):
    """Configured probabilities beside what history says."""

    key = "probabilities"
    title = gettext_lazy("Learned probabilities")
    text = gettext_lazy("How likely deals are won from each stage: as configured, and as history says.")
    group = GROUP
    order = 25
    filters = ("pipeline", "as_of")
    numbers = (LEARNED, BACKTEST)

    def build(self, ask: Ask) -> Result:
        """Return a row for each open stage."""
        result = Result(
            [
                Column("stage", _("Stage")),
                Column("configured", _("Configured"), "percent"),
                Column("learned", _("Learned"), "percent"),
                Column("low", _("90 % interval from"), "percent"),
                Column("high", _("to"), "percent"),
                Column("n", _("Deals (n)"), "count"),
                Column("effective", _("n*"), "count"),
                Column("won", _("Won"), "percent"),
                Column("lost", _("Lost"), "percent"),
                Column("undecided", _("Undecided"), "percent"),
            ]
        )
        try:
            found = probabilities(
                ask.as_of + DAY if ask.as_of else ask.today
            )  # as that day ended, or as this one began
        except ForecastFailedError:
            result.empty = str(FAILED)
            return result
        if found is None:
            result.empty, result.waiting = str(COMPUTING), True
            return result
        names, at = Names(ask.actor), ask.window.at
        percents = configured_at(at) if at else {}
        for pipeline, name in names.pipelines.items():
            if pipeline in found and (ask.pipeline is None or str(ask.pipeline) == pipeline):
                stages = [
                    stage
                    for stage in names.stages
                    if str(stage.pipeline_id) == pipeline
                    and (stage.archived_at is None or (at is not None and stage.archived_at > at))
                ]
                self._pipeline(result, found[pipeline], stages, names, percents)
                self._notes(result, found[pipeline], name, pipeline, ask)
        if not result.rows:
            result.empty = _("There is no open stage here.")
        return result

    @staticmethod
    def _pipeline(
        result: Result, found: Mapping[str, Any], stages: list[Stage], names: Names, percents: Mapping[UUID, int]
    ) -> None:
        for stage in stages:
            one = found["stages"].get(str(stage.pk))
            if one is None:
                continue
            few = one["decided"] < ENOUGH
            shares = [Cell(one[name], few=few) for name in ("probability", "low", "high")]
            rest = [one[name] if one["n"] else None for name in ("won", "lost", "undecided")]
            counts = (one["n"], round(one["effective"]))
            percent = percents.get(stage.pk, stage.probability)  # of the asked day
            result.add(names.stage_names[str(stage.pk)], percent / 100, *shares, *counts, *rest)

    @staticmethod
    def _notes(result: Result, found: Mapping[str, Any], name: str, pipeline: str, ask: Ask) -> None:
        result.notes.append(_("%(name)s: within %(days)d days.") % {"name": name, "days": round(found["horizon"])})
        for each in found["left_out"]:
            kind = _("only won deals") if each["kind"] == ONLY_WON else _("only closed deals")
            words = _(
                "%(name)s: %(n)d deals from \u201c%(origin)s\u201d hold %(kind)s, so nothing is learned from them."
            )
            origin = each["origin"] or _("typed here")
            result.notes.append(words % {"name": name, "n": each["deals"], "origin": origin, "kind": kind})
        tested = found["backtest"]
        if tested is None:
            result.notes.append(_("%(name)s: the history is too short to test it against the past.") % {"name": name})
            return
        words = _(
            "%(name)s, held against the past (%(moments)d month\u2019s ends, %(deals)d deals): Brier score "
            "%(learned).4f learned, %(configured).4f configured, %(base).4f base rate; lower is better. Gain %(gain).4f, "
            "90 %% interval %(low).4f to %(high).4f."
        )
        scores = {**tested["brier"], "gain": tested["gain"], "low": tested["gain_low"], "high": tested["gain_high"]}
        result.notes.append(words % {"name": name, "moments": tested["moments"], "deals": tested["deals"], **scores})
        bins = tested["reliability"]["learned"]
        if bins:
            title = _("%(name)s: won share of deals by what was foretold of them, with 90 %% intervals")
            result.charts.append(Reliability.of(title % {"name": name}, bins))
        if tested["adoptable"] and ask.as_of is None and ask.actor.may("settings"):
            link = reverse("deals:probabilities_adopt", args=[pipeline])
            result.actions.append((_("Adopt the learned probabilities of %(name)s") % {"name": name}, link))


BY = {EVERYBODY: gettext_lazy("All"), TEAM: gettext_lazy("Team"), OWNER: gettext_lazy("Owner")}


class ForecastAccuracy(Report):
    """How well frozen forecasts foretold what came."""

    key = "forecast-accuracy"
    title = gettext_lazy("Forecast accuracy")
    text = gettext_lazy("The forecasts frozen on Mondays beside what was won, by weeks to the end of the month.")
    group = GROUP
    order = 26
    period = "year"
    filters = ("period", "as_of")
    numbers = (ACCURACY,)

    def options(self, actor: Any) -> Mapping[str, Mapping[str, Any]]:
        """Return by what forecasts can be told apart, first what shows the most of those that the reader may see."""
        owners = reach(actor).owners
        first = EVERYBODY if owners is None else TEAM if len(owners) > 1 else OWNER
        return {"by": {first: BY[first], **BY}}

    def build(self, ask: Ask) -> Result:
        """Return a row for each group and lead."""
        scope, by = reach(ask.actor), ask.options["by"]
        if by not in BY:
            raise BadAsk(_("There is no such grouping."), "by")
        result = Result(
            [
                Column("group", _("Whose") if by == EVERYBODY else BY[by]),
                Column("weeks", _("Weeks to the end"), "count"),
                Column("forecasts", _("Forecasts"), "count"),
                Column("foretold", _("Foretold"), "money"),
                Column("came", _("Came"), "money"),
                Column("bias", _("Bias"), "percent"),
                Column("wape", _("WAPE"), "percent"),
                Column("hits", _("Interval hits"), "percent"),
            ]
        )
        key = ("accuracy", by, scope, ask.period, ask.today, ask.as_of)
        rows = kept(stamp(), key, lambda: held(scope, by, ask.period.start, ask.period.end, ask.today, ask.window.at))
        names = Names(ask.actor)
        called = {EVERYBODY: {}, TEAM: names.teams, OWNER: names.people}[by]

        def words(group: UUID | None) -> str:
            return _("All") if group is None else called.get(str(group), "?")

        for each in sorted(rows, key=lambda one: (words(one.group).casefold(), -one.weeks)):
            figures = (each.bias, each.wape, each.hit_rate)
            result.add(words(each.group), each.weeks, each.forecasts, each.foretold, each.came, *figures)
        if not rows:
            result.empty = _(
                "No month of this period that is over has a frozen forecast that you may see. One is frozen every Monday."
            )
            return result
        if late := sum(each.late for each in rows):
            text = ngettext(
                "%(n)d was built later.", "%(n)d were built later, from what is on record for their Monday.", late
            )
            result.notes.append(text % {"n": late})
        if scope.owners is None:
            self._restated(result, ask)
        return result

    @staticmethod
    def _restated(result: Result, ask: Ask) -> None:
        base, period, day = Workspace.current().base_currency, ask.period, ask.today
        found = kept(
            stamp(),
            ("restated", period, day, ask.as_of),
            lambda: restated(period.start, period.end, day, ask.window.at),
        )
        for month, then, now in found:
            words = (
                _("Restated: %(month)s stood at %(then)s at its end and stood at %(now)s on that day.")
                if ask.as_of
                else _("Restated: %(month)s stood at %(then)s at its end and stands at %(now)s now.")
            )
            sums = {"then": formats.money(Decimal(then), base), "now": formats.money(Decimal(now), base)}
            result.notes.append(words % {"month": formats.day(month), **sums})
