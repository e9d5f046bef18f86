"""How a list is laid out for a person: which columns, in which order, how wide, how dense, how many rows a page."""

from dataclasses import dataclass, field
from typing import Any, Final, Self

NARROWEST, WIDEST = 56, 800
# What the chooser offers; dragging a column's edge gives any width between.
WIDTHS: Final = (80, 120, 160, 200, 240, 320, 400)
DENSITIES: Final = ("comfortable", "compact")
SIZES: Final = (25, 50, 100)
MOST_COLUMNS = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout. No columns means the list's own; a column without a width is as wide as its content. Widths are pixels."""

    columns: tuple[str, ...] = ()
    widths: dict[str, int] = field(default_factory=dict)
    density: str = "comfortable"
    size: int = 50

    @classmethod
    def read(cls, data: Any) -> Self:
        """Return the layout that JSON holds; what does not fit is left out, since old layouts outlive old columns."""
        if not isinstance(data, dict):
            return cls()
        columns = data.get("columns")
        names = [each for each in columns if isinstance(each, str)] if isinstance(columns, list) else []
        widths = data.get("widths")
        wide = {
            name: min(max(width, NARROWEST), WIDEST)
            for name, width in (widths.items() if isinstance(widths, dict) else ())
            if isinstance(name, str) and isinstance(width, int) and not isinstance(width, bool)
        }
        density, size = data.get("density"), data.get("size")
        return cls(
            tuple(dict.fromkeys(names))[:MOST_COLUMNS],
            dict(list(wide.items())[: 2 * MOST_COLUMNS]),
            density if density in DENSITIES else DENSITIES[0],
            size if size in SIZES else 50,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without what is as always."""
        usual = Layout()
        found = {
            "columns": list(self.columns), "widths": self.widths, "density": self.density, "size": self.size
        }  # fmt: skip
        return {name: value for name, value in found.items() if value and value != getattr(usual, name)}
