"""Candidates from a stretch of an index that carries the text: where many rows hold a word, a few thousand rows hold enough.

An index of fragments gathers all matches before it gives the first, which for a common word costs more than the page. So the
stretch is read first, and everything only where it holds too few. It is read in place of the table (a WITH of the same
name), hence a query that asks for columns beyond those of the index has none.
"""

import re
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, F, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from crm.kernel.core.fields import short_text
from crm.kernel.core.scopes import Scope

# Rows read: of those whom the person sees, and of their own.
SEEN, OWN = 6_000, 20_000

Statement = tuple[str, tuple[Any, ...]]


def statement_of(rows: Any) -> Statement | None:
    """Return a query set of keys as SQL with its values, None if it can have no rows."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(values)


def seen_first(keys: Any, scope: Scope, *, text: str, recent: str, limit: int) -> Statement | None:
    """Return SQL that gives the keys of the stretch and, unless they are `limit`, those that `keys` finds anywhere."""
    everything = statement_of(keys)
    live = keys.model._default_manager.live()
    if scope.owners is not None:
        part = live.filter(owner__in=scope.owners)  # the ranges of an index of theirs, one after the other
    else:
        part = _newest(live, recent)
    stretch = _read_from(part, SEEN, everything, text, recent)
    if everything is None or stretch is None:
        return everything
    sql = (
        f"WITH near (pk) AS MATERIALIZED ({stretch[0]}) SELECT pk FROM near UNION ALL"
        f" SELECT pk FROM ({everything[0]}) AS everywhere (pk) WHERE (SELECT count(*) FROM near) < {limit}"
    )
    return sql, (*stretch[1], *everything[1])


def own(keys: Any, owner_id: Any, *, text: str, recent: str) -> Statement | None:
    """Return SQL that gives keys of one's own rows, those touched last first."""
    everything = statement_of(keys)
    part = _newest(keys.model._default_manager.live().filter(owner=owner_id), recent)
    return _read_from(part, OWN, everything, text, recent) or everything


def united(statements: list[Statement | None]) -> Any:
    """Return all their keys for `pk__in`, None if there can be none."""
    found = [each for each in statements if each is not None]
    sql = " UNION ".join(f"({each[0]})" for each in found)
    return RawSQL(sql, [value for each in found for value in each[1]]) if found else None  # noqa: S611  made by query sets


def _newest(rows: Any, recent: str) -> Any:
    return rows.order_by(F(recent).desc(nulls_last=True), F("pk").desc())


def _read_from(part: Any, length: int, read: Statement | None, text: str, recent: str) -> Statement | None:
    """Return a statement as one that reads a stretch in place of the table; None if it asks for more than that has."""
    meta = part.model._meta
    table = connection.ops.quote_name(meta.db_table)
    if read is None or len(re.findall(rf"(?:FROM|JOIN) {table}", read[0])) > 1:
        return None
    asked = sorted(set(re.findall(rf'{table}\."(\w+)"', read[0])))
    if not set(asked) <= {meta.pk.column, "owner_id", "binned_at", recent, text}:
        return None
    # All of it is live, which the index does not repeat in each row.
    live = Cast(Value(None), DateTimeField())
    values = [live if column == "binned_at" else F(column) for column in asked]
    stretch = statement_of(part.filter(short_text(text)).values_list(*values)[:length])
    if stretch is None:
        return None
    names = ", ".join(connection.ops.quote_name(column) for column in asked)
    return f"WITH {table} ({names}) AS ({stretch[0]}) {read[0]}", (*stretch[1], *read[1])
