"""Going back to an earlier value of one field, from a record's history (H3)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import history_of
from crm.kernel.core.models import Record

from .columns import JsonPart, part_of, value_of
from .names import Names
from .registry import restorers
from .sentences import Entry


def offer_values(entries: list[Entry], record: Record, actor: Actor) -> None:
    """Leave in the sentences only those rows to whose values the actor may go back today."""
    fields, _function = restorers.get(type(record), ((), None))
    if record.binned_at is not None or not actor.can("edit", record):
        fields = ()
    for each in (each for entry in entries for each in entry.sentences):
        column = _column(type(record), each.field, actor) if _settable(each.field, fields) else None
        if column is None or _present(record, column) == each.old:
            each.row = 0


def _settable(name: str, fields: Collection[str]) -> bool:
    """Say whether the record's service sets a field; a name that ends in * stands for all that begin like it."""
    return name in fields or any(each.endswith("*") and name.startswith(each[:-1]) for each in fields)


def _column(model: type[models.Model], name: str, actor: Actor) -> Any:
    column = next((f for f in model._meta.concrete_fields if f.name == name), None)
    return column or part_of(model, name, actor)


def _present(record: Record, column: Any) -> Any:
    if isinstance(column, JsonPart):
        return column.value_in({column.column: getattr(record, column.column)})
    return getattr(record, column.attname)


@command("audit.restore")
def restore_value(*, model: type[Record], record_id: UUID, field: str, row: int, actor: Actor) -> str:
    """Set one field of a record to what it was in a history row, through its own edit service; return the value in words.

    Raises the record's DoesNotExist if the actor may not see it or the row is not its own, PermissionDenied if they may
    not edit it today, Refused for a field that cannot be set, and whatever the service refuses.
    """
    record: Any = model.objects.visible_to(actor).live().get(pk=record_id)  # type: ignore[attr-defined]
    actor.require("edit", record)
    fields, function = restorers.get(model, ((), None))
    column = _column(model, field, actor)
    if function is None or not _settable(field, fields) or column is None:
        raise Refused(_("This field cannot be set back."))
    rows = history_of(model).objects.filter(pgh_id=row, pgh_obj_id=record_id)
    values = rows.values(column.column if isinstance(column, JsonPart) else column.attname).first()
    if values is None:
        raise record.DoesNotExist("No such row of history.")
    names = Names(actor)
    value = value_of(column, values)
    names.add(column, value)
    function(record_id, field, value, actor)
    return names.words(column, values)
