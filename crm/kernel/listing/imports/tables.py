"""New rows of the past, by COPY and under their own day. The history triggers see them (H1)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone

from crm.kernel.core.bulk import copy_rows
from crm.kernel.core.changes import set_business_time

RECENT = dt.timedelta(days=1)


def copy_by_time(model: type[models.Model], rows: Sequence[Mapping[str, Any]], key: str) -> None:
    """Insert rows of which some lie in the past: the history of those is dated back to their day (H1).

    `key` names the instant of each row. Rows of the last day are written as what happens now.
    """
    recent = timezone.now() - RECENT
    groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[key].date() if row[key] < recent else None].append(row)
    copy_rows(model, groups.pop(None, []))
    if not groups:
        return
    note_changeset()
    for day in sorted(groups):
        set_business_time(min(row[key] for row in groups[day]))
        copy_rows(model, groups[day])
    set_business_time(None)


def note_changeset() -> None:
    """Have the open change-set stored now: it is of today, whatever it is going to date back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT _pgh_attach_context()")


def pairs(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
