"""The first matches of a search on the way through a list's order.

How many rows hold a fragment is beyond what the database can estimate, and both ways to a page can be slow: gathering all
matches in order to sort them, where there are thousands, and walking the list's order until the page is full, where
there are few. So a stretch of the order is walked first: what it holds tells which way is the short one.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from .owners import united

# The rows walked to find out, and the matches among them from which on walking further is shorter than gathering.
STRETCH = 2_000
DENSE = 4


def first_on_the_way(
    rows: Any, walked: Sequence[Any], order: Callable[[str], str], limit: int, beyond: Callable[[Any, Any], list[Any]]
) -> list[Any] | None:
    """Return the keys of the first `limit` rows, or None where they are so thin that gathering all is shorter.

    `walked` are the rows that indexes hold in this order, from the place on where the page begins: of each owner, or of all;
    `order` returns it in SQL over a table. `beyond` returns the conditions of those after a row, by its sort value and key.
    """
    found = _in_stretch(rows, walked, order, limit, STRETCH)
    if DENSE <= len(found) < limit:
        # Twice as far as it should take; the walk ends where the page is full.
        conditions = beyond(*found[-1])
        rest = [each.filter(*conditions) for each in walked]
        found += _in_stretch(rows, rest, order, limit - len(found), 2 * STRETCH * limit // len(found))
    return [pk for _value, pk in found] if len(found) >= limit else None


def _in_stretch(
    rows: Any, walked: Sequence[Any], order: Callable[[str], str], limit: int, length: int
) -> list[tuple[Any, Any]]:
    """Return sort value and key of the first rows that a stretch of the order holds.

    The stretch takes the table's name, so that the query of the rows reads it in place of the table, in its order.
    """
    table = connection.ops.quote_name(walked[0].model._meta.db_table)
    try:
        stretch, first = united([each.order_by() for each in walked])
        query, then = rows.order_by().values_list("_sort", "pk").query.sql_with_params()
    except EmptyResultSet:
        return []
    if len(re.findall(rf"(?:FROM|JOIN) {table}", query)) > 1:
        return []  # a condition looks at other rows of the table, which the stretch would hide
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {table} AS (SELECT * FROM ({stretch}) AS part ORDER BY {order('part')} LIMIT {length})"
            f" {query} ORDER BY {order(table)} LIMIT {limit}",
            (*first, *then),
        )
        found: list[tuple[Any, Any]] = cursor.fetchall()
        return found
