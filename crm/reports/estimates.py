"""Charts of what is estimated, not counted: an interval as a band, and what was foretold beside what came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .charts import short

WIDTH, HEIGHT, EDGE, PAD = 560, 30, 4, 34
SIDE = 240


@dataclass(slots=True)
class Band:
    """One period: what is won already, and between what and what the total will be with a chance of 80 %."""

    label: str
    words: str
    won: float = 0.0
    low: float = 0.0
    high: float = 0.0
    median: float = 0.0

    @property
    def width(self) -> float:
        """How long the interval is."""
        return round(self.high - self.low, 1)


@dataclass(slots=True)
class Bands:
    """Intervals under each other, on one scale. The sentences below the chart say the same."""

    title: str
    bands: list[Band] = field(default_factory=list)
    template: str = "reports/charts/bands.html"
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(cls, title: str, found: Iterable[tuple[str, Mapping[str, Any]]]) -> "Bands":
        """Return the bands of (period, outlook); outlooks without an interval are left out."""
        known = [(label, each) for label, each in found if each["low"] is not None]
        most = max((float(each["high"]) for _label, each in known), default=0.0) or 1.0

        def at(value: Any) -> float:
            return round(EDGE + float(value) / most * (WIDTH - 2 * EDGE), 1)

        return cls(
            title,
            [
                Band(label, f"{short(each['low'], 'money')} – {short(each['high'], 'money')}",
                     at(each["won"]), at(each["low"]), at(each["high"]), at(each["median"]))
                for label, each in known
            ],
        )  # fmt: skip


@dataclass(slots=True)
class Point:
    """One bin of deals: at `x` what was foretold of them, at `y` what came, with its 90 % interval."""

    x: float
    y: float
    top: float
    bottom: float
    words: str


@dataclass(slots=True)
class Reliability:
    """What was foretold against what came: on the diagonal both are the same."""

    title: str
    points: list[Point] = field(default_factory=list)
    template: str = "reports/charts/reliability.html"
    side: int = SIDE
    pad: int = PAD
    ticks: tuple[tuple[float, str], ...] = ()

    @classmethod
    def of(cls, title: str, bins: Iterable[Mapping[str, Any]]) -> "Reliability":
        """Return the points of bins (shares `foretold`, `came`, `low`, `high`)."""
        span = SIDE - 2 * PAD

        def right(share: float) -> float:
            return round(PAD + share * span, 1)

        def up(share: float) -> float:
            return round(SIDE - PAD - share * span, 1)

        points = [
            Point(right(each["foretold"]), up(each["came"]), up(each["high"]), up(each["low"]),
                  f"{each['foretold']:.0%}: {each['came']:.0%}")
            for each in bins
        ]  # fmt: skip
        return cls(title, points, ticks=tuple((right(n / 4), f"{n * 25} %") for n in range(5)))

    @property
    def heights(self) -> list[tuple[float, float, str]]:
        """The marks of the upright axis: where the line is, where its words stand, the words."""
        return [(self.side - x, self.side - x + 3, words) for x, words in self.ticks]

    @property
    def far(self) -> int:
        """Where the axes end."""
        return self.side - self.pad

    @property
    def below(self) -> int:
        """Where the words of the level axis stand."""
        return self.side - self.pad // 2

    @property
    def beside(self) -> int:
        """Where the words of the upright axis end."""
        return self.pad - 4
