"""Rounds: every case once, then every case again, so that a busy moment of the machine meets all alike."""

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .client import Person


@dataclass(slots=True)
class Case:
    """Something to measure. `floor` is the case it is compared with; `must` and `aim` are limits of the ratio."""

    name: str
    ask: Callable[[Person], float]
    who: str = "admin"
    floor: str = ""
    must: float = 0.0
    aim: float = 0.0
    size: int = 0
    rounds: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median of the rounds' medians, in milliseconds."""
        return statistics.median(self.rounds)


def page(path: str) -> Callable[[Person], float]:
    """Return what asks for a page and fails loudly unless it comes."""

    def ask(person: Person) -> float:
        answer = person.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}.")
        return answer.ms

    return ask


def run_rounds(cases: Sequence[Case], people: dict[str, Person], *, rounds: int, requests: int, warm: int = 4) -> None:
    """Measure all cases, interleaved request by request; each round's median is kept."""
    for case in cases:
        for _ in range(warm):
            case.ask(people[case.who])
    for _ in range(rounds):
        times: dict[str, list[float]] = {case.name: [] for case in cases}
        for _request in range(requests):
            for case in cases:
                times[case.name].append(case.ask(people[case.who]))
        for case in cases:
            case.rounds.append(statistics.median(times[case.name]))


def ratio(case: Case, floor: Case) -> float:
    """Return the median of the rounds' ratios: a slow round slows both."""
    return statistics.median(a / b for a, b in zip(case.rounds, floor.rounds, strict=True))


def load() -> str:
    """Return how busy the machine is: running processes of the last 1, 5 and 15 minutes, and its processors."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg()) + f" on {os.cpu_count()} CPUs"
