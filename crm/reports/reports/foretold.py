"""The 80 % interval of the present month's and quarter's won total, in words, for the forecast report."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace
from crm.reports.asks import Ask
from crm.reports.estimates import Bands, Foretold
from crm.reports.periods import DAY, Period
from crm.reports.tables import Result
from crm.reports.targets import goal_of
from deals.forecast.answers import ForecastFailedError, intervals
from deals.forecast.interval import FEWEST_DECIDED, FEWEST_PERIODS, MOST_PERIODS
from deals.forecast.loading import Choice
from deals.metrics import numbers as n

INTERVAL = n.Definition(
    gettext_lazy("80 % interval"),
    "N6, N8",
    gettext_lazy(
        "Between what and what the won total of the period will lie in four of five cases, as the day began: what is won "
        "already, open deals by the learned probability of their stage, age and usual change of amount, and deals that will "
        "be created and won in what is left of the period, as in the last twelve; simulated as whole totals and corrected by "
        "how far past forecasts at the same lead were off. None under eight past periods or thirty decided deals."
    ),
)


def add_intervals(result: Result, ask: Ask) -> None:
    """Add the intervals of the month and the quarter that the day lies in, as bands and in a sentence each.

    What has to wait says so. All is told as of the beginning of the day, or of the day after `as_of`: everybody sees the same.
    """
    day = ask.as_of + DAY if ask.as_of else ask.today
    window = ask.window
    choice = Choice(window.scope, window.pipelines, window.teams, window.people)
    periods = [Period.around(kind, day) for kind in ("month", "quarter")]
    asked = []
    for period in periods:
        past, earlier = [], period
        for _back in range(MOST_PERIODS):
            earlier = earlier.previous()
            past.append((earlier.start, earlier.end + DAY))
        asked.append(((period.start, period.end + DAY), past[::-1]))
    try:
        found = intervals(day, choice, asked)
    except ForecastFailedError:
        result.notes.append(
            _("The intervals could not be computed. An admin finds the reason among the computed forecasts.")
        )
        return
    named = [(str(period), each) for period, each in zip(periods, found, strict=True)]
    known = [(period, each) for period, each in zip(periods, found, strict=True) if each is not None]
    bands = Bands.of(_("Won total with a chance of 80 %"), [_foretold(ask, period, each) for period, each in known])
    if bands.bands:
        result.charts.append(bands)
    result.waiting = result.waiting or None in found
    result.notes += [_sentence(name, each) for name, each in named]


def _foretold(ask: Ask, period: Period, outlook: Mapping[str, Any]) -> Foretold:
    """Give an outlook its target and the addresses of the deals that it is made of."""
    won = ask.figure_over(n.WON, ask.window.over(period.start, period.end))
    still = ask.figure_over(n.PIPELINE, ask.window.over(dt.date(1900, 1, 1), dt.date(9998, 12, 31)))
    return Foretold(str(period), outlook, goal_of(ask, period).amount, won, still)


def _sentence(period: str, found: Any) -> str:
    if found is None:
        return _("%(period)s: the interval is being computed. It appears here within seconds.") % {"period": period}
    if found["low"] is None:
        words = _(
            "%(period)s: no interval, for it needs %(periods)d past periods and %(decided)d decided deals; there are "
            "%(have)d and %(deals)d."
        )
        counts = {
            "periods": FEWEST_PERIODS,
            "decided": FEWEST_DECIDED,
            "have": found["periods"],
            "deals": found["decided"],
        }
        return words % {"period": period, **counts}
    base = Workspace.current().base_currency
    money = {
        name: formats.money(Decimal(found[name]).quantize(Decimal(1)), base)
        for name in ("low", "high", "median", "won", "open", "new")
    }
    words = _(
        "%(period)s, as the day began: with a chance of 80 %% between %(low)s and %(high)s will be won, in the middle "
        "%(median)s. Won already %(won)s; open deals give %(open)s, new ones %(new)s on average before the correction by "
        "past errors."
    )
    return words % {"period": period, **money}
