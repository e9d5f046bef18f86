"""What apps tell the audit about their models: how to undo the odd ones, and what to recompute afterwards (H2)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from crm.kernel.core.changes import Actor

if TYPE_CHECKING:
    from .undo import RowChange, Turned

UndoRule = Callable[[list["RowChange"], Actor, set[UUID]], None]
UndoRight = Callable[["RowChange", Actor], bool]
Recompute = Callable[[Iterable[UUID]], Any]
Tell = Callable[[list["Turned"], Actor], Any]
SetValue = Callable[[UUID, str, Any, Actor], Any]
Needed = Callable[[Collection[Any]], Collection[Any]]
Retire = Callable[[Collection[Any]], Any]

Caused = Callable[[UUID], Collection[UUID]]


@dataclass(slots=True)
class Stopped:
    """What an undo could still stop of a command's effects: how many, and sentences on what had gone out by then."""

    count: int = 0
    gone: list[str] = field(default_factory=list)


Stop = Callable[[Collection[UUID], Actor], Stopped]
Absorbed = Callable[[UUID], dict[UUID, str]]

undo_rules: dict[type[models.Model], UndoRule] = {}
undo_rights: dict[type[models.Model], UndoRight] = {}
retirements: dict[type[models.Model], tuple[Needed, Retire]] = {}
recomputes: dict[type[models.Model], list[Recompute]] = {}
tellers: dict[type[models.Model], tuple[Tell, Mapping[type[models.Model], str]]] = {}
command_labels: dict[str, Any] = {}
_causes: list[Caused] = []
_stops: list[Stop] = []
_absorbed: dict[type[models.Model], Absorbed] = {}
command_rights: dict[str, tuple[type[models.Model], ...]] = {}
record_pages: dict[str, str] = {}
finals: dict[str, Any] = {}
tellers_of_command: dict[str, tuple[type[models.Model], Tell]] = {}
restorers: dict[type[models.Model], tuple[Collection[str], SetValue]] = {}


def undo_with(model: type[models.Model], rule: UndoRule) -> None:
    """Let `rule(changes, actor, removed)` undo a set's changes of `model` in place of the plain restoring of columns.

    `removed` holds the ids of all rows that the undo removes for good, of whatever model.
    """
    undo_rules[model] = rule


def retire_with(model: type[models.Model], needed: Needed, retire: Retire) -> None:
    """Have the undo of a creation put `needed(ids)`, the rows that others live on by now, out of use by `retire(ids)`.

    The rest is removed for good. For models whose rows do not go to the bin, and are named by values, not by keys.
    """
    retirements[model] = (needed, retire)


def allow_undo(model: type[models.Model], rule: UndoRight) -> None:
    """Let people without the settings right undo changes of `model` for which `rule(change, actor)` is true."""
    undo_rights[model] = rule


def rights_of_command(command: str, *models: type[models.Model]) -> None:
    """Let the rights to these models alone decide who may undo a command: what else it wrote followed from them (M4)."""
    command_rights[command] = models


def never_undone(command: str, why: Any) -> None:
    """Refuse the undo of a command with these words; what it removed stays away whatever else is undone (R8, H2)."""
    finals[command] = why


def recompute_with(model: type[models.Model], function: Recompute) -> None:
    """Have `function(ids)` recompute the derived columns of rows that an undo, a merge or an import has touched."""
    recomputes.setdefault(model, []).append(function)


def announce_with(model: type[models.Model], tell: Tell, rows: Mapping[type[models.Model], str]) -> None:
    """Have `tell(records, actor)` say of records of `model` that an undo changed them (W4), some thousand at a time.

    `rows` names the models whose rows belong to a record, each as events call it: `{ContactEmail: "emails"}`.
    """
    tellers[model] = (tell, rows)


def announce_command(command: str, model: type[models.Model], tell: Tell) -> None:
    """Have `tell(records, actor)` alone say of records of `model` that a command is undone, or done again.

    For commands that set off no rules themselves (M3): their undo must not do so either.
    """
    tellers_of_command[command] = (model, tell)


def label_commands(labels: dict[str, Any]) -> None:
    """Give commands their words for the history: `{"deals.move": _("moved a deal")}`."""
    command_labels.update(labels)


def link_records(pages: dict[str, str]) -> None:
    """Say where records have their pages: `{"deal": "deals:deal_detail"}`, by kind and URL name."""
    record_pages.update(pages)


def restore_with(model: type[models.Model], fields: Collection[str], function: SetValue) -> None:
    """Let `function(pk, field, value, actor)`, the record's own edit service, set one of `fields` to an earlier value (H3)."""
    restorers[model] = (fields, function)


def tell_with(model: type[models.Model], function: Absorbed) -> None:
    """Let `function(pk)` say which records have become part of one of `model`: their history is told with its own (M3)."""
    _absorbed[model] = function


def absorbed_by(record: models.Model) -> dict[UUID, str]:
    """Return the records that have become part of this one, by id, each with its name."""
    function = _absorbed.get(type(record))
    return function(record.pk) if function is not None else {}


def follow_with(function: Caused) -> None:
    """Let `function(changeset_id)` name the change-sets that a change-set has caused: those of the rules that it fired."""
    if function not in _causes:
        _causes.append(function)


def stop_with(function: Stop) -> None:
    """Let `function(changeset_ids, actor)` stop what these sets have set off outside of records and has not gone out (H2)."""
    if function not in _stops:
        _stops.append(function)


def stop_effects(changeset_id: UUID, actor: Actor) -> Stopped:
    """Stop the unsent mails, hooks and waits of a change-set and of those that it caused; say what had gone out (H2)."""
    sets = {changeset_id}.union(*(causes(changeset_id) for causes in _causes))
    found = [stop(sets, actor) for stop in _stops]
    return Stopped(sum(each.count for each in found), [words for each in found for words in each.gone])
