"""Candidates from a stretch of an index that carries the text: where many rows hold a word, a few thousand rows hold enough.

An index of fragments gathers all matches before it gives the first, which for a common word costs more than the page. So the
rows touched last are read first, a share of each owner whom the person sees, and everything only where these hold too few.
They are read in place of the table (a WITH of the same name), hence a query that asks for columns beyond those of the index
has none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
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
NO_TIME, NO_KEY = Cast(Value(None), DateTimeField()), Cast(Value(None), UUIDField())

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows in the order of an index, so many from its start; with `owners` so many of each, whom `OWNER` stands for.

    All of them are live, and those `of_nobody` have no owner: the index does not repeat in each row what it is of.
    """

    rows: Any
    length: int
    owners: Sequence[UUID] | None = None
    of_nobody: bool = False

    def read(self, columns: list[str], text: str) -> Statement | None:
        """Return SQL for these columns of the rows whose text is in the index."""
        same = {"binned_at": NO_TIME} | ({"owner_id": NO_KEY} if self.of_nobody else {})
        values = [same.get(column, F(column)) for column in columns]
        found = statement_of(self.rows.filter(short_text(text)).values_list(*values)[: self.length])
        if found is None or self.owners is None:
            return found
        sql = f"SELECT each.* FROM unnest(%s::uuid[]) AS seen (owner_id) CROSS JOIN LATERAL ({found[0]}) AS each"
        return sql, (list(self.owners), *found[1])


def statement_of(rows: Any) -> Statement | None:
    """Return a query set of keys as SQL with its values, None if it can have no rows."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(values)


def seen_first(keys: Any, scope: Scope, *, text: str, recent: str, limit: int, enough: int) -> Statement | None:
    """Return SQL for at most `limit` keys: of the stretch, and unless it has `enough`, of those that `keys` finds anywhere."""
    everything = statement_of(keys[:limit])
    parts = _seen(keys.model, scope, recent)
    # One part is in that order already, and ends where there are enough.
    found = everything if len(parts) == 1 else statement_of(keys.order_by(F(recent).desc(nulls_last=True))[:limit])
    stretch = _read_from(keys.model, parts, found, text, recent)
    if everything is None or stretch is None:
        return everything
    sql = (
        f"WITH near (pk) AS MATERIALIZED ({stretch[0]}) SELECT pk FROM near UNION ALL"
        f" SELECT pk FROM ({everything[0]}) AS everywhere (pk) WHERE (SELECT count(*) FROM near) < {enough}"
    )
    return sql, (*stretch[1], *everything[1])


def _seen(model: Any, scope: Scope, recent: str) -> list[Part]:
    """Return the rows touched last of all, or of each owner in the scope and of nobody, an equal share of each."""
    live = model._default_manager.live()
    if scope.owners is None:
        return [Part(_newest(live, recent), SEEN)]
    share = SEEN // (len(scope.owners) + 1)
    one = RawSQL(OWNER, ())  # noqa: S611  a constant
    owned = Part(_newest(live.filter(owner=one), recent), share, sorted(scope.owners))
    nobodys = Part(_newest(live.filter(owner=None), recent), share, of_nobody=True)
    return [owned, nobodys] if scope.unowned else [owned]


def own(keys: Any, owner_id: Any, *, text: str, recent: str) -> Statement | None:
    """Return SQL that gives keys of one's own rows, those touched last first."""
    everything = statement_of(keys)
    mine = _newest(keys.model._default_manager.live().filter(owner=owner_id), recent)
    return _read_from(keys.model, [Part(mine, OWN)], everything, text, recent) or everything


def united(statements: list[Statement | None]) -> Any:
    """Return all their keys for `pk__in`, None if there can be none."""
    found = [each for each in statements if each is not None]
    sql = " UNION ".join(f"({each[0]})" for each in found)
    return RawSQL(sql, [value for each in found for value in each[1]]) if found else None  # noqa: S611  made by query sets


def _newest(rows: Any, recent: str) -> Any:
    return rows.order_by(F(recent).desc(nulls_last=True), F("pk").desc())


def _read_from(model: Any, parts: list[Part], read: Statement | None, text: str, recent: str) -> Statement | None:
    """Return a statement as one that reads parts in place of the table; None if it asks for more than the index has."""
    meta = model._meta
    table = connection.ops.quote_name(meta.db_table)
    if read is None or len(re.findall(rf"(?:FROM|JOIN) {table}", read[0])) > 1:
        return None
    asked = sorted(set(re.findall(rf'{table}\."(\w+)"', read[0])))
    if not set(asked) <= {meta.pk.column, "owner_id", "binned_at", recent, text}:
        return None
    found = [each for part in parts if (each := part.read(asked, text)) is not None]
    if not found:
        return None
    stretch = " UNION ALL ".join(f"({sql})" for sql, _values in found)
    names = ", ".join(connection.ops.quote_name(column) for column in asked)
    return f"WITH {table} ({names}) AS ({stretch}) {read[0]}", (*(v for each in found for v in each[1]), *read[1])
