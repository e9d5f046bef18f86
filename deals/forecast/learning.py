"""Learned probabilities (P5): how likely a deal is won within H of first reaching a stage or a higher one.

Aalen and Johansen's estimate with competing risks (won, lost) and late entry: open deals count for as long as they have
been watched, so won, lost and undecided sum to one. What few deals tell is drawn towards what more deals tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from deals.metrics.survival import Incidence, aalen_johansen

from .beta import quantile
from .stays import LOST_CAUSE, WON_CAUSE, Floats, Stays

LONGEST = 365.0  # days
SHORTEST = 1.0
HORIZON_SHARE = 0.95
WEIGHT = 10.0  # how many deals the value counts towards which is drawn
ENOUGH = 10  # decided deals with which a pipeline, or the workspace, tells something
SELECTED = 5  # won deals without a single loss: a history of wins alone
ONLY_CLOSED, ONLY_WON = "only_closed", "only_won"


@dataclass(frozen=True, slots=True)
class Learned:
    """What history says of a stage. Shares are 0 to 1 and of the horizon.

    `n` is how many deals were ever there or beyond, `effective` (n*) how many deals without gaps would tell as much.
    `drawn_to` is the value (from `drawn_from`: pipeline, workspace, configured) that counts as ten more deals.
    """

    n: int
    won: int
    lost: int
    horizon: float
    raw: float
    raw_lost: float
    effective: float
    drawn_to: float
    drawn_from: str
    incidence: Incidence = field(repr=False)

    @property
    def beta(self) -> tuple[float, float]:
        """The two parameters of the Beta distribution that the probability has."""
        a, b = self.effective * self.raw, self.effective * (1 - self.raw)
        return a + WEIGHT * self.drawn_to, b + WEIGHT * (1 - self.drawn_to)

    @property
    def probability(self) -> float:
        """The learned share: what the deals say, drawn towards what more deals say."""
        a, b = self.beta
        return a / (a + b)

    @property
    def drawn_by(self) -> float:
        """By how much the share was drawn, on the scale of log odds."""
        return log_odds(self.probability) - log_odds(self.raw) if self.effective > 0 and 0 < self.raw < 1 else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % interval of the share."""
        a, b = self.beta
        return quantile(0.05, a, b), quantile(0.95, a, b)

    @property
    def decided(self) -> int:
        """How many of the deals are decided."""
        return self.won + self.lost

    @property
    def undecided(self) -> float:
        """The share neither won nor lost by the horizon."""
        return max(0.0, 1.0 - self.raw - self.raw_lost)

    @property
    def percent(self) -> int:
        """The learned probability in whole percents."""
        return round(self.probability * 100)


def horizon_of(stays: Stays) -> float:
    """Return H in days: the 95th percentile of the time from a deal's beginning to its decision, at most a year."""
    begun = stays.reached[:, 0] if stays.reached.shape[1] else np.array([])
    lasted = (stays.end - begun)[(stays.cause > 0) & np.isfinite(begun)]
    if not len(lasted):
        return LONGEST
    return float(np.clip(np.quantile(lasted, HORIZON_SHARE), SHORTEST, LONGEST))


def cohort(stays: Stays, rank: int) -> tuple[Floats, Floats, "np.ndarray"]:
    """Return (entry, exit, cause) of the deals that reached a stage or a higher one, in days since they did."""
    keep = np.isfinite(stays.reached[:, rank])
    since = stays.reached[keep, rank]
    exit_at = np.maximum(stays.end[keep] - since, 0.0)
    return np.clip(stays.watched[keep] - since, 0.0, exit_at), exit_at, stays.cause[keep]


def incidence_of(stays: Stays, rank: int) -> Incidence:
    """Return how many of those who reached a stage have been won and lost, by days since."""
    return aalen_johansen(*cohort(stays, rank), causes=(WON_CAUSE, LOST_CAUSE))


def effective_size(share: float, variance: float, n: int) -> float:
    """Return n* = p (1 - p) / Var(p); where the share has no variance (all or none), as many deals as there are."""
    if variance <= 0 or not 0 < share < 1:
        return float(n)
    return min(share * (1 - share) / variance, float(n))


def log_odds(share: float) -> float:
    """Return the log odds of a share, which is kept half a percent away from 0 and 1."""
    share = min(max(share, 0.005), 0.995)
    return log(share / (1 - share))


def share_of(odds: float) -> float:
    """Return the share of log odds."""
    return 1 / (1 + exp(-odds))


def calibration(stays: Sequence[Stays], configured: Sequence[Sequence[float]]) -> float | None:
    """Return by how much, on the scale of log odds, pipelines turn out better than their configured probabilities.

    It is what a pipeline (or all of them, the workspace) tells about each of its stages. None with too few decided deals.
    """
    gaps, weights, decided = [], [], 0
    for pipeline, shares in zip(stays, configured, strict=True):
        horizon = horizon_of(pipeline)
        decided += int((pipeline.cause > 0).sum())
        for rank, share in enumerate(shares):
            found = incidence_of(pipeline, rank)
            if found.n:
                gaps.append(log_odds(found.share(WON_CAUSE, horizon)) - log_odds(share))
                weights.append(found.n)
    return float(np.average(gaps, weights=weights)) if decided >= ENOUGH and gaps else None


def learn_stage(stays: Stays, rank: int, horizon: float, drawn_to: float, drawn_from: str) -> Learned:
    """Learn the probability of one stage, drawn towards `drawn_to` with the weight of ten deals."""
    found = incidence_of(stays, rank)
    raw, lost = found.share(WON_CAUSE, horizon), found.share(LOST_CAUSE, horizon)
    effective = effective_size(raw, found.variances[WON_CAUSE].at(horizon), found.n)
    causes = cohort(stays, rank)[2]
    return Learned(
        n=found.n,
        won=int((causes == WON_CAUSE).sum()),
        lost=int((causes == LOST_CAUSE).sum()),
        horizon=horizon,
        raw=raw,
        raw_lost=lost,
        effective=effective,
        drawn_to=min(max(drawn_to, 0.005), 0.995),
        drawn_from=drawn_from,
        incidence=found,
    )


def learn_pipeline(stays: Stays, configured: Sequence[float], workspace: float | None = None) -> tuple[Learned, ...]:
    """Learn all stages of a pipeline; `configured` are their shares, `workspace` the calibration of all pipelines.

    A stage is drawn towards its configured share as this pipeline's deals have corrected it, else as the workspace's
    have, else as it is.
    """
    horizon = horizon_of(stays)
    own = calibration([stays], [configured])
    shift, source = (own, "pipeline") if own is not None else (workspace, "workspace")
    if shift is None:
        shift, source = 0.0, "configured"
    return tuple(
        learn_stage(stays, rank, horizon, share_of(log_odds(share) + shift), source)
        for rank, share in enumerate(configured)
    )


def within(found: Incidence, age: Floats, days: float) -> Floats:
    """Return for open deals of an age how likely they are won within some days: [F(a + h) - F(a)] / S(a)."""
    won, survival = found.causes[WON_CAUSE], found.survival
    if not len(won.times):
        return np.zeros(len(age))

    def at(curve_values: Floats, before: float, when: Floats) -> Floats:
        place = np.searchsorted(won.times, when, side="right") - 1
        return np.where(place < 0, before, curve_values[np.maximum(place, 0)])

    left = at(survival.values, 1.0, age)
    gained = at(won.values, 0.0, age + days) - at(won.values, 0.0, age)
    return np.clip(np.divide(gained, left, out=np.zeros(len(age)), where=left > 1e-9), 0.0, 1.0)


def selection(cause: "np.ndarray", seen_open: "np.ndarray") -> str:
    """Say whether a history was selected by its outcome, so that nothing can be learned from it; "" if not.

    `seen_open` marks the deals that are open or were closed only after they had been recorded.
    """
    won, lost = int((cause == WON_CAUSE).sum()), int((cause == LOST_CAUSE).sum())
    if won >= SELECTED and not lost:
        return ONLY_WON
    return ONLY_CLOSED if won + lost and not seen_open.any() else ""
