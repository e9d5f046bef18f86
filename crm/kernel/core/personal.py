"""Personal data: which columns hold values of a person whom records tell of, and how they are blanked (H1).

Each app declares its own in `AppConfig.ready()`. From the declarations `postgres/erasing.py` makes the one privileged
database function by which a person is erased; a text column of a table that belongs to contacts and that nobody declared
fails a test (tests/contacts/test_personal_columns.py). `holdings()` is also what the archive of a person is made of.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

from django.db import models

ERASED = "[erased]"  # stands where a value may not be empty, and where a text named the person


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of a model that are a person's. `rows` is an SQL condition on its table, with `ids` for the person's contact ids.

    `blank` gives by column what it becomes; `keep` names the text columns that say nothing about a person. `remove`: live
    rows go, their history is blanked. `history` is the condition by which rows that are gone by now are found in history.
    `mentions` is a condition for rows in whose `blank` texts even a first name alone is blanked: they tell of others too.
    """

    model: type[models.Model]
    rows: str
    blank: Mapping[str, Any] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    remove: bool = False
    history: str = ""
    mentions: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """SQL by which a person is recognised, with `person` and then `ids`: their contact ids, names, addresses, numbers.

    Names are (first, last, whether nobody else is called so); addresses and numbers are those ever held that are nobody
    else's now: what others share with the person stays theirs.
    """

    ids: str
    names: str
    emails: str
    phones: str


Files = Callable[[Collection[UUID]], Iterator[tuple[str, IO[bytes]]]]
Afterwards = Callable[[], Any]
Erase = Callable[[Collection[UUID]], Afterwards]
_holdings: list[Holding] = []
_identity: list[Identity] = []
file_sources: list[Files] = []
erasers: list[Erase] = []


def identify(identity: Identity) -> None:
    """Say how a person is recognised."""
    _identity[:] = [identity]


def identity() -> Identity | None:
    """Return how a person is recognised, None before the app of contacts is ready."""
    return _identity[0] if _identity else None


def hold(model: type[models.Model], rows: str, *, keep: Collection[str] = (), **options: Any) -> None:
    """Declare the rows and columns of a model that hold a person's values."""
    _holdings[:] = [each for each in _holdings if (each.model, each.rows) != (model, rows)]
    _holdings.append(Holding(model, rows, keep=frozenset(keep), **options))


def holdings() -> list[Holding]:
    """Return all declarations in the order in which they were made."""
    return list(_holdings)


def give_files(source: Files) -> None:
    """Let `source(contact_ids)` yield (name, open file) of the files held on a person, for the archive."""
    file_sources.append(source)


def erase_with(function: Erase) -> None:
    """Let `function(contact_ids)` look at what lies outside of the database before a person is erased.

    What it returns is called once the erasure is committed, and removes it.
    """
    erasers.append(function)
