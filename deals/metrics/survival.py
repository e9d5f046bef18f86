"""Estimators of "how many get there, and when" for histories that are not over yet (N3, N4).

Times are numbers in any unit, as long as all use the same. A unit is under observation from `entry` (0 unless its
history begins in mid-life: late entry) to `exit`; `cause` is what ended it, 0 for "still going on" (censored). Ties:
what happens at a time comes before what is censored then; who enters at a time is at risk from just after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = Sequence[float] | Floats
Causes = Sequence[int] | npt.NDArray[np.int64]
Z_90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Curve:
    """A step function: `values[i]` holds from `times[i]` on; before the first time it is `before`."""

    times: Floats
    values: Floats
    before: float

    def at(self, time: float) -> float:
        """Return its value at a time."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        return self.before if index < 0 else float(self.values[index])


@dataclass(frozen=True, slots=True)
class Incidence:
    """The cumulative incidence of each cause, its variance, and what has met no cause yet; they sum to one."""

    causes: dict[int, Curve]
    variances: dict[int, Curve]
    survival: Curve
    n: int

    def share(self, cause: int, horizon: float) -> float:
        """Return the probability that this cause has come by the horizon."""
        return self.causes[cause].at(horizon)

    def interval(self, cause: int, horizon: float, z: float = Z_90) -> tuple[float, float]:
        """Return an interval of the share (90 % unless told): on the log(-log) scale, so it stays within 0 and 1.

        A share of exactly 0 or 1 has no variance; Wilson's bound for n units stands in for it.
        """
        share, variance = self.share(cause, horizon), self.variances[cause].at(horizon)
        if share <= 0 or share >= 1 or variance <= 0:
            return wilson(share, self.n, z)
        spread = z * sqrt(variance) / (share * abs(np.log(share)))
        return float(share ** np.exp(spread)), float(share ** np.exp(-spread))


def wilson(share: float, n: float, z: float = Z_90) -> tuple[float, float]:
    """Return Wilson's interval of a share among n; all of [0, 1] where n is 0."""
    if n <= 0:
        return 0.0, 1.0
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _events(entry: Numbers, exit: Numbers, cause: Causes) -> tuple[Floats, Floats, Floats, Floats, Floats]:  # noqa: A002
    """Return entry, exit, cause, the times at which something happened, and how many were at risk then."""
    begins, ends, causes = np.asarray(entry, float), np.asarray(exit, float), np.asarray(cause, int)
    if not begins.shape == ends.shape == causes.shape:
        raise ValueError("entry, exit and cause are of different lengths")
    if np.any(ends < begins) or not (np.all(np.isfinite(begins)) and np.all(np.isfinite(ends))):
        raise ValueError("a unit ends before it begins, or at no finite time")
    # At time 0 nobody has entered "before": who begins at 0 is at risk at 0 too, so that skipping a stage counts.
    before = np.where(begins <= 0, -1.0, begins)
    seen = ends > before  # nobody has seen anything of a unit that ends as it enters
    begins, ends, causes, before = begins[seen], ends[seen], causes[seen], before[seen]
    times = np.unique(ends[causes > 0])
    entered = np.searchsorted(np.sort(before), times, side="left")
    left = np.searchsorted(np.sort(ends), times, side="left")
    return begins, ends, causes, times, (entered - left).astype(float)


def aalen_johansen(
    entry: Numbers,
    exit: Numbers,  # noqa: A002
    cause: Causes,
    horizon: float | None = None,
    *,
    causes: Sequence[int] = (1, 2),
) -> Incidence:
    """Estimate the cumulative incidence of competing causes (Aalen and Johansen), with late entry.

    Nothing after `horizon` is used. Variances are of the delta method (Aalen). Raises ValueError for units that end
    before they begin. Without any unit the shares are 0, survival is 1 and the interval is [0, 1].
    """
    begins, ends, kinds, times, at_risk = _events(entry, exit, cause)
    if horizon is not None:
        keep = times <= horizon
        times, at_risk = times[keep], at_risk[keep]
    usable = at_risk > 0
    times, at_risk = times[usable], at_risk[usable]
    happened = {each: _counts(ends[kinds == each], times) for each in causes}
    total = _counts(ends[kinds > 0], times)
    survival = np.cumprod(1 - total / at_risk) if len(times) else np.array([])
    before = np.concatenate(([1.0], survival[:-1])) if len(times) else np.array([])
    curves, variances = {}, {}
    for each in causes:
        share = np.cumsum(before * happened[each] / at_risk)
        curves[each] = Curve(times, share, 0.0)
        variances[each] = Curve(times, _variance(share, before, happened[each], total, at_risk), 0.0)
    return Incidence(curves, variances, Curve(times, survival, 1.0), len(begins))


def _counts(moments: Floats, times: Floats) -> Floats:
    """Return how many of the moments fall on each time."""
    ordered = np.sort(moments)
    return (np.searchsorted(ordered, times, "right") - np.searchsorted(ordered, times, "left")).astype(float)


def _variance(share: Floats, before: Floats, own: Floats, total: Floats, at_risk: Floats) -> Floats:
    """Return the variance of a cumulative incidence at each of its times, by the delta method.

    Sum over u <= t of (F(t) - F(u))^2 d/(n (n - d)) + S(u-)^2 d1 (n - d1)/n^3 - 2 (F(t) - F(u)) S(u-) d1/n^2, expanded in
    powers of F(t) so that all times take one pass. Where everybody at risk has an event, n - d is taken as one half.
    """
    rest = np.maximum(at_risk - total, 0.5)
    a = total / (at_risk * rest)
    b = before * own / at_risk**2
    c = before**2 * own * (at_risk - own) / at_risk**3
    first = share**2 * np.cumsum(a) - 2 * share * np.cumsum(share * a) + np.cumsum(share**2 * a)
    third = share * np.cumsum(b) - np.cumsum(share * b)
    return np.maximum(first + np.cumsum(c) - 2 * third, 0.0)


def kaplan_meier(entry: Numbers, exit: Numbers, happened: Causes) -> Curve:  # noqa: A002
    """Estimate which share is still going on at each time (Kaplan and Meier), with late entry."""
    return aalen_johansen(entry, exit, happened, causes=(1,)).survival


def median(curve: Curve) -> float | None:
    """Return the first time by which half has ended; None while the curve has not come down to a half (N4)."""
    reached = np.flatnonzero(curve.values <= 0.5 + 1e-12)
    return float(curve.times[reached[0]]) if len(reached) else None


__all__ = ["Curve", "Incidence", "aalen_johansen", "kaplan_meier", "median", "wilson"]
