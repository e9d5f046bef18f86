"""The undo of a change-set as a command (H2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from crm.kernel.audit.models import ChangeSet, Stands
from crm.kernel.audit.registry import Stopped, finals, recomputes, retirements, stop_effects, undo_rules
from crm.kernel.audit.rights import require_rights
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, Refused

from .changes import Plan, plan_of
from .conflicts import conflicts_in, picked_parts
from .created import retirable, sort_out_created
from .lost import take_lost
from .restoring import remove, restore
from .telling import tell_all

TRIES = 3


@dataclass(slots=True)
class Undone:
    """What an undo did: the new change-set, how many rows it put back, the values that it left alone, effects stopped."""

    changeset_id: UUID | None = None
    restored: int = 0
    removed: int = 0
    binned: int = 0
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    stopped: Stopped = field(default_factory=Stopped)


def undo(*, changeset_id: UUID, actor: Actor, force: bool = False, chosen: Collection[str] = ()) -> Undone:
    """Undo a change-set as a new one and say what was done (H2).

    Raises ChangeSet.DoesNotExist if the actor may not see it, PermissionDenied if it is somebody else's or a record may
    not be edited today, Refused if it is undone already, Conflict with both values of each field that has changed
    since, unless `force`: then those fields stay as they are now, but for the `chosen` ones (by the ids of the
    conflicts, which hold for the values seen; `*` means all), and the rest is put back.
    """
    old = undoable(changeset_id, actor)
    try:
        for _again in range(TRIES - 1):
            try:
                return _undo(old, actor, force, chosen)
            except OperationalError as error:
                # Somebody else locked the same records in another order, and the database chose this one to give way.
                if connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return _undo(old, actor, force, chosen)
    except IntegrityError as error:
        # What came since holds what would have to come back: an address, a name, a place.
        raise Refused(_("What came since stands in the way: %(what)s.") % {"what": _obstacle(error)}) from error


def undoable(changeset_id: UUID, actor: Actor) -> ChangeSet:
    """Return a change-set that the actor may undo as far as its author goes: one's own, an admin any (H2).

    Raises ChangeSet.DoesNotExist for one that they may not see, PermissionDenied for somebody else's, Refused for a
    command that is for good.
    """
    found: ChangeSet = ChangeSet.objects.visible_to(actor).get(pk=changeset_id)
    if found.user_id != actor.id and not (actor.kind == "system" or actor.may("settings")):
        raise PermissionDenied("Only its author or an admin may undo this.")
    if found.command in finals:
        raise Refused(str(finals[found.command]))
    return found


@dataclass(slots=True)
class Preview:
    """What an undo would meet: values and rows that have changed since, and the created records that can only be binned."""

    conflicts: list[dict[str, Any]]
    binned: list[tuple[type[Model], UUID]]


def preview(*, changeset_id: UUID, actor: Actor) -> Preview:
    """Return what an undo would meet now, writing and locking nothing. Raises as `undo` does."""
    old = undoable(changeset_id, actor)
    plan = plan_of(old.pk, lock=False)
    lost = take_lost(plan)
    for changes in plan.values():
        require_rights(actor, changes, old.command)
    _removed, binned = sort_out_created(plan)
    for model, pks in retirable(plan).items():
        binned[model] = sorted(retirements[model][0](pks))
    return Preview(conflicts_in(plan) + lost, [(model, pk) for model, pks in binned.items() for pk in pks])


def _obstacle(error: IntegrityError) -> str:
    """Return the kind of record that stands in the way of an undo."""
    table = getattr(getattr(error.__cause__, "diag", None), "table_name", "")
    return next(
        (str(m._meta.verbose_name_plural) for m in apps.get_models() if m._meta.db_table == table), table or "?"
    )


def _undo(old: ChangeSet, actor: Actor, force: bool, chosen: Collection[str]) -> Undone:
    """Undo `old` in a change-set of its own."""
    result = Undone()
    with changeset(actor, "audit.undo", undo_of=old.pk) as new:
        with connection.cursor() as cursor:
            # Two undos of the same set at once: the second one waits and finds it undone.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(old.pk)])
        if not ChangeSet.objects.filter(pk=old.pk).values_list(Stands("id"), flat=True).get():
            raise Refused(_("This is undone already."))
        # Before any record is locked: a run that goes on holds its row first and then the record's, so must an undo.
        result.stopped = stop_effects(old.pk, actor)
        plan = plan_of(old.pk)
        lost = take_lost(plan)
        for changes in plan.values():
            require_rights(actor, changes, old.command)
        conflicts = conflicts_in(plan)
        picked = picked_parts(conflicts, chosen)
        result.conflicts = [c for c in conflicts if c["field"] not in picked.get(f"{c['model']}:{c['pk']}", ())]
        result.conflicts += lost
        if result.conflicts and not force:
            raise Conflict(_("Some of it has been changed since."), theirs={"fields": result.conflicts})
        _apply(plan, actor, result, picked)
        tell_all(plan, actor, _first(old).command)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        # Stopping effects alone may leave nothing that could be done again.
        result.changeset_id = new.id if ChangeSet.objects.filter(pk=new.id).exists() else None
    return result


def _first(made: ChangeSet) -> ChangeSet:
    """Return the command at the beginning of a chain of undos."""
    while made.undo_of_id is not None:
        made = ChangeSet.objects.get(pk=made.undo_of_id)
    return made


def _apply(plan: Plan, actor: Actor, result: Undone, picked: Mapping[str, set[str]]) -> None:
    """Put rows back, remove or bin created ones, re-insert removed ones, then recompute what is derived."""
    removed, binned = sort_out_created(plan)
    gone = {pk for pks in removed.values() for pk in pks}
    # First: what took the place of a row (a new primary one) makes room for it again.
    remove(removed)
    for model, changes in plan.items():
        if model in undo_rules:
            undo_rules[model]([c for c in changes if c.pk not in gone], actor, gone)
        else:
            result.restored += restore(model, changes, picked)
    for model, pks in binned.items():
        model._default_manager.filter(pk__in=pks).update(binned_at=timezone.now())
    for model, pks in retirable(plan).items():
        # Last: what the set itself had put there needs them no more.
        needed, retire = retirements[model]
        if kept := needed(pks):
            retire(kept)
        binned[model] = sorted(kept)
        removed[model] = [pk for pk in pks if pk not in kept]
        remove({model: removed[model]})
    result.removed, result.binned = sum(map(len, removed.values())), sum(map(len, binned.values()))
    for model, changes in plan.items():
        for recompute in recomputes.get(model, ()):
            # Rows that are gone too: what they were linked to is found in their history.
            recompute([c.pk for c in changes])
