"""Held against the past: how well configured and learned probabilities foretold what came (Brier, reliability).

At each month's end T whose outcome is known by now: the deals open at T, what was learned from what was known at T, and
whether the deal was won within the horizon.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deals.metrics.survival import wilson

from .ledger import Ledger
from .stays import WON_CAUSE, Flags, Floats, Ints

BIN_OF, MOST_BINS = 20, 10
MOST_MOMENTS = 24
BOOTSTRAPS = 1000
ENOUGH_DECIDED = 30


@dataclass(frozen=True, slots=True)
class Bin:
    """Deals foretold about alike: how many, the mean of what was foretold, the share that came and its 90 % interval."""

    deals: int
    foretold: float
    came: float
    low: float
    high: float


@dataclass(frozen=True)
class Rows:
    """One row for each deal open at each moment: what three ways foretold, and whether it came."""

    deal: Ints
    configured: Floats
    learned: Floats
    base: Floats
    won: Flags


@dataclass(frozen=True, slots=True)
class Backtest:
    """Brier scores (the lower the better) of the three ways on the same rows, and their reliability.

    `gain` is by how much learned is better than configured, `gain_low` to `gain_high` its 90 % interval from drawing
    whole deals again and again, since the rows of a deal are not independent.
    """

    moments: int
    rows: int
    deals: int
    decided: int
    days: float
    brier: dict[str, float]
    gain: float
    gain_low: float
    gain_high: float
    reliability: dict[str, tuple[Bin, ...]]

    @property
    def adoptable(self) -> bool:
        """True if learned probabilities may be offered: enough decided deals, and better than what is configured."""
        return self.decided >= ENOUGH_DECIDED and self.gain > 0


def rows_at(ledger: Ledger, pipeline: int, moment: float, days: float) -> Rows | None:
    """Return the rows of one moment; None where an earlier moment of equal lead has no open deal for a base rate."""
    base = _came(ledger, pipeline, moment - days, moment)[1]
    deals, won = _came(ledger, pipeline, moment, moment + days)
    if not len(base) or not len(deals):
        return None
    found = ledger.stays(moment)
    found = found.where((found.pipeline == pipeline) & found.is_open & ledger.learnable[found.deal])
    learned = np.zeros(len(found.deal))
    for _stage, places, chance in ledger.chances(found, moment, days):
        learned[places] = chance
    return Rows(found.deal, ledger.stated[found.visit], learned, np.full(len(deals), float(base.mean())), won)


def _came(ledger: Ledger, pipeline: int, moment: float, end: float) -> tuple[Ints, Flags]:
    """Return the deals open in a pipeline at a moment, and which of them were won by `end`, as known then."""
    found = ledger.stays(moment)
    deals = found.deal[(found.pipeline == pipeline) & found.is_open & ledger.learnable[found.deal]]
    later = ledger.stays(end)
    return deals, np.isin(deals, later.deal[later.cause == WON_CAUSE])


def bins_of(foretold: Floats, won: Flags) -> tuple[Bin, ...]:
    """Return reliability in bins of equal count, each of at least 20 deals; none with fewer deals."""
    count = min(len(foretold) // BIN_OF, MOST_BINS)
    if not count:
        return ()
    order = np.argsort(foretold, kind="stable")
    result = []
    for part in np.array_split(order, count):
        share = float(won[part].mean())
        result.append(Bin(len(part), float(foretold[part].mean()), share, *wilson(share, len(part))))
    return tuple(result)


def _gain_interval(gains: Floats, deal: Ints, seed: int) -> tuple[float, float]:
    """Return the 90 % interval of the mean gain, drawing deals with all their rows."""
    _deals, place = np.unique(deal, return_inverse=True)
    sums, counts = np.bincount(place, gains), np.bincount(place)
    random = np.random.default_rng(seed)
    means = []
    for _draw in range(BOOTSTRAPS):
        drawn = random.integers(0, len(sums), len(sums))
        means.append(sums[drawn].sum() / counts[drawn].sum())
    low, high = np.quantile(means, [0.05, 0.95])
    return float(low), float(high)


def backtest(
    ledger: Ledger, pipeline: int, moments: Sequence[float], days: float, now: float, seed: int = 0
) -> Backtest | None:
    """Hold a pipeline's probabilities against the past; None where no moment has an outcome yet."""
    known = [each for each in moments if each + days <= now][-MOST_MOMENTS:]
    found = [rows for each in known if (rows := rows_at(ledger, pipeline, each, days)) is not None]
    if not found:
        return None
    deal, configured, learned, base, won = (
        np.concatenate([getattr(each, name) for each in found])
        for name in ("deal", "configured", "learned", "base", "won")
    )
    errors = {name: (value - won) ** 2 for name, value in zip(WAYS, (configured, learned, base), strict=True)}
    gains = errors["configured"] - errors["learned"]
    stays = ledger.stays(now)
    return Backtest(
        moments=len(found),
        rows=len(deal),
        deals=len(np.unique(deal)),
        decided=int(((stays.cause > 0) & (stays.pipeline == pipeline) & ledger.learnable[stays.deal]).sum()),
        days=days,
        brier={name: float(each.mean()) for name, each in errors.items()},
        gain=float(gains.mean()),
        **dict(zip(("gain_low", "gain_high"), _gain_interval(gains, deal, seed), strict=True)),
        reliability={"configured": bins_of(configured, won), "learned": bins_of(learned, won)},
    )


WAYS = ("configured", "learned", "base")
