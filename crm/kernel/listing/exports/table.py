"""The rows of a file, one by one, from a server-side cursor: constant memory whatever their number."""

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import batched, chain
from typing import Any

from django.utils.html import strip_tags

from crm.kernel.core.changes import Actor
from crm.kernel.listing.columns import Column
from crm.kernel.listing.orders import ordering_of
from crm.kernel.listing.selection import Selection

from .registry import Cell, Exporter, exporter_of

CHUNK = 2000


class Table:
    """What a file holds: headings and rows. `everything` takes all fields, else the list's columns are taken."""

    def __init__(self, selection: Selection, actor: Actor, *, everything: bool) -> None:
        """Read the list's state; raises BadQuery for one that it does not know, KeyError for what has no export."""
        self.page = selection.page(actor)
        self.exporter = exporter_of(self.page.kind)
        self.own = self.page.file_cells is not None
        if self.own:
            self.cells = list(self.page.file_cells)
        else:
            self.cells = self.exporter.columns(actor) if everything else _of_list(self.page.shown, self.exporter, actor)
        self.found = selection.rows(actor)

    @property
    def headings(self) -> list[str]:
        """The headings."""
        return [cell.heading for cell in self.cells]

    def rows(self) -> Iterator[list[Any]]:
        """Yield the cells of each row, in the list's order."""
        order = self.page.order
        rows = self.found.alias(**{sort.column: sort.expression for sort, _r in order if sort.expression is not None})
        if not self.own:
            return lines(self.exporter.annotated(rows).order_by(*ordering_of(order)), self.cells)
        return lines(rows.order_by(*ordering_of(order)), self.cells, self.page.filled)


def lines(rows: Any, cells: list[Cell], filled: Callable[[Any], Any] | None = None) -> Iterator[list[Any]]:
    """Yield the cells of each row of a query set; `filled` adds to many rows at once what is not in their relation."""
    names = list(dict.fromkeys(chain.from_iterable(cell.fields for cell in cells)))
    plain = [(cell.value, cell.fields[0]) for cell in cells]
    found = rows.values(*names).iterator(chunk_size=CHUNK)
    if filled is not None:
        found = chain.from_iterable(filled(part) for part in batched(found, CHUNK))
    for row in found:
        yield [value(row) if value else _written(row[name]) for value, name in plain]


def _written(value: Any) -> Any:
    """Return a plain value as a file holds it; instants in UTC, so that they come back exactly."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value


def _of_list(columns: tuple[Column, ...], exporter: Exporter, actor: Actor) -> list[Cell]:
    """Return the columns of a list: under the import's names where it has them, else with the values as they are."""
    known = {cell.key: cell for cell in exporter.columns(actor)}
    found: dict[str, Cell] = {}
    for column in columns:
        keys = exporter.of_list.get(column.key, (column.key,))
        own = [known[key] for key in keys if key in known]
        for cell in own or _plain(column):
            found.setdefault(cell.key, cell)
    return list(found.values())


def _plain(column: Column) -> list[Cell]:
    """Return a column that the import does not know: its values, without ids; pictures and buttons are left out."""
    fields = tuple(name for name in column.fields if not name.endswith("_id") and name != "pk")
    if not fields or not column.label or column.css == "cell-actions":
        return []
    value = None
    if len(fields) > 1:

        def value(row: Any) -> Any:
            return " ".join(str(row[name]) for name in fields if row[name] not in (None, ""))

    return [Cell(column.key, fields, value, strip_tags(str(column.label)))]
