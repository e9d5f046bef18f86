"""`python -m bench.forecasts`: what is learned and foretold, held against the truth of simulated workspaces.

RUNS=200 unless told. Prints how often intervals hold the truth; `docs/forecasting.md` keeps the figures.
"""

import os
import sys
import time
from dataclasses import dataclass

import numpy as np


@dataclass
class Tally:
    """Counts of one kind of simulation."""

    runs: int = 0
    stages: int = 0
    held: int = 0
    naive: int = 0
    covered: int = 0
    past_covered: int = 0
    score: float = 0.0
    past_score: float = 0.0


def ledger_of(made: "Workspace") -> "Ledger":
    """Return a simulated workspace as the recipes read it."""
    deals = len(made.created)
    visits = made.visits
    return Ledger(
        visits,
        [CONFIGURED],
        np.repeat(np.arange(deals), 2),
        np.stack([made.created, made.changed_at], 1).ravel(),
        np.stack([made.amount_first, made.amount_last], 1).ravel(),
        closed=visits.at,
        wanted=np.ones(len(visits.at), bool),
        stated=np.r_[CONFIGURED][np.clip(visits.rank, 0, STAGES - 1)],
        learnable=np.ones(deals, bool),
    )


def learn_once(seed: int, tally: Tally, truths: int = 100_000) -> None:
    """Learn at a random date and ask of each stage whether the true share lies in the 90 % interval; naively too."""
    random = np.random.default_rng(seed)
    process = Process.random(random)
    made = workspace(process, random)
    learned = ledger_of(made).learned(random.uniform(300, 1080))[0]
    for stage, days in zip(learned, truth(process, random, truths), strict=True):
        true = float((days <= stage.horizon).mean())
        low, high = stage.interval
        naive_low, naive_high = wilson(stage.won / max(stage.decided, 1), stage.decided)
        tally.held += low <= true <= high
        tally.naive += naive_low <= true <= naive_high
        tally.stages += 1


def foretell_once(seed: int, tally: Tally, *, rough: bool) -> None:
    """Foretell a period at a random date in it, and score the interval beside the plain quantiles of past periods."""
    random = np.random.default_rng(seed)
    made = workspace(Process.random(random, rough=rough), random)
    ledger = ledger_of(made)
    place = int(random.integers(14, 39))
    periods = [(each * PERIOD, (each + 1) * PERIOD) for each in range(place + 1)]
    start, end = periods[place]
    moment = start + random.uniform(0, 25)
    found = outlook(ledger, moment, periods[place], periods[:place], seed_of(seed))
    actual = ledger.won_total(END, start, end)
    past = [ledger.won_total(moment, *each) for each in periods[:place]][-36:]
    low, high = np.quantile(past, [LOW, HIGH])
    typical = float(np.mean(past)) + 1.0
    assert found.low is not None and found.high is not None
    tally.runs += 1
    tally.covered += found.low <= actual <= found.high
    tally.past_covered += low <= actual <= high
    tally.score += winkler(found.low, found.high, actual) / typical
    tally.past_score += winkler(low, high, actual) / typical


def main() -> None:
    """Simulate and print."""
    runs = int(os.environ.get("RUNS", "200"))
    only = sys.argv[1:] or ["learned", "plain", "rough"]
    tally = Tally()
    began = time.monotonic()
    if "learned" in only:
        for seed in range(runs):
            learn_once(seed, tally)
        print(f"Learned, {runs} runs: the truth lies in {tally.held / tally.stages:.1%} of the 90 % intervals;")
        print(f"  in {tally.naive / tally.stages:.1%} of those of won / decided ({time.monotonic() - began:.0f} s)")
    for rough in (False, True):
        name = "rough" if rough else "plain"
        if name not in only:
            continue
        tally, began = Tally(), time.monotonic()
        for seed in range(runs):
            foretell_once(10_000 * (rough + 1) + seed, tally, rough=rough)
        print(f"Forecast, {name}, {runs} runs: 80 % intervals cover {tally.covered / runs:.1%};")
        print(f"  Winkler {tally.score / runs:.3f} of a typical period, past quantiles {tally.past_score / runs:.3f}")
        print(f"  (covering {tally.past_covered / runs:.1%}; {time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()

from bench.simulated import (  # noqa: E402  models need the settings
    CONFIGURED,
    END,
    PERIOD,
    STAGES,
    Process,
    Workspace,
    truth,
    workspace,
)
from deals.forecast.interval import HIGH, LOW, outlook, seed_of, winkler  # noqa: E402
from deals.forecast.ledger import Ledger  # noqa: E402
from deals.metrics.survival import wilson  # noqa: E402

if __name__ == "__main__":
    main()
