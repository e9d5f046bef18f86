"""Figures kept for a short while: as long as nothing that they stand on has changed, and for a minute at most.

What took long to compute (a tenth of a second and more) is told for twenty times as long even if something has changed
meanwhile, a minute at most: a big workspace changes every second. The overview says of when its figures are.

The stamp is the latest row of each history that numbers read: one look at the end of an index each. Two commits may
appear in another order than they were numbered, hence the minute.
"""

import datetime as dt
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from crm.kernel.workspace.models import Workspace
from deals.metrics.measure import Askable, Row, Stock, measure, stock_series
from deals.metrics.window import Window

HISTORIES = (
    "deals_dealhistory",
    "deals_stagechangehistory",
    "deals_stagehistory",
    "deals_lostreasonhistory",
    "workspace_exchangeratehistory",
    "workspace_workspacehistory",
    "users_userhistory",
    "users_rolehistory",
    "users_teamhistory",
    "contacts_companyhistory",
    "contacts_contacthistory",
    "activities_activityhistory",
    "reports_targethistory",
)
STAMP = "SELECT " + ", ".join(f"(SELECT max(pgh_id) FROM {table})" for table in HISTORIES)
SECONDS = 60.0
MOST = 100  # answers in a process
LARGEST = 10_000  # rows or values of one: larger ones are not kept, so that memory stays small
SLOW, PATIENCE = 0.1, 20  # seconds to compute, and for how many times as long an answer is good enough


@dataclass(frozen=True, slots=True)
class Answer:
    """What was computed, when, from which state, and how long it took."""

    value: Any
    stamp: Hashable
    at: float
    cost: float

    def good(self, seen: Hashable) -> bool:
        """Say whether it may still be told."""
        age = time.monotonic() - self.at
        return age < SECONDS and (self.stamp == seen or (self.cost >= SLOW and age < self.cost * PATIENCE))


_kept: OrderedDict[Hashable, Answer] = OrderedDict()


def stamp() -> tuple[Any, ...]:
    """Return what changes with every write that could change a figure."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        return tuple(cursor.fetchone())


def kept[T](seen: Hashable, key: Hashable, compute: Callable[[], T]) -> T:
    """Return what `compute` returned for this key if it is still good, `seen` being the present stamp."""
    found = _kept.get(key)
    if found is not None and found.good(seen):
        value: T = found.value
        return value
    begun = time.monotonic()
    value = compute()
    now = time.monotonic()
    _kept[key] = Answer(value, seen, now, now - begun)
    _kept.move_to_end(key)
    while len(_kept) > MOST:
        _kept.popitem(last=False)
    return value


def forget() -> None:
    """Drop all of it: between tests."""
    _kept.clear()


def figures(window: Window, asked: Mapping[str, Askable], seen: tuple[Any, ...] | None = None) -> dict[str, list[Row]]:
    """Return the rows of each question as `measure` does, kept while nothing has changed. `seen` is the stamp, if known."""
    questions = tuple((name, each.question) for name, each in asked.items())
    key = (*key_of(window), questions)
    found = kept(seen or stamp(), key, lambda: measure(window, asked))
    if sum(_size(row) for rows in found.values() for row in rows) > LARGEST:
        _kept.pop(key, None)
    return found


def _size(row: Row) -> int:
    """Return how many rows a row counts for: one with a list of values for each of them."""
    return 1 + sum(len(value) for value in row.values() if isinstance(value, list))


def stocks(window: Window, moments: Sequence[dt.datetime], seen: tuple[Any, ...] | None = None) -> list[Stock]:
    """Return what stood open at each of the moments, kept while nothing has changed (N1, N8)."""
    key = ("stocks", *key_of(window), tuple(moments))
    return kept(seen or stamp(), key, lambda: stock_series(window, moments))


def key_of(window: Window) -> tuple[Any, ...]:
    """Return what tells one window from another; the running moment does not."""
    params = {name: value for name, value in window.params().items() if name != "at" or window.at is not None}
    return Workspace.current().pk, window.at is not None, repr(params)
