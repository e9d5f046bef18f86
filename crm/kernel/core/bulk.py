"""Writes by the thousand, ten times as fast as the ORM: COPY for new rows, one UPDATE for changed ones.

The history triggers see both (H1).
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

from .models import Record


@cache
def writable_columns(model: type[models.Model]) -> list[tuple[str, str, "models.Field[Any, Any]"]]:
    """Return (attribute, column, field) of the columns that the application fills."""
    return [
        (f.attname, f.column, f)
        for f in model._meta.concrete_fields
        if f.column
        and not f.generated
        and not isinstance(f, models.AutoField)
        and (f.db_default is models.NOT_PROVIDED or f.has_default())
    ]


def copy_rows(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, given as values by attribute name; what no row names gets the model's default."""
    if not rows:
        return
    columns = writable_columns(model)
    given = set().union(*rows)
    fixed = {name: field.get_default() for name, _column, field in columns}
    plans = [
        (name, fixed[name] if name not in given else None, name in given, isinstance(field, models.JSONField))
        for name, _column, field in columns
    ]
    quote = connection.ops.quote_name
    listed = ", ".join(quote(column) for _name, column, _field in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({listed}) FROM STDIN") as copy,
    ):
        for row in rows:
            values = []
            for name, default, asked, as_json in plans:
                value = row.get(name, fixed[name]) if asked else default
                values.append(json.dumps(value, cls=DjangoJSONEncoder) if as_json else value)
            copy.write_row(values)


MANY = 100  # from here on COPY is faster than an INSERT


def insert_rows(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, given as values by attribute name, the faster way for their number."""
    if len(rows) > MANY:
        copy_rows(model, rows)
    elif rows:
        model._default_manager.bulk_create(model(**row) for row in rows)


class _Exact(DjangoJSONEncoder):
    """Django's encoder cuts instants to milliseconds; this one keeps them whole."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, dt.datetime) else super().default(o)


def update_rows(
    model: type[models.Model], rows: Iterable[tuple[UUID, Mapping[str, Any]]], *, at: dt.datetime | None = None
) -> None:
    """Set columns of rows by id, all rows with the same columns in one statement; records get the next version."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for pk, values in rows:
        groups[tuple(sorted(values))].append({"id": pk, **values})
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    column_of = {each.attname: each.column for each in model._meta.concrete_fields if each.column}
    versioned = issubclass(model, Record)
    for names, group in groups.items():
        sets = [f"{quote(column_of[name])} = d.{quote(column_of[name])}" for name in names if name != "updated_at"]
        parameters: list[Any] = []
        if versioned:
            sets.append('"version" = t."version" + 1, "updated_at" = %s')
            parameters.append(at or timezone.now())
        data = [{column_of.get(name, name): value for name, value in row.items()} for row in group]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} t SET {', '.join(sets)}"
                f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) d WHERE t.id = d.id",
                [*parameters, json.dumps(data, cls=_Exact)],
            )
