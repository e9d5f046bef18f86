"""Who may put back what a change-set did: with the edit rights of today, whatever one had then (H2)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models

from crm.kernel.core.changes import Actor
from crm.kernel.core.models import Record

from .registry import command_rights, undo_rights

if TYPE_CHECKING:
    from .undo import RowChange


def require_rights(actor: Actor, changes: list["RowChange"], command: str = "") -> None:
    """Raise PermissionDenied unless the actor may change today what these changes of one model touched.

    Of some commands only certain models are asked (`registry.rights_of_command`): what else they wrote followed along.

    Records ask themselves; rows that belong to a record go by it; everything else (people, teams, stages) belongs to the
    settings, but for what an app allows (`registry.allow_undo`).
    """
    if not changes or changes[0].model not in command_rights.get(command, (changes[0].model,)):
        return
    model = changes[0].model
    if issubclass(model, Record):
        records: Iterable[Any] = (model(**change.now) for change in changes if change.now is not None)
        _require_records(actor, records)
    elif parent := getattr(model, "history_parent", None):
        _require_records(actor, _parents(model, parent, changes))
    elif not actor.may("settings"):
        rule = undo_rights.get(model)
        if rule is None or not all(rule(change, actor) for change in changes):
            raise PermissionDenied(f"{actor.label} may not change this {model._meta.verbose_name} back.")


def _require_records(actor: Actor, records: Iterable[Any]) -> None:
    for record in records:
        if not record.undoable_by(actor):
            raise PermissionDenied(f"{actor.label} may not change this {record.kind} back.")


def _parents(model: type[models.Model], parent: str, changes: list["RowChange"]) -> Iterable[Any]:
    """Return the records to which the touched rows belong or belonged."""
    column = f"{parent}_id"
    ids: set[UUID] = set()
    for change in changes:
        ids |= {values[column] for values in (change.before, change.after) if values is not None}
    manager: Any = model._meta.get_field(parent).related_model._default_manager  # type: ignore[union-attr]
    return manager.filter(pk__in=ids - {None})
