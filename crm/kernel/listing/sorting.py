"""Orders of a list, and pages cut by keys: a page begins after the last row of the one before, never at an OFFSET.

A nullable column is ordered `DESC NULLS LAST, id DESC` (or `ASC NULLS LAST, id ASC`), exactly as its index; the
reverse order
is the reverse of all of it. Rows with and without a value are two blocks, each one range of the index: an OR over both
would read the whole index.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.functional import Promise

from .errors import BadQuery
from .owners import first_keys
from .walking import Walk, first_on_the_way

PAGE_SIZE = 50
# An order without an index is offered up to this many rows.
SORTABLE = 10_000


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that a list offers. `column` is a column, a relation's column or an annotation.

    `descending` is the natural direction (newest first). `nullable` columns have empty values last in that direction.
    `indexed` says whether an index of (column, id) in the natural direction exists; without one the order is kept for
    the first 10,000 rows only, and the page says so. `field` reads the cursor of an annotation.
    With an `expression`, `column` is an alias of it. `by_owner` says that (owner, column, id) has an index too, and (column, id)
    one of the rows that nobody owns. `covers` names a text column that twins of these indexes carry where the text is short
    (`crm.kernel.core.fields.short_text`), so that a search need not look at the rows; rows with a long one have their own.
    """

    key: str
    label: str | Promise
    column: str
    descending: bool = False
    nullable: bool = False
    indexed: bool = True
    field: "models.Field[Any, Any] | None" = None
    expression: Any = None
    by_owner: bool = False
    covers: str = ""

    def ordering(self, reverse: bool, *, gather: bool = False) -> list[Any]:
        """Return what `order_by` takes. `gather` hides the column, so that the rows are found first and sorted then.

        The planner likes to walk the order's index until a page is full; for a filter that few rows pass this reads
        most of the table. A CASE that yields the column itself stops it.
        """
        descending = self.descending is not reverse
        nulls: dict[str, bool] = {}
        if self.nullable:
            nulls = {"nulls_first": True} if reverse else {"nulls_last": True}
        column: Any = F(self.column)
        if gather:
            column = Func(column, template="CASE WHEN %(expressions)s IS NULL THEN NULL ELSE %(expressions)s END")
        if descending:
            return [column.desc(**nulls), F("pk").desc()]
        return [column.asc(**nulls), F("pk").asc()]

    def sql(self, value: str, pk: str, reverse: bool) -> str:
        """Return the order in SQL, as `ordering`, over the names of two columns."""
        way = "DESC" if self.descending is not reverse else "ASC"
        nulls = ("NULLS FIRST" if reverse else "NULLS LAST") if self.nullable else ""
        return f"{value} {way} {nulls}, {pk} {way}"

    def read(self, model: type[models.Model], text: str) -> Any:
        """Return a cursor's value as the column's type; raises BadQuery for nonsense."""
        field = self.field or self._model_field(model)
        try:
            return field.to_python(text)
        except (ValidationError, ValueError, TypeError, OverflowError) as error:
            raise BadQuery("after", text) from error

    def _model_field(self, model: type[models.Model]) -> "models.Field[Any, Any]":
        field: Any = None
        target: Any = model
        for part in self.column.split("__"):
            field = target._meta.get_field(part)
            target = field.related_model or target
        found: Any = field.output_field if isinstance(field, models.GeneratedField) else field
        return found


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the sort value and the id of a row, as the address carries them."""

    value: Any
    pk: UUID

    def encode(self) -> str:
        """Return the cursor for the address."""
        value = self.value
        text = None if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
        packed = json.dumps([text, str(self.pk)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, sort: Sort, model: type[models.Model]) -> "Cursor":
        """Return the cursor of an address; raises BadQuery for anything that `encode` did not write."""
        try:
            value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            key = UUID(pk)
            plain = value is None or (isinstance(value, str) and "\x00" not in value)
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
            raise BadQuery("after", text) from error
        if not plain or (value is None and not sort.nullable):
            raise BadQuery("after", text)
        return cls(None if value is None else sort.read(model, value), key)


@dataclass(slots=True)
class Page:
    """Rows of one page, and the cursors of its neighbours (None where there is none)."""

    rows: list[dict[str, Any]]
    previous: Cursor | None
    next: Cursor | None
    first: bool


class Pager:
    """Cuts one page out of an ordered query set of rows."""

    def __init__(
        self,
        rows: Any,
        sort: Sort,
        reverse: bool,
        size: int = PAGE_SIZE,
        *,
        whole: Any = None,
        walk: Walk | None = None,
        parts: Sequence[Any] = (),
        owners: Sequence[UUID | None] = (),
    ) -> None:
        """Take the rows; `whole` is the list without its search, if it has one or is of few owners, and what is read of a row.

        Then keys are found first: of a search on the way through the order of `walk`, else by gathering all matches; without
        one by merging `parts`, the rows of each of `owners`. Only the rows of the page are joined to what the columns show of
        other tables.
        """
        self.rows = rows
        self.whole = whole
        self.walk = walk
        self.parts = parts
        self.owners = owners
        self.sort = sort
        self.reverse = reverse
        self.size = size

    def page(self, after: Cursor | None = None, before: Cursor | None = None) -> Page:
        """Return the page after, or before, a place; without one the first page."""
        if before is not None:
            found = self._take(before, backwards=True)
            more = len(found) > self.size
            if len(found) < self.size:
                return self.page()  # less than a page before it: that is the first page
            rows = found[: self.size][::-1]
            return Page(rows, self._cursor(rows[0]) if more else None, self._cursor(rows[-1]), not more)
        found = self._take(after, backwards=False)
        rows = found[: self.size]
        following = self._cursor(rows[-1]) if len(found) > self.size else None
        back = after is not None
        previous = (self._cursor(rows[0]) if rows else after) if back else None
        return Page(rows, previous, following, not back)

    def _cursor(self, row: dict[str, Any]) -> Cursor:
        return Cursor(row["_sort"], row["pk"])

    def _take(self, place: Cursor | None, backwards: bool) -> list[dict[str, Any]]:
        """Return up to one row more than a page, from a place on, in the order of reading."""
        reverse = self.reverse is not backwards
        limit = self.size + 1
        found: list[dict[str, Any]] = []
        for conditions in self._blocks(place, reverse):
            found += self._fetch(conditions, limit - len(found), reverse)
            if len(found) >= limit:
                break
        return found

    def _blocks(self, place: Cursor | None, reverse: bool) -> list[list[Any]]:
        """Return the conditions of each range of the index that lies beyond a place."""
        if place is None:
            return [[]]
        beyond = self._beyond(place, reverse)
        if not self.sort.nullable:
            return [[beyond]]
        empty = f"{self.sort.column}__isnull"
        here = [Q(**{empty: place.value is None}), beyond]
        return [here] if (place.value is None) is not reverse else [here, [Q(**{empty: not reverse})]]

    def _fetch(self, conditions: list[Any], limit: int, reverse: bool) -> list[dict[str, Any]]:
        """Return the first rows under these conditions."""
        ordering = self.sort.ordering(reverse)
        rows = self.rows.filter(*conditions)
        if self.whole is None:
            return list(rows.order_by(*ordering)[:limit])
        keys = self._on_the_way(self.walk, rows, conditions, limit, reverse) if self.walk else None
        if self.walk is None and self.parts:
            firsts = [part.filter(*conditions).order_by(*ordering)[:limit] for part in self.parts]
            found = [part.values_list("pk", self.sort.column) for part in firsts]
            keys = first_keys(found, self.owners, self.sort.sql("value", "pk", reverse), limit)
        elif keys is None:
            keys = rows.order_by(*self.sort.ordering(reverse, gather=True)).values("pk")[:limit]
        return list(self.whole.filter(pk__in=keys).order_by(*ordering))

    def _on_the_way(self, walk: Walk, rows: Any, conditions: list[Any], limit: int, reverse: bool) -> list[Any] | None:
        def beyond(value: Any, pk: UUID) -> list[Any]:
            return self._blocks(Cursor(value, pk), reverse)[0]

        return first_on_the_way(rows, walk.filter(*conditions), self.sort, reverse, limit, beyond)

    def _beyond(self, place: Cursor, reverse: bool) -> Any:
        """Return the condition for rows that come after a place within its block."""
        descending = self.sort.descending is not reverse
        if place.value is None:
            return Q(pk__lt=place.pk) if descending else Q(pk__gt=place.pk)
        compare = TupleLessThan if descending else TupleGreaterThan
        return compare(Tuple(F(self.sort.column), F("pk")), (place.value, place.pk))
