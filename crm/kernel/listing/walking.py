"""The first matches of a search on the way through a list's order.

How many rows hold a fragment is beyond what the database can estimate, and both ways to a page can be slow: gathering all
matches in order to sort them, where there are thousands, and walking the list's order until the page is full, where
there are few. So a stretch of the order is walked first: what it holds tells which way is the short one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Cast

from crm.kernel.core.fields import long_text, short_text

from .owners import stand_ins, united

if TYPE_CHECKING:
    from .sorting import Sort

# The rows walked to find out, and the matches among them from which on walking further is shorter than gathering. Where an
# index holds all that is asked for, a row costs a tenth.
STRETCH, DENSE = 2_000, 8
COVERED_STRETCH, COVERED_DENSE = 6_000, 8


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that one range of an index holds in a list's order; `same` are the columns of which all have one value."""

    rows: Any
    same: Mapping[str, Any]

    def first(self, fields: Sequence[Any], ordering: Sequence[Any], limit: int) -> Any:
        """Return these fields of the first rows."""
        found = [self._constant(field) if field.attname in self.same else field.attname for field in fields]
        return self.rows.order_by(*ordering).values_list(*found)[:limit]

    def _constant(self, field: Any) -> Any:
        return Cast(Value(self.same[field.attname]), field.target_field if field.remote_field else field)


@dataclass(frozen=True, slots=True)
class Walk:
    """The rows in whose order a list is walked: `parts`, of each of `owners` or of all, and `whole`, everybody's.

    A query reads them in place of its table, so what its person may not see it leaves out itself.
    """

    parts: Sequence[Part]
    whole: Part
    owners: Sequence[UUID | None]

    @classmethod
    def through(cls, rows: Any, owners: Sequence[UUID | None]) -> Self:
        """Return the way through live rows, those of a few owners alone if there are any (None for nobody's)."""
        live = {"binned_at": None}
        whole = Part(rows, live)
        parts = [Part(rows.filter(owner=owner), live | {"owner_id": owner}) for owner in stand_ins(owners)]
        return cls(parts or [whole], whole, owners)

    def filter(self, *conditions: Any) -> Self:
        """Return the way through those that meet conditions."""
        parts = [self._met(each, conditions) for each in self.parts]
        return type(self)(parts, self._met(self.whole, conditions), self.owners)

    def covered(self, text: str) -> list[Part]:
        """Return the parts, and everybody's rows whose text no index carries: few."""
        short = [self._met(each, [short_text(text)]) for each in self.parts]
        return [*short, self._met(self.whole, [long_text(text)])]

    def _met(self, part: Part, conditions: Sequence[Any]) -> Part:
        return Part(part.rows.filter(*conditions), part.same)


def first_on_the_way(
    rows: Any, walk: Walk, sort: "Sort", reverse: bool, limit: int, beyond: Callable[[Any, Any], list[Any]]
) -> list[Any] | None:
    """Return the keys of the first `limit` rows, or None where they are so thin that gathering all is shorter.

    `walk` leads through the rows from the place on where the page begins. `beyond` returns the conditions of those after a
    row, by its sort value and key.
    """
    way = _way(rows, walk, sort, reverse)
    if way is None:
        return None
    found = way.matches(walk, limit, way.stretch)
    if way.dense <= len(found) < limit:
        # Twice as far as it should take; the walk ends where the page is full.
        rest = walk.filter(*beyond(*found[-1]))
        found += way.matches(rest, limit - len(found), 2 * way.stretch * limit // len(found))
    return [pk for _value, pk in found] if len(found) >= limit else None


@dataclass(frozen=True, slots=True)
class _Way:
    """A query of rows that reads a stretch of walked rows in place of its table. `fields` are those that it asks for."""

    query: str
    values: tuple[Any, ...]
    table: str
    fields: list[Any]
    sort: "Sort"
    reverse: bool
    covered: bool

    @property
    def stretch(self) -> int:
        return COVERED_STRETCH if self.covered else STRETCH

    @property
    def dense(self) -> int:
        return COVERED_DENSE if self.covered else DENSE

    def matches(self, walk: Walk, limit: int, length: int) -> list[tuple[Any, Any]]:
        """Return sort value and key of the first rows that a stretch of the order holds."""
        parts = walk.covered(self.sort.covers) if self.covered else walk.parts
        ordering = self.sort.ordering(self.reverse)
        try:
            stretch, first = united([each.first(self.fields, ordering, length) for each in parts], walk.owners)
        except EmptyResultSet:
            return []
        names = ", ".join(connection.ops.quote_name(field.column) for field in self.fields)
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH {self.table} AS (SELECT * FROM ({stretch}) AS part ({names})"
                f" ORDER BY {self._order('part')} LIMIT {length})"
                f" {self.query} ORDER BY {self._order(self.table)} LIMIT {limit}",
                (*first, *self.values),
            )
            found: list[tuple[Any, Any]] = cursor.fetchall()
            return found

    def _order(self, table: str) -> str:
        value, key = (connection.ops.quote_name(field.column) for field in self.fields[:2])
        return self.sort.sql(f"{table}.{value}", f"{table}.{key}", self.reverse)


def _way(rows: Any, walk: Walk, sort: "Sort", reverse: bool) -> _Way | None:
    """Return how the rows are asked for on the way, None if they cannot be."""
    meta = walk.whole.rows.model._meta
    table = connection.ops.quote_name(meta.db_table)
    try:
        query, values = rows.order_by().values_list(sort.column, "pk").query.sql_with_params()
    except EmptyResultSet:
        return None
    if len(re.findall(rf"(?:FROM|JOIN) {table}", query)) > 1:
        return None  # a condition looks at other rows of the table, which the stretch would hide
    asked = set(re.findall(rf'{table}\."(\w+)"', query))
    fields = [meta.get_field(sort.column), meta.pk]
    fields += [field for field in meta.concrete_fields if field.column in asked and field not in fields]
    covered = {sort.column, meta.pk.name, sort.covers, *walk.parts[0].same} >= {field.attname for field in fields}
    return _Way(query, values, table, fields, sort, reverse, bool(sort.covers) and covered)
