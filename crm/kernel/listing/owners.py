"""Rows of few owners, in the order of a list: merged from one range of an index for each owner.

Whoever sees the records of some colleagues sees perhaps one in sixteen: on the way through the order of all records fifteen are
read in vain. The database does not merge the ranges that `owner IN (..)` stands for, but it merges those of a UNION ALL,
and reads of each only as much as the page takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models.expressions import RawSQL

from crm.kernel.core.scopes import Scope

# Each range is planned by itself, which takes a third of a millisecond.
FEW = 30

# Stands for each owner in turn: what is asked of every owner is written once, and repeated in SQL.
SOMEBODY = UUID("00000000-0000-8000-8000-6f776e657273")

Owners = frozenset[UUID | None]


@dataclass(frozen=True, slots=True)
class OwnersView:
    """Stands for somebody who may view the records of some owners alone, or those that nobody owns."""

    owners: frozenset[UUID]
    unowned: bool = False

    def scope(self, kind: str, verb: str) -> Scope:
        """Return the scope of these owners."""
        return Scope(self.owners, self.unowned)


def few_owners(scope: Scope, asked: Owners | None) -> list[UUID | None]:
    """Return the owners whose rows are shown, none where they are many. `asked` are those of a filter, if there is one."""
    seen: Owners | None = None if scope.owners is None else scope.owners | ({None} if scope.unowned else frozenset())
    shown = asked if seen is None else seen if asked is None else seen & asked
    return sorted(shown, key=str) if shown and len(shown) <= FEW else []


def stand_ins(owners: Sequence[UUID | None]) -> list[UUID | None]:
    """Return for whom a query is to be written: `SOMEBODY` for all owners, None for nobody."""
    return [*([SOMEBODY] if any(owners) else []), *([None] if None in owners else [])]


def views(owners: Sequence[UUID | None], *, together: bool) -> list[OwnersView]:
    """Return through whose eyes the parts of a list are read: those of nobody, and of each owner or of all `together`."""
    people = frozenset(owner for owner in owners if owner is not None)
    seen = people if together else frozenset({SOMEBODY})
    nobodys = [OwnersView(frozenset(), unowned=True)] if None in owners else []
    return [OwnersView(seen), *nobodys] if people else nobodys


def first_keys(parts: Sequence[Any], owners: Sequence[UUID | None], order: str, limit: int) -> Any:
    """Return the keys of the first rows of all parts, for `pk__in`; `order` is SQL over `pk` and `value`.

    Each part gives pk and sort value of its own first rows, in order: no more of them can be on the page.
    """
    body, values = united(parts, owners)
    return RawSQL(f"SELECT pk FROM ({body}) AS part (pk, value) ORDER BY {order} LIMIT {limit}", values)  # noqa: S611  order is of this module, values are parameters


def united(parts: Sequence[Any], owners: Sequence[UUID | None]) -> tuple[str, tuple[Any, ...]]:
    """Return the parts as one UNION ALL with its parameters, that of `SOMEBODY` once for each owner.

    Raises EmptyResultSet if no part can have rows.
    """
    bodies, values = [], []
    for part in parts:
        try:
            body, params = part.query.sql_with_params()
        except EmptyResultSet:
            continue
        for owner in filter(None, owners) if SOMEBODY in params else (None,):
            bodies.append(f"({body})")
            values += [owner if value == SOMEBODY else value for value in params]
    if not bodies:
        raise EmptyResultSet
    return " UNION ALL ".join(bodies), tuple(values)
