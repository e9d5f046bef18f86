"""Figures kept for a short while: as long as nothing that they stand on has changed, and for a minute at most.

The stamp is the latest row of each history that numbers read: one look at the end of an index each. Two commits may
appear in another order than they were numbered, hence the minute.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.db import connection

from crm.kernel.workspace.models import Workspace
from deals.metrics.measure import Askable, Row, measure
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
MOST = 300
_kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()


def stamp() -> tuple[Any, ...]:
    """Return what changes with every write that could change a figure."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        return tuple(cursor.fetchone())


def kept[T](key: Hashable, compute: Callable[[], T]) -> T:
    """Return what `compute` returned for this key if that was less than a minute ago. The key holds the stamp."""
    found = _kept.get(key)
    if found is not None and time.monotonic() - found[0] < SECONDS:
        return found[1]
    value = compute()
    _kept[key] = (time.monotonic(), value)
    while len(_kept) > MOST:
        _kept.popitem(last=False)
    return value


def figures(window: Window, asked: Mapping[str, Askable], seen: tuple[Any, ...] | None = None) -> dict[str, list[Row]]:
    """Return the rows of each question as `measure` does, kept while nothing has changed. `seen` is the stamp, if known."""
    questions = tuple((name, each.question) for name, each in asked.items())
    return kept((seen or stamp(), *key_of(window), questions), lambda: measure(window, asked))


def key_of(window: Window) -> tuple[Any, ...]:
    """Return what tells one window from another; the running moment does not."""
    params = {name: value for name, value in window.params().items() if name != "at" or window.at is not None}
    return Workspace.current().pk, window.at is not None, repr(params)
