"""Stays of deals in a pipeline as they were known at a moment, from stage visits: what all learning stands on (P9).

Plain arrays, no database. Times are days, as numbers. `rank` is the place of an open stage in its pipeline (0 is the
first); won is `WON`, lost is `LOST`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WON, LOST = 1000, -1
OPEN_CAUSE, WON_CAUSE, LOST_CAUSE = 0, 1, 2
INSTANT = 1e-6  # days: clocks that tie


@dataclass(frozen=True)
class Visits:
    """Stage visits of deals, ordered by (deal, at). `deal` and `pipeline` are numbers; `undone` is nan for none.

    `way_back` marks the moves that an undo made. `created` (by deal) is nan where the creation date is not known.
    `gone` (by deal) is when it was binned, infinite if it is there; None if all are.
    """

    deal: Ints
    pipeline: Ints
    rank: Ints
    at: Floats
    undone: Floats
    way_back: Flags
    created: Floats
    gone: Floats | None = None

    def of(self, chosen: Flags) -> "Visits":
        """Return the visits of some deals, which are numbered anew in the same order."""
        mine, gone = chosen[self.deal], None if self.gone is None else self.gone[chosen]
        number = np.cumsum(chosen) - 1
        return Visits(
            number[self.deal[mine]], self.pipeline[mine], self.rank[mine], self.at[mine], self.undone[mine],
            self.way_back[mine], self.created[chosen], gone,
        )  # fmt: skip

    def known_at(self, moment: float) -> Ints:
        """Return the places of the visits that numbers counted at a moment (P9)."""
        undone = self.undone <= moment  # nan is never
        there = True if self.gone is None else (self.gone > moment)[self.deal]
        return np.flatnonzero((self.at <= moment) & ~self.way_back & ~undone & there)


@dataclass(frozen=True)
class Stays:
    """Stays as known at `at`, one row each: a deal's time in one pipeline.

    `reached[i, k]` is when stage k or a higher one was first reached; nan if not yet or not known. A skipped stage was
    reached as it was passed. `watched` is when the record begins (late entry), `end` when it ends: the decision, the
    change of pipeline, or `at`. `rank` is the stage of the last visit, `cause` 0 for undecided, 1 won, 2 lost.
    `visit` is the place of that last visit among `Visits`. `current` is False once the deal left for another pipeline.
    """

    at: float
    deal: Ints
    pipeline: Ints
    reached: Floats
    watched: Floats
    end: Floats
    cause: Ints
    rank: Ints
    visit: Ints
    current: Flags

    def where(self, keep: Flags) -> "Stays":
        """Return some of the stays."""
        return Stays(
            self.at,
            self.deal[keep],
            self.pipeline[keep],
            self.reached[keep],
            self.watched[keep],
            self.end[keep],
            self.cause[keep],
            self.rank[keep],
            self.visit[keep],
            self.current[keep],
        )

    @property
    def is_open(self) -> Flags:
        """Which are open deals still."""
        return (self.cause == OPEN_CAUSE) & self.current

    @property
    def age(self) -> Floats:
        """Days since the present stage or a higher one was first reached; nan if that is not known."""
        rank = np.clip(self.rank, 0, self.reached.shape[1] - 1)
        since = self.reached[np.arange(len(rank)), rank] if len(rank) else np.array([])
        return self.at - since


def stays_at(visits: Visits, moment: float, stages: int) -> Stays:
    """Return the stays known at a moment; `stages` is the largest number of open stages of a pipeline.

    The change of a pipeline ends one stay, undecided, and begins another (P9): the stages up to the one that it landed
    in were reached at a time that means nothing there. Where a record begins after the deal's creation only its first
    stage has a known beginning, and it is watched from then on.
    """
    kept = visits.known_at(moment)
    deal, pipeline, rank, at = visits.deal[kept], visits.pipeline[kept], visits.rank[kept], visits.at[kept]
    if not len(kept):
        none, numbers = np.array([], float), np.array([], np.int64)
        empty = np.empty((0, stages))
        return Stays(moment, numbers, numbers, empty, none, none, numbers, numbers, numbers, np.array([], bool))
    first_of_deal = np.r_[True, deal[1:] != deal[:-1]]
    begins = np.flatnonzero(first_of_deal | np.r_[True, pipeline[1:] != pipeline[:-1]])
    last = np.r_[begins[1:], len(deal)] - 1
    current = np.r_[first_of_deal[begins[1:]], True]
    reached = np.empty((len(begins), stages))
    for k in range(stages):
        # Won is beyond all stages; nobody reaches anything by losing.
        reached[:, k] = np.minimum.reduceat(np.where(rank >= k, at, np.inf), begins)
    reached[~np.isfinite(reached)] = np.nan
    created = np.where(first_of_deal[begins], visits.created[deal[begins]], np.nan)
    late = ~(at[begins] <= created + INSTANT)  # later than the creation, or nobody knows
    landed = late[:, None] & (np.arange(stages) <= rank[begins][:, None])
    reached[landed] = np.nan
    reached[late & np.isfinite(created), 0] = created[late & np.isfinite(created)]
    decided = current & ((rank[last] == WON) | (rank[last] == LOST))
    left = np.r_[at[begins[1:]], moment]
    return Stays(
        moment, deal[begins], pipeline[begins], reached, at[begins],
        np.where(decided, at[last], np.where(current, moment, left)),
        np.where(decided, np.where(rank[last] == WON, WON_CAUSE, LOST_CAUSE), OPEN_CAUSE),
        rank[last], kept[last], current,
    )  # fmt: skip
