"""Fast writes in sets: COPY for new rows, one UPDATE for changed ones. The history triggers see both (H1)."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

from crm.kernel.core.bulk import copy_rows, writable_columns
from crm.kernel.core.changes import set_business_time
from crm.kernel.core.models import Record

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


def update_rows(model: type[models.Model], rows: Iterable[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Set columns of rows by id, all rows with the same columns in one statement; records get the next version."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for pk, values in rows:
        groups[tuple(sorted(values))].append({"id": pk, **values})
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    column_of = {name: column for name, column, _field in writable_columns(model)}
    versioned = issubclass(model, Record)
    for names, group in groups.items():
        sets = [f"{quote(column_of[name])} = d.{quote(column_of[name])}" for name in names]
        parameters: list[Any] = []
        if versioned:
            sets.append('"version" = t."version" + 1, "updated_at" = %s')
            parameters.append(timezone.now())
        data = [{column_of.get(name, name): value for name, value in row.items()} for row in group]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} t SET {', '.join(sets)}"
                f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) d WHERE t.id = d.id",
                [*parameters, json.dumps(data, cls=DjangoJSONEncoder)],
            )


def pairs(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
