"""Charts of what is estimated, not counted: an interval as a band, and what was foretold beside what came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from .charts import short
from .tables import Cell, Column, Result

WIDTH, HEIGHT, EDGE, PAD = 560, 30, 4, 34
SIDE = 240


@dataclass(frozen=True, slots=True)
class Foretold:
    """What is foretold of a period: its outlook (`won`, `open`, `new`, `low`, `high`, `median`), target and deals."""

    label: str
    outlook: Mapping[str, Any]
    target: Any = None
    won_href: str = ""
    open_href: str = ""


@dataclass(slots=True)
class Band:
    """One period: what is won already, and between what and what the total will be with a chance of 80 %.

    The won part leads to the won deals, the interval to those that are open.
    """

    label: str
    words: str
    won_href: str = ""
    open_href: str = ""
    target: float | None = None
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
    """Intervals under each other, on one scale, with the target; `table` says the same."""

    title: str
    bands: list[Band] = field(default_factory=list)
    table: Result | None = None
    template: str = "reports/charts/bands.html"
    width: int = WIDTH
    height: int = HEIGHT

    @classmethod
    def of(cls, title: str, found: Iterable[Foretold]) -> "Bands":
        """Return the bands of what is foretold; outlooks without an interval are left out."""
        known = [each for each in found if each.outlook["low"] is not None]
        ends = (value for each in known for value in (each.outlook["high"], each.outlook["won"], each.target) if value)
        most = max(map(float, ends), default=0.0) or 1.0

        def at(value: Any) -> float:
            return round(EDGE + float(value) / most * (WIDTH - 2 * EDGE), 1)

        bands = []
        for each in known:
            places = {name: at(each.outlook[name]) for name in ("won", "low", "high", "median")}
            words = f"{short(each.outlook['low'], 'money')} \N{EN DASH} {short(each.outlook['high'], 'money')}"
            goal = at(each.target) if each.target else None
            bands.append(Band(each.label, words, each.won_href, each.open_href, goal, **places))
        return cls(title, bands, _interval_table(known))

    @property
    def has_target(self) -> bool:
        """True if the legend has to name the target."""
        return any(band.target is not None for band in self.bands)


def _interval_table(known: Iterable[Foretold]) -> Result:
    heads = (_("Won already"), _("From open deals"), _("From new deals"), _("80 % interval from"), _("to"), _("Middle"))
    keys = ("won", "open", "new", "low", "high", "median")
    columns = [Column(key, head, "money") for key, head in zip(keys, heads, strict=True)]
    result = Result([Column("period", _("Period")), *columns, Column("target", _("Target"), "money")])
    for each in known:
        links = {"won": each.won_href, "open": each.open_href}
        cells = [Cell(each.outlook[key], links.get(key, "")) for key in keys]
        result.add(each.label, *cells, each.target)
    return result


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
    """What was foretold against what came: on the diagonal both are the same; `table` says the same.

    A bin is of deals as they stood at many past month's ends, which no list of deals can show: its marks lead nowhere.
    """

    title: str
    points: list[Point] = field(default_factory=list)
    table: Result | None = None
    template: str = "reports/charts/reliability.html"
    side: int = SIDE
    pad: int = PAD
    ticks: tuple[tuple[float, str], ...] = ()

    @classmethod
    def of(cls, title: str, bins: Iterable[Mapping[str, Any]]) -> "Reliability":
        """Return the points of bins (shares `foretold`, `came`, `low`, `high`)."""
        span, bins = SIDE - 2 * PAD, list(bins)

        def right(share: float) -> float:
            return round(PAD + share * span, 1)

        def up(share: float) -> float:
            return round(SIDE - PAD - share * span, 1)

        points = [
            Point(right(each["foretold"]), up(each["came"]), up(each["high"]), up(each["low"]),
                  f"{each['foretold']:.0%}: {each['came']:.0%}")
            for each in bins
        ]  # fmt: skip
        return cls(title, points, _bin_table(bins), ticks=tuple((right(n / 4), f"{n * 25} %") for n in range(5)))

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


def _bin_table(bins: Iterable[Mapping[str, Any]]) -> Result:
    heads = (_("Foretold"), _("Came"), _("90 % interval from"), _("to"))
    keys = ("foretold", "came", "low", "high")
    columns = [Column(key, head, "percent") for key, head in zip(keys, heads, strict=True)]
    result = Result([*columns, Column("deals", _("Deals"), "count")])
    for each in bins:
        result.add(*(each[key] for key in keys), each["deals"])
    return result
