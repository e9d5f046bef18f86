"""Simulated workspaces with known stage processes: what is learned from them can be held against the truth."""

from dataclasses import dataclass, replace

import numpy as np

from deals.forecast.stays import LOST, WON, Visits

STAGES = 4
CONFIGURED = (0.10, 0.25, 0.50, 0.75)
YEARS = 3
PERIOD = 30.0  # days
END = 40 * PERIOD


@dataclass(frozen=True)
class Process:
    """How deals go: per stage the chance to advance, to skip one more stage, mean days before advance and before loss."""

    advance: np.ndarray
    skip: float
    stay: np.ndarray
    stay_lost: np.ndarray
    shape: float
    a_day: float
    growth: float
    season: float = 0.0
    shocks: float = 0.0  # standard deviation of the yearly mood of buyers, on the scale of log odds
    slip: float = 0.0  # share of deals that stand still for long before they are decided
    dead: float = 0.0  # share of lost deals that nobody closes

    @classmethod
    def random(cls, random: np.random.Generator, *, rough: bool = False) -> "Process":
        """Return a process at random; `rough`: with shocks, slippage and dead deals that are left open."""
        stay = random.uniform(5, 20, STAGES)
        plain = cls(
            advance=random.uniform(0.45, 0.85, STAGES),
            skip=random.uniform(0, 0.15),
            stay=stay,
            # Losses are noticed late, so won of decided is too high while the history is young.
            stay_lost=stay * random.uniform(2.0, 6.0),
            shape=random.uniform(1.0, 2.5),
            a_day=random.uniform(0.8, 2.0),
            growth=random.uniform(0.5, 2.0),
        )
        return replace(plain, shocks=0.25, slip=0.15, dead=0.1) if rough else plain


def lives(
    process: Process, random: np.random.Generator, created: np.ndarray, moods: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return for each deal when it reached each stage (inf: never), when it was decided, and whether it was won."""
    n = len(created)
    reached = np.full((n, STAGES), np.inf)
    now, stage = created.copy(), np.zeros(n, int)
    alive, won, decided = np.ones(n, bool), np.zeros(n, bool), np.full(n, np.inf)
    while alive.any():
        who = np.flatnonzero(alive)
        at = stage[who]
        fresh = ~np.isfinite(reached[who, at])
        reached[who[fresh], at[fresh]] = now[who[fresh]]
        odds = np.log(process.advance[at] / (1 - process.advance[at])) + moods[who]
        ahead = random.random(len(who)) < 1 / (1 + np.exp(-odds))
        mean = np.where(ahead, process.stay[at], process.stay_lost[at])
        lasting = random.gamma(process.shape, mean / process.shape)
        lasting = np.where(random.random(len(who)) < process.slip, lasting * 3, lasting)
        step = 1 + (random.random(len(who)) < process.skip)
        now[who] += lasting
        stage[who[ahead]] += step[ahead]
        over = ahead & (stage[who] >= STAGES)
        won[who[over]] = True
        ends = over | ~ahead
        decided[who[ends]] = now[who[ends]]
        alive[who[ends]] = False
    for k in range(STAGES - 2, -1, -1):  # a skipped stage was reached as it was passed
        reached[:, k] = np.minimum(reached[:, k], reached[:, k + 1])
    reached = np.where(won[:, None], np.minimum(reached, decided[:, None]), reached)
    forgotten = ~won & (random.random(n) < process.dead)
    decided[forgotten] = np.inf
    return reached, decided, won


@dataclass(frozen=True)
class Workspace:
    """A simulated workspace: visits, and each deal's first and last amount with the day between."""

    visits: Visits
    created: np.ndarray
    decided: np.ndarray
    won: np.ndarray
    amount_first: np.ndarray
    amount_last: np.ndarray
    changed_at: np.ndarray

    def amount_at(self, moment: float) -> np.ndarray:
        """Return each deal's amount at a moment."""
        return np.where(self.changed_at <= moment, self.amount_last, self.amount_first)


def workspace(process: Process, random: np.random.Generator, end: float = END) -> Workspace:
    """Return a workspace that begins empty and lives for `end` days."""
    days = np.arange(end)
    rate = process.a_day * (1 + process.growth * days / end) * (1 + process.season * np.sin(days / 58.1))
    created = np.repeat(days, random.poisson(rate)) + 0.0
    created += random.random(len(created))
    mood = np.cumsum(random.normal(0, process.shocks, int(end // 90) + 20) * 0.7)
    reached, decided, won = lives(process, random, created, mood[(created // 90).astype(int)])
    first = np.round(random.lognormal(8, 0.8, len(created)))
    last = np.round(first * random.lognormal(-0.1, 0.3, len(created)))
    changed = created + random.exponential(30, len(created))
    columns = _visits(reached, decided, won, end)
    visits = Visits(*columns, created=created)
    return Workspace(visits, created, decided, won, first, last, changed)


def _visits(reached: np.ndarray, decided: np.ndarray, won: np.ndarray, end: float) -> tuple[np.ndarray, ...]:
    """Return the visits as they would be recorded: skipped stages have none."""
    times = np.hstack([reached, decided[:, None]])
    rank = np.tile(np.r_[np.arange(STAGES), WON], (len(decided), 1))
    rank[:, STAGES] = np.where(won, WON, LOST)
    later = np.roll(times, -1, axis=1)
    skipped = np.zeros(times.shape, bool)
    skipped[:, :STAGES] = np.isfinite(later[:, :STAGES]) & (later[:, :STAGES] <= times[:, :STAGES])
    keep = np.isfinite(times) & (times <= end) & ~skipped
    deal = np.broadcast_to(np.arange(len(decided))[:, None], times.shape)[keep]
    n = len(deal)
    return deal.copy(), np.zeros(n, int), rank[keep], times[keep], np.full(n, np.nan), np.zeros(n, bool)


def truth(process: Process, random: np.random.Generator, n: int = 60_000) -> tuple[np.ndarray, ...]:
    """Return (days from each stage to the win, inf for none) of many deals of the process, never censored."""
    created = np.zeros(n)
    reached, decided, won = lives(process, random, created, np.zeros(n))
    return tuple(np.where(won, decided - reached[:, k], np.inf)[np.isfinite(reached[:, k])] for k in range(STAGES))
