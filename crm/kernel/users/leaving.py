"""What a person owns and somebody else must take over when they leave (U4): filled by the apps that own the records.

To add a kind: write `<app>/leaving.py` with a function that counts and one that gives, and register them from
`AppConfig.ready()`. Both see open work only; closed deals and past activities stay with their owner.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from crm.kernel.core.changes import Actor

if TYPE_CHECKING:
    from .models import User

Count = Callable[["User"], int]
Give = Callable[["User", "User | None", Actor], int]


@dataclass(frozen=True, slots=True)
class Owned:
    """One kind of work that a leaving person hands over.

    `give(leaver, heir, actor)` moves it and returns how many records moved, inside the change-set of the leaving.
    `optional` says whether the records may be left to nobody (then `heir` is None): leads, contacts and companies may.
    """

    key: str
    label: str | Promise
    count: Count
    give: Give
    optional: bool = False
    order: int = 100


_owned: dict[str, Owned] = {}


def register(owned: Owned) -> None:
    """Add a kind of work; a second one with the same key replaces the first."""
    _owned[owned.key] = owned


def kinds() -> list[Owned]:
    """Return all kinds of work, in order."""
    return sorted(_owned.values(), key=lambda each: each.order)


def work_of(user: "User") -> list[tuple[Owned, int]]:
    """Return each kind of which the person has open work, with the number of records."""
    return [(owned, number) for owned in kinds() if (number := owned.count(user))]
