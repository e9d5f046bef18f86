"""All that a forecast reads of the past, in arrays: as known at any moment, for any set of deals, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .learning import Learned, calibration, learn_pipeline, within
from .stays import WON_CAUSE, Flags, Floats, Ints, Stays, Visits, stays_at


@dataclass
class Ledger:
    """Visits and what deals were worth, over all days. Times are days; worth is in the base currency.

    `configured` are the present configured shares of the open stages, by pipeline; `settings` those of the past, each from
    an instant on (none: they were always the same). `worth_*` are the records of a deal's worth,
    ordered by (deal, at), in the currency with that number in `rates`; nan is no amount. `rates` are (days, rates) of each
    currency: the last rate by then holds. `closed` (by visit) is the business date of a close. `wanted` (by visit)
    tells the deals of the forecast: a closed deal belongs to it if its closing visit does, an open one if its present owner
    does (`wanted_open`, by record) and it is in a wanted pipeline (`inside`, by pipeline). `stated` (by visit) is the
    effective probability (P5) as the visit began, a share. `learnable` (by deal) is False for histories that were
    selected by their outcome. `whole` is the ledger of everybody's deals where this one holds some of them alone.
    """

    visits: Visits
    configured: Sequence[Sequence[float]]
    worth_deal: Ints
    worth_at: Floats
    worth: Floats
    closed: Floats
    wanted: Flags
    stated: Floats
    learnable: Flags
    wanted_open: Flags | None = None
    currency: Ints | None = None
    rates: Sequence[tuple[Floats, Floats]] = ()
    inside: Flags | None = None
    settings: Sequence[tuple[float, Sequence[Sequence[float]]]] = ()
    whole: "Ledger | None" = None
    _stays: dict[float, Stays] = field(default_factory=dict, repr=False)
    _learned: dict[float, list[tuple[Learned, ...]]] = field(default_factory=dict, repr=False)

    @property
    def stages(self) -> int:
        """The largest number of open stages of a pipeline."""
        return max((len(each) for each in self.configured), default=1)

    @property
    def begins(self) -> float:
        """When the record begins: the first creation of a deal that is known, infinite if there is none."""
        if self.whole is not None:
            return self.whole.begins
        known = self.visits.created[np.isfinite(self.visits.created)]
        return float(known.min()) if len(known) else np.inf

    def narrowed(self, wanted: Flags, wanted_open: Flags, inside: Flags | None) -> "Ledger":
        """Return the ledger of the wanted deals: what the others tell is learned from the whole."""
        visits, chosen = self.visits, np.zeros(len(self.visits.created), bool)
        chosen[visits.deal[wanted]] = True
        chosen[self.worth_deal[wanted_open]] = True
        if chosen.all():
            return replace(self, wanted=wanted, wanted_open=wanted_open, inside=inside)
        number = np.cumsum(chosen) - 1
        mine, worth = chosen[visits.deal], chosen[self.worth_deal]
        return Ledger(
            visits.of(chosen),
            self.configured,
            number[self.worth_deal[worth]],
            self.worth_at[worth],
            self.worth[worth],
            closed=self.closed[mine],
            wanted=wanted[mine],
            stated=self.stated[mine],
            learnable=self.learnable[chosen],
            wanted_open=wanted_open[worth],
            currency=None if self.currency is None else self.currency[worth],
            rates=self.rates,
            inside=inside,
            whole=self,
        )

    def shares(self, moment: float) -> Sequence[Sequence[float]]:
        """Return the configured shares as they were at a moment; before the first that are on record, these (N8)."""
        if not self.settings:
            return self.configured
        known = [shares for since, shares in self.settings if since <= moment]
        return known[-1] if known else self.settings[0][1]

    def stays(self, moment: float) -> Stays:
        """Return all stays as known at a moment."""
        if moment not in self._stays:
            self._stays[moment] = stays_at(self.visits, moment, self.stages)
        return self._stays[moment]

    def mine(self, moment: float) -> Stays:
        """Return the stays of the wanted deals as known at a moment."""
        found = self.stays(moment)
        if self.wanted_open is None:
            return found.where(self.wanted[found.visit])
        opened = self.wanted_open[self._record(found.deal, moment)] if len(self.wanted_open) else False
        if self.inside is not None:
            opened = opened & self.inside[found.pipeline]
        return found.where(np.where(found.is_open, opened, self.wanted[found.visit]))

    def learned(self, moment: float) -> list[tuple[Learned, ...]]:
        """Return what was to be learned at a moment, by pipeline and stage, from the deals of everybody."""
        if self.whole is not None:
            return self.whole.learned(moment)
        if moment not in self._learned:
            found = self.stays(moment)
            found = found.where(self.learnable[found.deal])
            pipelines = [found.where(found.pipeline == each) for each in range(len(self.configured))]
            configured = self.shares(moment)
            everywhere = calibration(pipelines, configured)
            self._learned[moment] = [
                learn_pipeline(stays, shares, everywhere) for stays, shares in zip(pipelines, configured, strict=True)
            ]
        return self._learned[moment]

    def chances(self, found: Stays, moment: float, days: float) -> list[tuple[Learned, Ints, Floats]]:
        """Return by stage (what was learned, places of its open deals, chance of each to be won within some days).

        A deal's chance is that of its age, moved by what the stage was drawn towards on the scale of log odds. Where a
        deal's age in its stage is not known it is taken from when it was first seen.
        """
        result = []
        age = np.where(np.isfinite(found.age), found.age, moment - found.watched)
        for pipeline, stages in enumerate(self.learned(moment)):
            for rank, learned in enumerate(stages):
                places = np.flatnonzero(found.is_open & (found.pipeline == pipeline) & (found.rank == rank))
                if not len(places):
                    continue
                chance = within(learned.incidence, age[places], days)
                inner = (chance > 0) & (chance < 1)
                odds = np.log(chance[inner] / (1 - chance[inner])) + learned.drawn_by
                chance[inner] = 1 / (1 + np.exp(-odds))
                result.append((learned, places, chance))
        return result

    def _record(self, deals: Ints, moment: float) -> Ints:
        """Return the place of the record that held of each deal; the first record holds before it too (N8)."""
        first = np.searchsorted(self.worth_deal, deals, "left")
        end = np.searchsorted(self.worth_deal, deals, "right")
        known = np.cumsum(np.r_[0, self.worth_at <= moment])
        place = np.maximum(first, first + known[end] - known[first] - 1)
        return np.minimum(place, max(len(self.worth) - 1, 0))

    def worth_at_moment(self, deals: Ints, moment: float, on: Floats | None = None) -> Floats:
        """Return what deals were worth at a moment, nan for no amount or no rate; `on`: the days whose rates hold (P7)."""
        if not len(self.worth):
            return np.full(len(deals), np.nan)
        place = self._record(deals, moment)
        found = self.worth[place]
        if self.currency is None:
            return found
        days = np.full(len(deals), moment) if on is None else on
        for code in np.unique(self.currency[place]):
            since, rates = self.rates[code]
            own = self.currency[place] == code
            at = np.searchsorted(since, days[own], "right") - 1
            found[own] *= np.where(at >= 0, rates[np.maximum(at, 0)] if len(rates) else np.nan, np.nan)
        return found

    def won(self, moment: float, start: float, end: float) -> tuple[Ints, Floats]:
        """Return (deals, worth) of the wanted deals won after `start` and by `end`, as known at a moment."""
        found = self.mine(moment)
        closed = self.closed[found.visit]
        found = found.where((found.cause == WON_CAUSE) & (closed > start) & (closed <= end))
        on = self.closed[found.visit]
        return found.deal, np.nan_to_num(self.worth_at_moment(found.deal, moment, on))

    def won_total(self, moment: float, start: float, end: float) -> float:
        """Return the sum won after `start` and by `end`, as known at a moment."""
        return float(self.won(moment, start, end)[1].sum())
