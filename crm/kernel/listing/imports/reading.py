"""From cells to `Row`s: the compiled mapping of one run."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.csvs import unguarded
from crm.kernel.core.parsers import CellError, Style

from .directory import Directory, RowLeftOutError
from .models import ImportRun
from .registry import Field, Importer, Row


@dataclass(frozen=True, slots=True)
class Filling:
    """One column filling one field."""

    position: int
    column: str
    field: Field
    values: dict[str, str]


def fillings(run: ImportRun, importer: Importer) -> list[Filling]:
    """Return what the mapping says, without fields that the kind does not have."""
    value_maps: dict[str, dict[str, str]] = run.options.get("values", {})
    found = []
    for position, keys in enumerate(run.mapping):
        if position >= len(run.header):
            break
        column = run.header[position]
        values = {key.strip(): value for key, value in value_maps.get(column, {}).items()}
        found += [
            Filling(position, column, f, values) for key in keys if (f := importer.field(key, run.user)) is not None
        ]
    return found


class Reader:
    """Turns the cells of a run's file into rows with values and errors."""

    def __init__(self, run: ImportRun, importer: Importer, style: Style, directory: Directory) -> None:
        self.run = run
        self.style = style
        self.directory = directory
        self.width = len(run.header)
        self.fillings = fillings(run, importer)
        self.titles = [run.header.index(name) for name in run.options.get("title_from", ()) if name in run.header]
        self.mapped = {filling.field.key for filling in self.fillings}

    def row(self, number: int, cells: list[str]) -> Row:
        """Return one row. A wrong cell is an error of the row, which then goes on to no record."""
        row = Row(number, {})
        if not self._fits(row, cells):
            return row
        values = row.values
        for filling in self.fillings:
            cell = unguarded(cells[filling.position].strip())
            if not cell:
                continue
            if "\0" in cell:
                row.fail(filling.column, _("The cell contains a NUL character."))
                continue
            if filling.values:
                cell = filling.values.get(cell, cell)
                if not cell:
                    continue
            try:
                value = self._value(filling, cell)
            except CellError as error:
                row.fail(filling.column, str(error))
            except RowLeftOutError:
                row.action = "skip"
            else:
                self._put(values, filling, value)
        if self.titles and "title" not in values:
            self._make_title(row, cells)
        row.content = hashlib.sha1("\0".join(cells).encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()
        return row

    def _fits(self, row: Row, cells: list[str]) -> bool:
        """Check the number of cells; blank ones at the end do not count as too many."""
        while len(cells) > self.width and not cells[-1].strip():
            cells.pop()
        if len(cells) == self.width:
            return True
        row.fail(
            "",
            _("The row has %(cells)d cells, the heading has %(columns)d.")
            % {"cells": len(cells), "columns": self.width},
        )
        return False

    def _value(self, filling: Filling, cell: str) -> Any:
        key = filling.field.key
        if key == "describe":
            return f"{_spoken(filling.column)}: {cell}"
        if filling.field.sort == "person":
            return self.directory.find(cell)
        return filling.field.parse(cell, self.style)

    def _put(self, values: dict[str, Any], filling: Filling, value: Any) -> None:
        """Store a value; columns of a `multiple` field add up, of any other field the first filled one holds."""
        key = filling.field.key
        if key not in values:
            values[key] = value
        elif filling.field.multiple:
            present = values[key]
            if isinstance(present, list):
                values[key] = [*present, *(v for v in value if v not in present)]
            else:
                values[key] = f"{present}\n{value}"

    def _make_title(self, row: Row, cells: list[str]) -> None:
        """Fill the title with the cells of the chosen columns, as far as they are filled."""
        maps = self.run.options.get("values", {})
        parts = []
        for position in self.titles:
            cell = cells[position].strip()
            parts.append(maps.get(self.run.header[position], {}).get(cell, cell))
        title = " · ".join(part for part in parts if part)
        if "\0" in title:
            row.fail("", _("The title contains a NUL character."))
        elif title:
            row.values["title"] = title[:200]


def _spoken(column: str) -> str:
    """Return a column's name as people write it: `year_established` becomes `Year established`."""
    words = column.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if column.islower() else words


def chunks(rows: Iterator[tuple[int, list[str]]], size: int) -> Iterator[list[tuple[int, list[str]]]]:
    """Cut rows into lists of `size`."""
    chunk: list[tuple[int, list[str]]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
