"""The overview: the figures that a manager looks at first, against the period before, with their curves."""

from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from crm.reports.reports.people import DONE
from crm.reports.tables import no_rate_note, unknown_creation_notes
from crm.reports.targets import TARGET, all_pipelines
from deals.metrics import numbers as n
from deals.metrics.conversion import FUNNEL

from . import cards
from .beside import Today, Values, tell_today, values_of
from .leaders import Leader, leaders
from .questions import Questions
from .tiles import Kpi, tiles


class Dashboard(Questions):
    """The overview of one question. Two statements bring all figures of deals; they are kept while nothing changes."""

    @cached_property
    def kpis(self) -> list[Kpi]:
        """The six figures on top."""
        found = tiles(self)
        if self.ask.as_of is not None:
            tell_today(found, *self.both, self.currency)
        return found

    @cached_property
    def funnel(self) -> Any:
        """The funnel of the deals created in the period."""
        return cards.funnel(self)

    @cached_property
    def forecast(self) -> cards.Card:
        """Won, weighted and best case by month."""
        return cards.forecast(self)

    @cached_property
    def apart(self) -> list[tuple[str, int, str, str]]:
        """Slipped deals and those without a date."""
        return cards.apart(self)

    @cached_property
    def leaders(self) -> list[Leader]:
        """The people who won most."""
        return leaders(self)

    @cached_property
    def lost(self) -> cards.Card:
        """Why deals were lost."""
        return cards.lost(self)

    @cached_property
    def activity(self) -> cards.Card:
        """Who did how much on which weekday."""
        return cards.activity(self, self.leaders)

    @cached_property
    def notes(self) -> list[str]:
        """What is in no sum, and why."""
        missing = self.found["open"][0]["no_rate"] + self.found["won"][0]["no_rate"]
        found = [no_rate_note(missing)] if missing else []
        found += unknown_creation_notes(self.found["won"][0], self.found["cycle"][0])
        return found + all_pipelines(self.ask, self.names, bool(self.goal.amount))

    @cached_property
    def both(self) -> tuple[Values, Values]:
        """The top figures of a past day, and what the same question is told today; of open deals: those open today."""
        now = Today(self)
        return values_of(self, self.stock_at(self.period.end)), values_of(now, now.stock_at(now.ask.today))

    @property
    def beside_today(self) -> dict[str, Any]:
        """What was open on the past day and what is today, for the bar above the page; nothing on the page of today."""
        if self.ask.as_of is None:
            return {}
        then, now = self.stock_at(self.ask.today).amount, self.both[1]["pipeline"]
        return {"then": then, "now": now, "currency": self.currency, "compared": _("Open pipeline today")}

    @property
    def empty(self) -> bool:
        """True while there is no deal at all to tell of."""
        found = self.found
        return (
            not any(found[name][0]["deals"] for name in ("open", "decided", "decided_before"))
            and not found["won_chart"]
        )


DEFINITIONS: tuple[Any, ...] = (n.PIPELINE, n.WON, n.DECIDED, n.VELOCITY, n.CYCLE, n.FORECAST, FUNNEL, TARGET, DONE)

__all__ = ["DEFINITIONS", "Dashboard"]
