"""Which kinds of records notifications can lead to: filled by the apps that own them."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

Address = Callable[[UUID], str]
_kinds: dict[str, tuple[Any, Address]] = {}


def show_kind(kind: str, rows: Any, address: Address) -> None:
    """Let notifications lead to records of a kind: `rows` has `visible_to`, `address(pk)` gives their page."""
    _kinds[kind] = (rows, address)


def address_of(kind: str, pk: UUID) -> str:
    """Return the page of a record, or nothing for a kind that has none."""
    return _kinds[kind][1](pk) if kind in _kinds else ""


def visible(who: Any, records: Iterable[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
    """Return which of these records a person may see now, with one statement per kind (U3)."""
    by_kind: dict[str, set[UUID]] = {}
    for kind, pk in records:
        by_kind.setdefault(kind, set()).add(pk)
    found: set[tuple[str, UUID]] = set()
    for kind, ids in by_kind.items():
        if kind in _kinds:
            seen = _kinds[kind][0].visible_to(who).filter(pk__in=ids).values_list("pk", flat=True)
            found |= {(kind, pk) for pk in seen}
    return found
