"""Going back to an earlier value of one field, from a record's history (H3)."""

from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import history_of
from crm.kernel.core.models import Record

from .names import Names
from .registry import restorers
from .sentences import Entry


def offer_values(entries: list[Entry], record: Record, actor: Actor) -> None:
    """Leave in the sentences only those rows to whose values the actor may go back today."""
    fields, _function = restorers.get(type(record), ((), None))
    if record.binned_at is not None or not actor.can("edit", record):
        fields = ()
    for each in (each for entry in entries for each in entry.sentences):
        column = _column(type(record), each.field) if each.field in fields else None
        if column is None or getattr(record, column.attname) == each.old:
            each.row = 0


def _column(model: type[models.Model], name: str) -> Any:
    return next((f for f in model._meta.concrete_fields if f.name == name), None)


@command("audit.restore")
def restore_value(*, model: type[Record], record_id: UUID, field: str, row: int, actor: Actor) -> str:
    """Set one field of a record to what it was in a history row, through its own edit service; return the value in words.

    Raises the record's DoesNotExist if the actor may not see it or the row is not its own, PermissionDenied if they may
    not edit it today, Refused for a field that cannot be set, and whatever the service refuses.
    """
    record: Any = model.objects.visible_to(actor).live().get(pk=record_id)  # type: ignore[attr-defined]
    actor.require("edit", record)
    fields, function = restorers.get(model, ((), None))
    column = _column(model, field)
    if function is None or field not in fields or column is None:
        raise Refused(_("This field cannot be set back."))
    rows = history_of(model).objects.filter(pgh_id=row, pgh_obj_id=record_id)
    values = rows.values(column.attname).first()
    if values is None:
        raise record.DoesNotExist("No such row of history.")
    names = Names(actor)
    names.add(column, values[column.attname])
    function(record_id, field, values[column.attname], actor)
    return names.words(column, values)
