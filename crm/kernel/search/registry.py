"""What can be found: each app registers its kinds of records. Only what the person may see is ever found (U3)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from .engine import Hit, Searchable

_kinds: dict[str, Searchable] = {}


def register(kind: Searchable) -> None:
    """Let search find a kind of records."""
    _kinds[kind.kind] = kind


def kinds() -> list[Searchable]:
    """Return the kinds in the order in which results are shown."""
    return sorted(_kinds.values(), key=lambda each: each.order)


def kind_named(name: str) -> Searchable | None:
    """Return a kind by its name, None for one that search does not know."""
    return _kinds.get(name)


def named_hits(actor: Any, marks: Iterable[tuple[str, UUID]]) -> list[Hit]:
    """Return the records behind (kind, id) pairs that the person may still see, in the order of the pairs.

    A query a kind.
    """
    wanted = list(marks)
    found: dict[tuple[str, UUID], Hit] = {}
    for each in kinds():
        ids = [pk for kind, pk in wanted if kind == each.kind]
        if ids:
            found |= {(hit.kind, hit.pk): hit for hit in each.named(actor, ids)}
    return [found[mark] for mark in wanted if mark in found]
