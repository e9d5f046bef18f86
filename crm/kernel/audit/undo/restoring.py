"""Writing an undo: values put back, removed rows inserted again, created rows removed; in sets, whatever their number."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any

from django.db import connection, models
from django.utils import timezone

from crm.kernel.core.history import TRACKED
from crm.kernel.core.models import Record

from .changes import BATCH, RowChange
from .conflicts import row_key
from .created import Keys
from .parts import values_back

# The server reads each row's values as the table's own types, so that one statement serves every kind of column.
UPDATE = """
UPDATE {table} t SET {sets} FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) r WHERE t.{key} = r.{key}
"""


def restore(model: type[models.Model], changes: list[RowChange], picked: Mapping[str, set[str]]) -> int:
    """Put changed values of rows back and insert removed rows again, with their ids; return the number of rows.

    `picked` names by row the values that are wanted back although they have changed since. Rows whose order matters to a unique
    constraint (which address is the primary one) go in reverse order: what took a place makes room for it again.
    """
    steps = []
    for change in reversed(changes):
        if change.removed and change.now is None:
            steps.append((change, change.before or {}, True))
        elif back := values_back(change, picked.get(row_key(change), ())):
            steps.append((change, back, False))
    for insert, columns, rows in _in_sets(model, steps):
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            if insert:
                model._default_manager.bulk_create([model(**values) for _pk, values in part])
            else:
                _update(model, columns, part)
    return len(steps)


def _in_sets(
    model: type[models.Model], steps: list[tuple[RowChange, dict[str, Any], bool]]
) -> Iterator[tuple[bool, tuple[str, ...], list[tuple[Any, dict[str, Any]]]]]:
    """Yield (insert, columns, rows) for what can be written by one statement."""
    guarded = _guarded_columns(model)

    def kind(step: tuple[RowChange, dict[str, Any], bool]) -> tuple[bool, tuple[str, ...], tuple[Any, ...]]:
        _change, values, insert = step
        flags = [(name, values[name]) for name in sorted(values) if isinstance(values[name], bool) and name in guarded]
        return insert, () if insert else tuple(sorted(values)), () if insert else tuple(flags)

    if not any(insert or guarded & values.keys() for _change, values, insert in steps):
        steps = sorted(steps, key=kind)
    for (insert, columns, _flags), group in groupby(steps, key=kind):
        yield insert, columns, [(change.pk, values) for change, values, _insert in group]


@cache
def _guarded_columns(model: type[models.Model]) -> set[str]:
    """Return the columns that a unique constraint looks at."""
    names: set[str] = set()
    for each in model._meta.constraints:
        if isinstance(each, models.UniqueConstraint):
            names |= set(each.fields) | {str(path) for path, _value in _leaves(each.condition)}
    return names | {f.attname for f in model._meta.concrete_fields if f.name in names or f.unique}


def _leaves(condition: models.Q | None) -> Iterator[tuple[Any, Any]]:
    for child in condition.children if condition is not None else ():
        if isinstance(child, models.Q):
            yield from _leaves(child)
        elif isinstance(child, tuple):
            yield child


def _update(model: type[models.Model], columns: tuple[str, ...], rows: list[tuple[Any, dict[str, Any]]]) -> None:
    """Write the values of many rows by one statement; a record gets its next version (P3)."""
    quote = connection.ops.quote_name
    fields = {f.attname: str(f.column) for f in model._meta.concrete_fields}
    key = fields[model._meta.pk.attname]
    sets = [f"{quote(fields[name])} = r.{quote(fields[name])}" for name in columns]
    if issubclass(model, Record):
        sets += ["version = t.version + 1", "updated_at = %(now)s"]
    values = [{fields[name]: values[name] for name in columns} | {key: pk} for pk, values in rows]
    statement = UPDATE.format(table=quote(model._meta.db_table), sets=", ".join(sets), key=quote(key))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rows": json.dumps(values, default=str), "now": timezone.now()})


def remove(removed: Keys) -> None:
    """Remove rows for good, with what hangs on them and has no history."""
    for model, pks in removed.items():
        _remove_what_hangs_on(model, pks)
        for start in range(0, len(pks), BATCH):
            model._base_manager.filter(pk__in=pks[start : start + BATCH])._raw_delete(using="default")


def _remove_what_hangs_on(model: type[models.Model], pks: list[Any]) -> None:
    """Remove rows without history that mean nothing without the removed ones, such as invitations and notifications.

    So do rows that other undos have left there (`spent` on their model), such as undone visits to stages.
    """
    for relation in model._meta.related_objects:
        field: Any = relation.field
        if pks and (spent := getattr(relation.related_model, "spent", None)) and relation.related_model is not model:
            rows = relation.related_model._base_manager.filter(spent, **{f"{field.attname}__in": pks})
            rows._raw_delete(using="default")
        if not pks or relation.related_model in TRACKED or relation.many_to_many or not field.db_constraint:
            continue
        rows = relation.related_model._base_manager.filter(**{f"{field.attname}__in": pks})
        if relation.on_delete is models.SET_NULL:
            rows.update(**{field.attname: None})
        elif relation.on_delete is models.CASCADE:
            rows.delete()
