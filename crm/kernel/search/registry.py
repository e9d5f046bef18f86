"""What can be found: each app registers its kinds of records with a function that finds them and one that names them.

Both functions answer only with what the person may see (U3) and cost a fixed number of queries.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from crm.kernel.core.changes import Actor


@dataclass(frozen=True, slots=True)
class Hit:
    """A found record. `picture` is safe HTML (an avatar, a dot); without it the kind's icon is shown.

    Lower `rank` is better.
    """

    kind: str
    pk: UUID
    title: str
    subtitle: str
    url: str
    picture: SafeString | None = None
    rank: int = 9


Find = Callable[[Actor, str, int], Sequence[Hit]]
Named = Callable[[Actor, Iterable[UUID]], Sequence[Hit]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record that search knows.

    `find(actor, text, most)` searches, `named(actor, ids)` tells of known ids.
    """

    kind: str
    label: str | Promise
    icon: str
    find: Find
    named: Named
    order: int = 100


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let search find a kind of records."""
    _kinds[kind.kind] = kind


def kinds() -> list[Kind]:
    """Return the kinds in the order in which results are shown."""
    return sorted(_kinds.values(), key=lambda each: each.order)


def kind_named(name: str) -> Kind | None:
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
