"""What a report answers: a table, charts, notes. Page, file and mail are made of the same table."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace

NOTHING = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `kind` is text, count, money, percent (values between 0 and 1), days, day or decimal."""

    key: str
    label: Any
    kind: str = "text"
    hint: Any = ""

    @property
    def numeric(self) -> bool:
        """True if its figures stand at the right."""
        return self.kind not in ("text", "day")


@dataclass(slots=True)
class Cell:
    """A value with the address of the records behind it. `few`: too few to rely on; `note` stands beside it, small.

    `kind` is the value's own where the column's rows are of different kinds.
    """

    value: Any = None
    href: str = ""
    note: str = ""
    few: bool = False
    kind: str = ""
    tone: str = ""


@dataclass(slots=True)
class TableRow:
    """A row: the cells in the order of the columns."""

    cells: list[Cell]
    total: bool = False


@dataclass(slots=True)
class Result:
    """A report's answer. `numbers` are those whose definitions stand below; `empty` says why there is nothing."""

    columns: Sequence[Column]
    rows: list[TableRow] = field(default_factory=list)
    charts: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty: str = ""
    waiting: bool = False  # a worker computes it: the page asks again by itself
    actions: list[tuple[str, str]] = field(default_factory=list)  # what can be done about it: words, address

    def add(self, *cells: Any, total: bool = False) -> None:
        """Add a row of values or cells."""
        self.rows.append(TableRow([each if isinstance(each, Cell) else Cell(each) for each in cells], total))


def written(value: Any, kind: str, currency: str = "") -> str:
    """Return a value as people read it; a dash for none, so that nothing looks like a figure that is none."""
    if value is None or value == "":
        return NOTHING
    if kind == "money":
        return formats.money(Decimal(str(value)).quantize(Decimal(1)), currency or Workspace.current().base_currency)
    if kind == "percent":
        return percent(value)
    if kind == "days":
        return rounded(value, 1)
    if kind == "count":
        return number_format(value, 0, force_grouping=True)
    if kind == "decimal":
        return rounded(value, 2)
    if kind == "day" and isinstance(value, dt.date):
        return formats.short_day(value)
    return str(value)


def rounded(value: Any, places: int) -> str:
    """Return a number rounded half-even, without decimals where it is whole."""
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    whole = number == number.to_integral_value()
    return str(number_format(number, 0 if whole else places, force_grouping=True))


def percent(value: Any, places: int = 1) -> str:
    """Return a share in percent; a dash for none."""
    if value is None:
        return NOTHING
    return _("%(n)s%%") % {"n": rounded(Decimal(str(value)) * 100, places)}


def exact(value: Any, kind: str) -> Any:
    """Return a value as a file holds it: money to the cent, shares in percent, days with two places."""
    if value is None:
        return ""
    if kind == "money":
        return Decimal(str(value)).quantize(Decimal("0.01"))
    if kind == "percent":
        return (Decimal(str(value)) * 100).quantize(Decimal("0.01"))
    if kind in ("days", "decimal"):
        return Decimal(str(value)).quantize(Decimal("0.01"))
    return value if isinstance(value, int | dt.date) else str(value)


def _with_unit(label: Any, kind: str) -> str:
    units = {"money": Workspace.current().base_currency, "percent": "%", "days": _("days")}
    return f"{label} ({units[kind]})" if kind in units else str(label)


def file_headings(result: Result) -> list[str]:
    """Return the headings of a file: money says its currency, shares that they are percent."""
    labels = [f"{each.label}, {each.hint}" if each.hint else each.label for each in result.columns]
    return [_with_unit(label, each.kind) for label, each in zip(labels, result.columns, strict=True)]


def file_rows(result: Result) -> list[list[Any]]:
    """Return the rows of a file; one whose values are of another kind than its column says their unit in its name."""
    found = []
    for row in result.rows:
        values = [
            exact(cell.value, cell.kind or column.kind) for column, cell in zip(result.columns, row.cells, strict=True)
        ]
        kind = next((cell.kind for cell in row.cells if cell.kind), "")
        found.append([_with_unit(values[0], kind), *values[1:]] if kind else values)
    return found


def no_rate_note(count: int) -> str:
    """Return the sentence about deals without an exchange rate (P7)."""
    words = ngettext(
        "%(n)s deal has no exchange rate for its day and is in no sum.",
        "%(n)s deals have no exchange rate for their day and are in no sum.",
        count,
    )
    return words % {"n": count}


def unknown_creation_notes(won: Mapping[str, Any], cycle: Mapping[str, Any]) -> list[str]:
    """Return the sentence about wins whose creation date is not known: they are in no cycle, and in no velocity (N5)."""
    count = won["deals"] - cycle["deals"]
    words = ngettext(
        "%(n)s won deal has no known creation date and is in no cycle.",
        "%(n)s won deals have no known creation date and are in no cycle.",
        count,
    )
    return [words % {"n": count}] if count else []
