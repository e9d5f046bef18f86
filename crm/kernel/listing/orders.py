"""Orders by several columns: for as many rows as can be sorted at once, cut into pages by the keys of all columns.

A page begins after the last row of the one before, compared column by column, empty values where the order has them.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q

from .errors import BadQuery
from .sorting import PAGE_SIZE, Page, Sort

MOST_SORTS = 3
Order = tuple[tuple[Sort, bool], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an order by several columns: their values and the id of a row, as the address carries them."""

    values: tuple[Any, ...]
    pk: UUID

    def encode(self) -> str:
        """Return the place for the address."""
        texts = [None if v is None else v.isoformat() if hasattr(v, "isoformat") else str(v) for v in self.values]
        packed = json.dumps([*texts, str(self.pk)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, order: Order, model: type[Model]) -> "Place":
        """Return the place of an address; raises BadQuery for anything that `encode` did not write."""
        try:
            *texts, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            key = UUID(pk)
            plain = all(each is None or (isinstance(each, str) and "\x00" not in each) for each in texts)
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
            raise BadQuery("after", text) from error
        if not plain or len(texts) != len(order):
            raise BadQuery("after", text)
        values = []
        for (sort, _reverse), each in zip(order, texts, strict=True):
            if each is None and not sort.nullable:
                raise BadQuery("after", text)
            values.append(None if each is None else sort.read(model, each))
        return cls(tuple(values), key)


def ordering_of(order: Order) -> list[Any]:
    """Return what rows are ordered by: the columns, then the ids in the direction of the first, as indexes have them."""
    first, reverse = order[0]
    descending = first.descending is not reverse
    return [*(s.ordering(r)[0] for s, r in order), F("pk").desc() if descending else F("pk").asc()]


class SeveralPager:
    """Cuts one page out of rows that are ordered by several columns; the first decides the direction of the ids.

    Rows carry their values as `_sort0`, `_sort1` and so on.
    """

    def __init__(self, rows: Any, order: Order, size: int = PAGE_SIZE) -> None:
        self.rows = rows
        self.order = order
        self.size = size

    def page(self, after: Place | None = None, before: Place | None = None) -> Page:
        """Return the page after, or before, a place; without one the first page."""
        if before is not None:
            found = self._take(before, backwards=True)
            if len(found) < self.size:
                return self.page()  # less than a page before it: that is the first page
            rows = found[: self.size][::-1]
            more = len(found) > self.size
            return Page(rows, self._place(rows[0]) if more else None, self._place(rows[-1]), not more)  # type: ignore[arg-type]
        found = self._take(after, backwards=False)
        rows = found[: self.size]
        following = self._place(rows[-1]) if len(found) > self.size else None
        previous = (self._place(rows[0]) if rows else after) if after is not None else None
        return Page(rows, previous, following, after is None)  # type: ignore[arg-type]

    def _place(self, row: dict[str, Any]) -> Place:
        return Place(tuple(row[f"_sort{i}"] for i in range(len(self.order))), row["pk"])

    def _take(self, place: Place | None, backwards: bool) -> list[dict[str, Any]]:
        directions = [(sort, reverse is not backwards) for sort, reverse in self.order]
        rows = self.rows.order_by(*ordering_of(tuple(directions)))
        if place is not None:
            first, reverse = directions[0]
            descending = first.descending is not reverse
            rows = rows.filter(self._beyond(place, directions, descending))
        return list(rows[: self.size + 1])

    def _beyond(self, place: Place, directions: list[tuple[Sort, bool]], descending: bool) -> Q:
        """Return the condition for rows after a place: equal in the first columns and later in the next."""
        found = Q()
        equal = Q()
        for (sort, reverse), value in zip(directions, place.values, strict=True):
            later = self._later(sort, reverse, value)
            if later is not None:
                found |= equal & later
            equal &= Q(**{f"{sort.column}__isnull": True}) if value is None else Q(**{sort.column: value})
        return found | (equal & (Q(pk__lt=place.pk) if descending else Q(pk__gt=place.pk)))

    def _later(self, sort: Sort, reverse: bool, value: Any) -> Q | None:
        """Return the condition for values that come after one, None if none does. Empty ones are last, reversed first."""
        if value is None:
            return Q(**{f"{sort.column}__isnull": False}) if reverse else None
        compare = "lt" if sort.descending is not reverse else "gt"
        found = Q(**{f"{sort.column}__{compare}": value})
        return found | Q(**{f"{sort.column}__isnull": True}) if sort.nullable and not reverse else found
