"""CSV that spreadsheets cannot mistake for formulas, and that reads back as it was.

A text that begins with `=`, `+`, `-`, `@`, a tab or a line break would be calculated by a spreadsheet (CSV injection): it gets
an apostrophe in front, as does a text that already looks so guarded. `unguarded` takes one apostrophe off again, so that
`+45 31 55 01 87` and `'=A1` come back as they were. Numbers are numbers and stay as they are, negative ones too.
"""

import csv
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

BOM = "\ufeff"
RISKY = frozenset("=+-@\t\r\n'")  # what a text in need of a guard begins with
DANGEROUS = re.compile(r"'*[=+\-@\t\r\n]")
GUARDED = re.compile(r"'+[=+\-@\t\r\n]")


class SafeCell(str):
    """A text that needs no guard, such as a number written with a comma: -12,50."""

    __slots__ = ()


def guarded(value: Any) -> Any:
    """Return a cell's value, a text that a spreadsheet would calculate with an apostrophe in front."""
    if isinstance(value, int | float | Decimal | SafeCell):
        return value
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in RISKY and DANGEROUS.match(text) else text


def unguarded(text: str) -> str:
    """Return what was guarded as it was; any other text unchanged."""
    return text[1:] if text and text[0] == "'" and GUARDED.match(text) else text


class Echo:
    """Gives back what is written to it, for streaming."""

    def write(self, value: str) -> str:
        """Return the line."""
        return value


_writers = {mark: csv.writer(Echo(), delimiter=mark, lineterminator="\r\n") for mark in ",;\t"}


def csv_line(cells: Iterable[Any], *, delimiter: str = ",", mark: bool = False) -> str:
    """Return one guarded line; `mark` puts the byte order mark before it, by which Excel knows UTF-8."""
    # Nearly all cells are harmless texts, which are known by their first letter.
    plain = [cell if type(cell) is str and cell[:1] not in RISKY else guarded(cell) for cell in cells]
    line: str = _writers[delimiter].writerow(plain)
    return BOM + line if mark else line
