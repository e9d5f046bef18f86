"""Which kinds of record can be purged, and what goes along with them. Apps fill this in `AppConfig.ready()`.

To add a kind: `register(Purgeable("task", Task, label, words, note))`. An app whose rows refer to records of another one says
with `purge_along` what becomes of them before the records go; foreign keys that cascade, and rows that name records by
kind and id (`core.relations`), need nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.functional import Promise

Ids = Collection[UUID]
Along = Callable[[str, Ids], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Purgeable:
    """A kind of record. `words(count)` says how many ("3 deals"), `note` what goes along and what stays.

    `url_name` is its bin. `remove(ids)` takes records away in place of a plain delete: a deal leaves a shell. `widen(ids)`
    returns records that have no life of their own besides: those merged into these. The right to delete `governed_by`
    counts, by default that of the kind itself.
    """

    kind: str
    model: type[models.Model]
    label: str | Promise
    words: Callable[[int], str]
    note: str | Promise
    url_name: str = ""
    remove: Callable[[Ids], Any] | None = None
    widen: Callable[[Ids], Ids] | None = None
    governed_by: str = ""

    @property
    def right(self) -> str:
        """The kind whose right to delete counts."""
        return self.governed_by or self.kind


_kinds: dict[str, Purgeable] = {}
_along: list[Along] = []


def register(kind: Purgeable) -> None:
    """Offer a kind of record on the page of the bin."""
    _kinds[kind.kind] = kind


def purge_along(function: Along) -> None:
    """Let `function(kind, ids)` remove or release what refers to records before they are purged.

    It returns how many records, by kind, it removed.
    """
    if function not in _along:
        _along.append(function)


def purgeables() -> list[Purgeable]:
    """Return the kinds that can be purged, in the order in which they were registered."""
    return list(_kinds.values())


def purgeable(kind: str) -> Purgeable:
    """Return one; raises KeyError for an unknown kind."""
    return _kinds[kind]


def followers() -> list[Along]:
    """Return what apps do before records go."""
    return list(_along)
