"""Inserts by the thousand: COPY, ten times as fast as the ORM. Triggers see the rows all the same (H1)."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models


@cache
def writable_columns(model: type[models.Model]) -> list[tuple[str, str, "models.Field[Any, Any]"]]:
    """Return (attribute, column, field) of the columns that the application fills."""
    return [
        (f.attname, f.column, f)
        for f in model._meta.concrete_fields
        if f.column and not f.generated and f.db_default is models.NOT_PROVIDED and not isinstance(f, models.AutoField)
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
