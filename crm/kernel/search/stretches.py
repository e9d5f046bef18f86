"""Candidates from a stretch of an index that carries the text: where many rows hold a word, a few thousand rows hold enough.

An index of fragments gathers all matches before it gives the first, which for a common word costs more than the page. So the
rows touched last are read first, a share of each owner whom the person sees, and everything only where these hold too few.
They are read in place of the table (a WITH of the same name), hence a query that asks for columns beyond those of the index
has none.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, F, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from crm.kernel.core.fields import short_text
from crm.kernel.core.scopes import Scope

# Rows read: of those whom the person sees, and of their own.
SEEN, OWN = 6_000, 20_000

OWNER = "seen.owner_id"  # stands for each owner of a part
NOBODY: tuple[UUID, ...] = ()
NO_TIME, NO_KEY = Cast(Value(None), DateTimeField()), Cast(Value(None), UUIDField())

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows touched last, so many of all, of each of `owners`, or of `NOBODY`."""

    length: int
    owners: tuple[UUID, ...] | None = None

    def read(self, model: Any, columns: tuple[str, ...], text: str, recent: str) -> Statement:
        """Return SQL for these columns of the rows whose text is in the index."""
        if not self.owners:
            return _newest(model, columns, text, recent, self.length, nobodys=self.owners == NOBODY)
        sql, values = _newest(model, columns, text, recent, self.length, each=True)
        whose = f"SELECT each.* FROM unnest(%s::uuid[]) AS seen (owner_id) CROSS JOIN LATERAL ({sql}) AS each"
        return whose, (list(self.owners), *values)


@lru_cache(maxsize=200)
def _newest(
    model: Any,
    columns: tuple[str, ...],
    text: str,
    recent: str,
    length: int,
    *,
    each: bool = False,
    nobodys: bool = False,
) -> Statement:
    """Return SQL for the live rows touched last: of all, of the owner that `OWNER` stands for (`each`), or nobody's.

    It is written once and kept. What all rows of an index have in common stands in none of them: the bin, nobody's owner.
    """
    rows = model._default_manager.live().filter(short_text(text))
    same = {"binned_at": NO_TIME}
    if each:
        rows = rows.filter(owner=RawSQL(OWNER, ()))  # noqa: S611  a constant
    elif nobodys:
        rows, same = rows.filter(owner=None), same | {"owner_id": NO_KEY}
    values = [same.get(column, F(column)) for column in columns]
    rows = rows.order_by(F(recent).desc(nulls_last=True), F("pk").desc()).values_list(*values)[:length]
    sql, params = rows.query.sql_with_params()
    return sql, tuple(params)


def statement_of(rows: Any) -> Statement | None:
    """Return a query set of keys as SQL with its values, None if it can have no rows."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(values)


def seen_first(keys: Any, scope: Scope, *, text: str, recent: str, limit: int, enough: int) -> Statement | None:
    """Return SQL for keys: `enough` of the stretch, and unless it has those, `limit` of what `keys` finds anywhere."""
    everything = statement_of(keys[:limit])
    parts = _seen(scope)
    # One part is in that order already, and ends where there are enough.
    near = keys if len(parts) == 1 else keys.order_by(F(recent).desc(nulls_last=True))
    found = statement_of(near[:enough])
    stretch = _read_from(keys.model, parts, found, text, recent)
    if everything is None or stretch is None:
        return everything
    sql = (
        f"WITH near (pk) AS MATERIALIZED ({stretch[0]}) SELECT pk FROM near UNION ALL"
        f" SELECT pk FROM ({everything[0]}) AS everywhere (pk) WHERE (SELECT count(*) FROM near) < {enough}"
    )
    return sql, (*stretch[1], *everything[1])


def _seen(scope: Scope) -> list[Part]:
    """Return the rows touched last of all, or of each owner in the scope and of nobody, an equal share of each."""
    if scope.owners is None:
        return [Part(SEEN)]
    share = SEEN // (len(scope.owners) + 1)
    owned = [Part(share, tuple(sorted(scope.owners)))] if scope.owners else []
    return [*owned, *([Part(share, NOBODY)] if scope.unowned else [])]


def own(keys: Any, owner_id: Any, *, text: str, recent: str, enough: int) -> Statement | None:
    """Return SQL that gives keys of one's own rows, of those touched last `enough`."""
    near = _read_from(keys.model, [Part(OWN, (owner_id,))], statement_of(keys[:enough]), text, recent)
    return near or statement_of(keys)


def united(statements: list[Statement | None]) -> Any:
    """Return all their keys for `pk__in`, None if there can be none."""
    found = [each for each in statements if each is not None]
    sql = " UNION ".join(f"({each[0]})" for each in found)
    return RawSQL(sql, [value for each in found for value in each[1]]) if found else None  # noqa: S611  made by query sets


def _read_from(model: Any, parts: list[Part], read: Statement | None, text: str, recent: str) -> Statement | None:
    """Return a statement as one that reads parts in place of the table; None if it asks for more than the index has."""
    meta = model._meta
    table = connection.ops.quote_name(meta.db_table)
    if read is None or len(re.findall(rf"(?:FROM|JOIN) {table}", read[0])) > 1:
        return None
    asked = tuple(sorted(set(re.findall(rf'{table}\."(\w+)"', read[0]))))
    if not set(asked) <= {meta.pk.column, "owner_id", "binned_at", recent, text}:
        return None
    if not parts:
        return None
    found = [part.read(model, asked, text, recent) for part in parts]
    stretch = " UNION ALL ".join(f"({sql})" for sql, _values in found)
    names = ", ".join(connection.ops.quote_name(column) for column in asked)
    return f"WITH {table} ({names}) AS ({stretch}) {read[0]}", (*(v for each in found for v in each[1]), *read[1])
