"""Charts as geometry: the server draws them as SVG, every mark leads to its records, and a table stands behind each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace

from .tables import written

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 560, 198, 44, 30, 174


def share_of(value: Any, most: Any) -> float:
    """Return a value as a share of the largest, 0 to 100; 0 where there is nothing to compare with."""
    return round(float(value) / float(most) * 100, 1) if most and value else 0.0


def nice_top(most: float) -> float:
    """Return a round number at or above the largest value, of which a quarter is round too."""
    if most <= 0:
        return 4.0
    unit = 10 ** floor(log10(most))
    return next(float(step * unit) for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if step * unit >= most)


def short(value: Any, kind: str) -> str:
    """Return a value for a narrow place."""
    if kind == "money":
        return formats.money_short(value, Workspace.current().base_currency)
    return written(value, kind)


@dataclass(slots=True)
class Bar:
    """One horizontal bar."""

    label: str
    value: Any
    href: str = ""
    words: str = ""
    width: float = 0.0
    tone: str = ""


@dataclass(slots=True)
class Bars:
    """Horizontal bars of one measure."""

    title: str
    kind: str = "count"
    bars: list[Bar] = field(default_factory=list)
    template: str = "reports/charts/bars.html"

    @classmethod
    def of(cls, title: Any, rows: Iterable[tuple[str, Any, str]], kind: str = "count", tone: str = "") -> "Bars":
        """Return the bars of (label, value, address); negative values have no length."""
        found = list(rows)
        most = max((float(value or 0) for _label, value, _href in found), default=0)
        return cls(
            str(title),
            kind,
            [
                Bar(label, value, href, short(value, kind) if value is not None else "\N{EN DASH}",
                    share_of(max(float(value or 0), 0), most), tone)
                for label, value, href in found
            ],
        )  # fmt: skip


@dataclass(slots=True)
class Part:
    """One series' part of a column."""

    tone: str
    value: Any
    href: str = ""
    label: str = ""
    y: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class Pillar:
    """One column of a chart: parts stacked from below, and perhaps a target."""

    label: str
    parts: list[Part]
    target: Any = None
    x: float = 0.0
    width: float = 0.0
    words: str = ""
    top: float = BOTTOM
    target_y: float | None = None

    @property
    def middle(self) -> float:
        """Where its words stand."""
        return round(self.x + self.width / 2, 1)

    @property
    def target_x1(self) -> float:
        """Where the target's line begins."""
        return round(self.x - 7, 1)

    @property
    def target_x2(self) -> float:
        """Where the target's line ends."""
        return round(self.x + self.width + 7, 1)


@dataclass(slots=True)
class Columns:
    """Stacked columns; `legend` names the series by tone."""

    title: str
    pillars: list[Pillar]
    legend: Sequence[tuple[str, Any]] = ()
    kind: str = "money"
    grid: list[tuple[float, str]] = field(default_factory=list)
    template: str = "reports/charts/columns.html"
    has_target: bool = False

    @classmethod
    def of(cls, title: Any, pillars: list[Pillar], legend: Sequence[tuple[str, Any]], kind: str = "money") -> "Columns":
        """Place columns and their parts."""
        sums = [sum((Decimal(str(part.value or 0)) for part in each.parts), Decimal(0)) for each in pillars]
        targets = [float(each.target) for each in pillars if each.target]
        top = nice_top(max([*map(float, sums), *targets, 0]))
        step = (WIDTH - LEFT) / max(len(pillars), 1)
        scale = (BOTTOM - TOP) / top
        for index, (pillar, total) in enumerate(zip(pillars, sums, strict=True)):
            pillar.width = round(min(46, step * 0.6), 1)
            pillar.x = round(LEFT + step * index + (step - pillar.width) / 2, 1)
            pillar.words = short(total, kind) if total else ""
            y = float(BOTTOM)
            for part in pillar.parts:
                part.height = round(float(part.value or 0) * scale, 1)
                y -= part.height
                part.y = round(y, 1)
            pillar.top = round(y - 7, 1)
            if pillar.target:
                pillar.target_y = round(BOTTOM - float(pillar.target) * scale, 1)
        grid = [(round(BOTTOM - top * i / 4 * scale, 1), short(Decimal(str(top * i / 4)), kind)) for i in range(5)]
        return cls(str(title), pillars, legend, kind, grid, has_target=bool(targets))

    @property
    def baseline(self) -> int:
        """Where the words of the columns stand."""
        return BOTTOM + 17


@dataclass(slots=True)
class FunnelBar:
    """One stage of a funnel; `step` is the share of the bar before that came so far."""

    label: str
    tone: str
    deals: int
    amount: Any
    href: str
    share: Any = None
    step: Any = None
    width: float = 0.0

    @property
    def x(self) -> float:
        """Where the bar begins: it stands in the middle."""
        return round((100 - self.width) / 2, 1)


@dataclass(slots=True)
class Funnel:
    """Nested bars from the first stage to the win (N3)."""

    title: str
    bars: list[FunnelBar]
    pipeline: str = ""  # whose stages they are, where there are several
    template: str = "reports/charts/funnel.html"

    @classmethod
    def of(cls, title: Any, bars: list[FunnelBar], cohort: int, pipeline: str = "") -> "Funnel":
        """Give each bar its width and shares of the cohort of deals created."""
        before: int | None = None
        for bar in bars:
            bar.width = share_of(bar.deals, cohort)
            bar.share = Decimal(bar.deals) / cohort if cohort else None
            bar.step = Decimal(bar.deals) / before if before else None
            before = bar.deals
        return cls(str(title), bars, pipeline)


@dataclass(slots=True)
class Spark:
    """A small curve without axes: 60 x 24."""

    points: str
    area: str

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Spark | None":
        """Return the curve of values; None for fewer than two, a missing one counts as the one before."""
        known: list[float] = []
        for value in values:
            if value is not None:
                known.append(float(value))
            elif known:
                known.append(known[-1])
        if len(known) < 2:
            return None
        low, high = min(known), max(known)
        spread = high - low
        step = 60 / (len(known) - 1)
        ys = [21 - (value - low) / spread * 18 if spread else 12.0 for value in known]
        points = " ".join(f"{i * step:.1f},{y:.1f}" for i, y in enumerate(ys))
        return cls(points, f"0,24 {points} 60,24")


@dataclass(slots=True)
class HeatCell:
    """A cell of a heat map: level 0 to 5."""

    value: int
    level: int
    href: str = ""


@dataclass(slots=True)
class Heat:
    """A heat map: a real table whose cells have a level."""

    title: str
    heads: list[str]
    rows: list[tuple[str, list[HeatCell]]]
    template: str = "reports/charts/heat.html"

    @classmethod
    def of(cls, title: Any, heads: list[str], rows: Iterable[tuple[str, list[tuple[int, str]]]]) -> "Heat":
        """Give each cell its level."""
        found = list(rows)
        most = max((value for _name, cells in found for value, _href in cells), default=0)
        return cls(
            str(title),
            heads,
            [
                (
                    name,
                    [HeatCell(value, ceil(value / most * 5) if value and most else 0, href) for value, href in cells],
                )
                for name, cells in found
            ],
        )
