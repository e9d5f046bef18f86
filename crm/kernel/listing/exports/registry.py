"""What can be exported. Apps register an `Exporter` per kind of record in `AppConfig.ready()`.

To add a kind: list its columns under the keys of the import's fields (`Cell("first_name", ("first_name",))`), say with
`annotated` what they need besides own columns and relations, and `register` it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.functional import Promise

from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX, column_key, fields_for
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.types import FieldType, type_of
from crm.kernel.customfields.types.numbers import Number
from crm.kernel.listing.imports.guess import own_names, simple
from crm.kernel.listing.imports.registry import importer_of

Row = Mapping[str, Any]
CUSTOMISED = ("contact", "company", "deal")
KNOWN = 5000  # values of a custom field whose words are kept while a file is written


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a file. `key` is the import's field, `fields` the names that it reads (as in `.values()`).

    `value(row)` gives a text, number, date or instant; without it the first field's value is written as it is.
    """

    key: str
    fields: tuple[str, ...]
    value: Callable[[Row], Any] | None = None
    label: str = ""

    @property
    def heading(self) -> str:
        """The heading, by which the import knows the column whatever the language: `first_name` is `First name`."""
        return self.label or self.key.replace("_", " ").capitalize()


class Exporter:
    """A kind of records that can be exported."""

    kind: ClassVar[str]
    importer: ClassVar[str]
    label: ClassVar[str | Promise]
    model: ClassVar[type[Any]]
    cells: ClassVar[tuple[Cell, ...]]
    # Columns of lists that have another name in the import, or are made of several of its fields.
    of_list: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def annotated(self, rows: Any) -> Any:
        """Return the rows with what the cells read besides own columns and relations."""
        return rows

    def columns(self, actor: Actor) -> list[Cell]:
        """Return all columns, with the custom fields that the actor may see (C1)."""
        own = list(self.cells)
        if self.kind in CUSTOMISED:
            taken = {simple(cell.heading) for cell in own} | self._read_as()
            own += [_custom(each, taken) for each in fields_for(self.kind, actor)]
        return own

    def _read_as(self) -> set[str]:
        """Return the headings by which the import finds its built-in fields, whichever columns are in the file."""
        fields = importer_of(self.importer).fields
        return {name for field in fields if not field.key.startswith(PREFIX) for name in own_names(field)}

    def rows(self, actor: Actor) -> QuerySet[Any]:
        """Return all live records that the actor may see."""
        found: QuerySet[Any] = self.model._default_manager.visible_to(actor).live()
        return found


def _custom(field: CustomField, taken: set[str]) -> Cell:
    """Return the column of a custom field, called as people call it unless another one is called so (`taken`)."""
    kind, key = type_of(field), field.key
    label = field.label if simple(field.label) not in taken else column_key(field)
    taken.add(simple(label))
    known = lru_cache(maxsize=KNOWN)(lambda value: _plain(kind, value))  # checking a value costs more than all the rest

    def value(row: Row) -> Any:
        stored = row["custom"].get(key)
        return known(stored) if isinstance(stored, str) else _plain(kind, stored)

    return Cell(column_key(field), ("custom",), value, label)


def _plain(kind: FieldType, value: Any) -> Any:
    """Return a stored custom value as the import reads it back; a number as a number, which needs no guard."""
    if value is None:
        return ""
    if isinstance(kind, Number) and kind.fits(value):
        return Decimal(value)
    return kind.text(value)


_exporters: dict[str, Exporter] = {}


def register(exporter: Exporter) -> None:
    """Offer a kind for export."""
    _exporters[exporter.kind] = exporter


def exporter_of(kind: str) -> Exporter:
    """Return a kind's exporter; raises KeyError for a kind that cannot be exported."""
    return _exporters[kind]


def exporters() -> Sequence[Exporter]:
    """Return all exporters."""
    return list(_exporters.values())


def instant(name: str) -> Callable[[Row], Any]:
    """Return a value that writes an instant in UTC, exactly."""
    return lambda row: row[name].isoformat() if row[name] else ""


def joined(name: str, mark: str = ", ", skip: int = 0) -> Callable[[Row], Any]:
    """Return a value that writes a list in one cell, without its first entries."""
    return lambda row: mark.join((row[name] or ())[skip:])


def first(name: str) -> Callable[[Row], Any]:
    """Return a value that writes the first entry of a list."""
    return lambda row: row[name][0] if row[name] else ""


def yes(name: str) -> Callable[[Row], Any]:
    """Return a value that writes yes, or nothing."""
    return lambda row: "yes" if row[name] else ""
