"""The forecast of a period's won total with an 80 % interval, by simulation of whole totals.

Already won (fixed) + the open deals + deals that will be created and won within the period, times a common shock; then
widened or narrowed by how the same recipe did in past periods. Ends of intervals are never summed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from .ledger import Ledger
from .stays import Floats

VERSION = 1  # of the recipe: raise it with every change of what is computed
COVERAGE = 0.8
LOW, HIGH = (1 - COVERAGE) / 2, (1 + COVERAGE) / 2
DRAWS, PAST_DRAWS, CELLS = 4000, 400, 4_000_000
FEWEST_PERIODS, FEWEST_DECIDED = 8, 30
RESCALED_FROM, MOST_PERIODS, NEW_FROM = 20, 36, 12
RATIO_LIMITS = (0.05, 20.0)
SHOCK_LIMIT = 1.5  # on the scale of logarithms
SHRINK = 5.0  # as many periods without any error count towards the mean error
SCALE_LIMITS = (0.5, 3.0)

Period = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of a period: its mean, median and 80 % interval; none of the latter two with too little history.

    `won` is won already, `open` and `new` are the means of the parts to come; `scale` is the rescaling by past coverage,
    `shock` the mean factor by which past forecasts were wrong.
    """

    won: float
    open: float
    new: float
    mean: float
    median: float | None
    low: float | None
    high: float | None
    periods: int
    decided: int
    shock: float
    scale: float
    covered: float | None

    @property
    def known(self) -> bool:
        """True if there is history enough for an interval."""
        return self.low is not None


@dataclass(frozen=True, slots=True)
class Past:
    """How the recipe did in a past period, at the same lead: logarithm of the error, variance of the model's own."""

    rest: float
    foretold: float
    error: float
    variance: float
    score: float | None


def seed_of(*words: object) -> int:
    """Return the seed for a question: the same words give the same draws to everybody."""
    return int.from_bytes(sha256(repr((VERSION, *words)).encode()).digest()[:8])


def draw_open(
    ledger: Ledger, moment: float, end: float, ratios: Floats, random: np.random.Generator, draws: int
) -> Floats:
    """Return simulated totals of the open deals that are won by `end`.

    A stage's probability is drawn once for all of its deals, so that they err together; each deal's own chance moves
    along with it on the scale of log odds. Worth is times a ratio of final to then that the past has seen.
    """
    found = ledger.mine(moment)
    worth = np.nan_to_num(ledger.worth_at_moment(found.deal, moment))
    totals = np.zeros(draws)
    for learned, places, chance in ledger.chances(found, moment, end - moment):
        drawn = np.clip(random.beta(*learned.beta, draws), 1e-6, 1 - 1e-6)
        moved = np.log(drawn / (1 - drawn)) - np.log(learned.probability / (1 - learned.probability))
        some = chance > 0
        places, chance = places[some], np.minimum(chance[some], 1 - 1e-9)
        odds = np.log(chance / (1 - chance))
        step = max(1, CELLS // draws)
        for start in range(0, len(places), step):
            part = slice(start, start + step)
            likely = 1 / (1 + np.exp(-(odds[part][:, None] + moved)))
            won = random.random(likely.shape) < likely
            value = worth[places[part]][:, None] * random.choice(ratios, likely.shape)
            totals += (won * value).sum(axis=0)
    return totals


def ratios_of(ledger: Ledger, moment: float, past: Sequence[tuple[float, float]]) -> Floats:
    """Return the ratios of final to then of deals that were open at the (moment, end) of past periods and are won."""
    now = ledger.mine(moment)
    won = now.deal[now.cause == 1]
    found = []
    for then, _end in past:
        before = ledger.mine(then)
        deals = np.intersect1d(before.deal[before.is_open], won)
        first, last = ledger.worth_at_moment(deals, then), ledger.worth_at_moment(deals, moment)
        known = (first > 0) & np.isfinite(last)
        found.append(np.clip(last[known] / first[known], *RATIO_LIMITS))
    together = np.concatenate(found) if found else np.array([])
    return together if len(together) else np.ones(1)


def new_total(ledger: Ledger, known: float, then: float, end: float) -> float:
    """Return the sum of deals created and won after `then` and by `end`, as known at a moment."""
    deals, worth = ledger.won(known, then, end)
    return float(worth[ledger.visits.created[deals] > then].sum())


def outlook(ledger: Ledger, moment: float, period: Period, past: Sequence[Period], seed: int) -> Outlook:
    """Return the forecast of a period as known at `moment`, which lies in it or before its start.

    `past` are earlier periods of the same kind in order, all over by `moment`; those that begin before the record are
    left out. Nothing that became known after `moment` is used.
    """
    random = np.random.default_rng(seed)
    start, end = period
    lead = end - moment
    usable = _usable(ledger, past, lead)
    decided = int((ledger.mine(moment).cause > 0).sum())
    won = ledger.won_total(moment, start, end)
    history: list[Past] = []
    enough = len(usable) >= FEWEST_PERIODS and decided >= FEWEST_DECIDED
    if enough:
        history = _history(ledger, usable, lead, random)
    open_part, new_part = _parts(ledger, moment, end, usable, random, _draws(ledger, moment, DRAWS))
    shock = _shock(history, random, len(open_part))
    totals = won + (open_part + new_part) * shock
    low, median, high = np.quantile(totals, [LOW, 0.5, HIGH])
    scale, covered = _scale(history)
    low, high = median - (median - low) * scale, median + (high - median) * scale
    mean = float(totals.mean())
    return Outlook(
        won=won, open=float(open_part.mean()), new=float(new_part.mean()), mean=mean,
        median=float(median) if enough else None,
        low=max(float(low), won) if enough else None,
        high=float(high) if enough else None,
        periods=len(usable), decided=decided, shock=float(np.mean(shock)), scale=scale, covered=covered,
    )  # fmt: skip


def _usable(ledger: Ledger, past: Sequence[Period], lead: float) -> list[Period]:
    """Return the past periods at whose equal lead there was something on record; at most three years of them."""
    first = ledger.begins
    return [(start, end) for start, end in past if min(start, end - lead) >= first][-MOST_PERIODS:]


def _draws(ledger: Ledger, moment: float, most: int) -> int:
    deals = max(int(ledger.mine(moment).is_open.sum()), 1)
    return int(np.clip(10 * CELLS // deals, 200, most))


def _parts(
    ledger: Ledger, moment: float, end: float, past: Sequence[Period], random: np.random.Generator, draws: int
) -> tuple[Floats, Floats]:
    """Return simulated totals of the open deals, and of those to come, as past periods of equal lead have seen them."""
    lead = end - moment
    leads = [(over - lead, over) for _start, over in past[-NEW_FROM:] if over <= moment]
    opened = draw_open(ledger, moment, end, ratios_of(ledger, moment, leads), random, draws)
    seen = np.array([new_total(ledger, moment, then, over) for then, over in leads])
    return opened, random.choice(seen, draws) if len(seen) else np.zeros(draws)


def _history(ledger: Ledger, periods: Sequence[Period], lead: float, random: np.random.Generator) -> list[Past]:
    """Foretell each past period with what was known at the same lead, in order, each corrected by those before."""
    found: list[Past] = []
    actual = [ledger.won_total(end, start, end) - ledger.won_total(end - lead, start, end) for start, end in periods]
    small = 0.05 * float(np.mean(actual)) + 1e-9
    for place, (_start, end) in enumerate(periods):
        then = end - lead
        if place < 3:  # nothing to foretell from
            continue
        opened, new = _parts(ledger, then, end, periods[:place], random, _draws(ledger, then, PAST_DRAWS))
        rest, totals = max(actual[place], 0.0), opened + new
        error = float(np.log((rest + small) / (totals.mean() + small)))
        variance = float(np.var(np.log(totals + small)))
        score = None
        if len(found) >= 3:
            low, median, high = np.quantile(totals * _shock(found, random, len(totals)), [LOW, 0.5, HIGH])
            wide = max(high - median if rest >= median else median - low, small)
            score = float(abs(rest - median) / wide)
        found.append(
            Past(rest, float(totals.mean()), float(np.clip(error, -SHOCK_LIMIT, SHOCK_LIMIT)), variance, score)
        )
    return found


def _shock(history: Sequence[Past], random: np.random.Generator, draws: int) -> Floats:
    """Return common factors from past errors: their mean, and what they vary more than the model's own draws do."""
    if len(history) < 3:
        return np.ones(draws)
    errors = np.array([each.error for each in history])
    bias = errors.mean() * len(errors) / (len(errors) + SHRINK)
    varied = float(errors.var(ddof=1))
    # What the mean error itself is unsure by comes on top.
    excess = max(varied - float(np.mean([each.variance for each in history])), 0.0) + varied / len(errors)
    around = errors - errors.mean()
    spread = float(around.std()) or 1.0
    return np.exp(bias + random.choice(around, draws) / spread * np.sqrt(excess) - excess / 2)


def _scale(history: Sequence[Past]) -> tuple[float, float | None]:
    """Return the factor with which past intervals would have covered as often as they say, and how often they did."""
    scores = np.array([each.score for each in history if each.score is not None])
    covered = float((scores <= 1).mean()) if len(scores) else None
    if len(history) < RESCALED_FROM or not len(scores):
        return 1.0, covered
    share = min(COVERAGE * (len(scores) + 1) / len(scores), 1.0)
    return float(np.clip(np.quantile(scores, share), *SCALE_LIMITS)), covered


def winkler(low: float, high: float, actual: float) -> float:
    """Return Winkler's score of an interval: its width, and 2 / (1 - coverage) times how far the outcome lies outside."""
    outside = max(low - actual, actual - high, 0.0)
    return high - low + 2 / (1 - COVERAGE) * outside
