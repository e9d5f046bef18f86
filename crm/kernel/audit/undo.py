"""Undo of a change-set: a new change-set that puts back what the old one changed (H2).

The history rows say what each touched row was before and after. A field whose present value is still the one that
the set left is put back; any other field is a conflict, shown with both values and left alone unless `force`d.
Rows that the set created go for good if nobody else has touched them, else into the bin; rows that it removed return.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, models
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.models import Record

from .models import ChangeSet
from .registry import recomputes, undo_rules
from .rights import require_rights

BATCH = 5000


@dataclass(slots=True)
class RowChange:
    """What one change-set did to one row; `before` is None for a row it created, `after` None for one it removed."""

    model: type[models.Model]
    pk: Any
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    now: dict[str, Any] | None = None

    @property
    def created(self) -> bool:
        """True if the set made the row and left it there."""
        return self.before is None and self.after is not None

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Return each column that the set changed, with its value before and after."""
        if self.before is None or self.after is None:
            return {}
        return {name: (old, self.after[name]) for name, old in self.before.items() if old != self.after[name]}


@dataclass(slots=True)
class Undone:
    """What an undo did: the new change-set, how many rows it put back, and the fields that it left alone."""

    changeset_id: UUID | None = None
    restored: int = 0
    removed: int = 0
    binned: int = 0
    conflicts: list[dict[str, Any]] = field(default_factory=list)


def columns_of(model: type[models.Model]) -> list[str]:
    """Return the recorded columns of a tracked model, by attribute name."""
    recorded = {f.name for f in history_of(model)._meta.concrete_fields}
    return [f.attname for f in model._meta.concrete_fields if f.name in recorded]


def changes_of(changeset_id: UUID, model: type[models.Model]) -> Iterator[RowChange]:
    """Yield what the change-set did to each row of `model`, in the order in which it first touched them."""
    history = history_of(model)
    names = columns_of(model)
    rows: dict[Any, RowChange] = {}
    first: dict[Any, int] = {}
    wanted = history.objects.filter(pgh_context_id=changeset_id).order_by("pgh_id")
    for row in wanted.values("pgh_id", "pgh_label", "pgh_obj_id", *names).iterator(BATCH):
        pk, label = row["pgh_obj_id"], row["pgh_label"]
        values = {name: row[name] for name in names}
        if pk not in rows:
            rows[pk] = RowChange(model, pk, None if label == "insert" else values, None)
            first[pk] = row["pgh_id"] if label != "insert" else 0
        rows[pk].after = None if label == "delete" else values
    earlier = [pk for pk, seen in first.items() if seen]
    for start in range(0, len(earlier), BATCH):
        for pk, values in _values_before(history, names, {pk: first[pk] for pk in earlier[start : start + BATCH]}):
            rows[pk].before = values
    yield from rows.values()


def _values_before(history: Any, names: list[str], first: dict[Any, int]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the last recorded values of each row before its first change in the set."""
    lowest = dict(first)
    found: set[Any] = set()
    rows = history.objects.filter(pgh_obj_id__in=list(first), pgh_id__lt=max(first.values())).order_by(
        "pgh_obj_id", "-pgh_id"
    )
    for row in rows.values("pgh_id", "pgh_obj_id", *names).iterator(BATCH):
        pk = row["pgh_obj_id"]
        if pk not in found and row["pgh_id"] < lowest[pk]:
            found.add(pk)
            yield pk, {name: row[name] for name in names}


def touched_models(changeset_id: UUID) -> list[type[models.Model]]:
    """Return the tracked models of which the change-set wrote rows; one query for all of them."""
    checks = " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS"
        f' (SELECT FROM "{history_of(model)._meta.db_table}" WHERE pgh_context_id = %(set)s)'
        for number, model in enumerate(TRACKED)
    )
    with connection.cursor() as cursor:
        cursor.execute(checks, {"set": changeset_id})
        return [TRACKED[number] for (number,) in cursor.fetchall()]


def _load_present(changes: list[RowChange]) -> None:
    """Fill `now` of each change with the row's present values, locked until the undo ends."""
    model = changes[0].model
    names = columns_of(model)
    for start in range(0, len(changes), BATCH):
        part = {change.pk: change for change in changes[start : start + BATCH]}
        rows = model._default_manager.select_for_update().filter(pk__in=list(part)).order_by("pk")
        for row in rows.values("pk", *names):
            part[row.pop("pk")].now = row


def undo(*, changeset_id: UUID, actor: Actor, force: bool = False) -> Undone:
    """Undo a change-set as a new one and say what was done (H2).

    Raises ChangeSet.DoesNotExist if the actor may not see it, PermissionDenied if it is somebody else's or a record may
    not be edited today, Refused if it is undone already, Conflict with both values of each field that has changed
    since, unless `force`: then those fields stay as they are now and the rest is put back.
    """
    old = ChangeSet.objects.visible_to(actor).get(pk=changeset_id)
    if old.user_id != actor.id and not (actor.kind == "system" or actor.may("settings")):
        raise PermissionDenied("Only its author or an admin may undo this.")
    try:
        return _undo(old, actor, force)
    except IntegrityError as error:
        # What came since holds what would have to come back: an address, a name, a place.
        raise Refused(_("What came since stands in the way: %(what)s.") % {"what": _obstacle(error)}) from error


def _obstacle(error: IntegrityError) -> str:
    """Return the kind of record that stands in the way of an undo."""
    table = getattr(getattr(error.__cause__, "diag", None), "table_name", "")
    return next(
        (str(m._meta.verbose_name_plural) for m in apps.get_models() if m._meta.db_table == table), table or "?"
    )


def _undo(old: ChangeSet, actor: Actor, force: bool) -> Undone:
    """Undo `old` in a change-set of its own."""
    result = Undone()
    with changeset(actor, "audit.undo", undo_of=old.pk) as new:
        with connection.cursor() as cursor:
            # Two undos of the same set at once: the second one waits and finds it undone.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(old.pk)])
        if ChangeSet.objects.undo_of(old.pk).exclude(pk=new.id).exists() and not _redone(old.pk):
            raise Refused(_("This is undone already."))
        plan = {model: list(changes_of(old.pk, model)) for model in touched_models(old.pk)}
        for changes in plan.values():
            _load_present(changes)
            require_rights(actor, changes)
        result.conflicts = [c for changes in plan.values() for c in _conflicts(changes)] + _still_used(plan)
        if result.conflicts and not force:
            raise Conflict(_("Some of it has been changed since."), theirs={"fields": result.conflicts})
        _apply(plan, actor, result)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        result.changeset_id = new.id
    return result


def _redone(changeset_id: UUID) -> bool:
    """Say whether the last undo of the set has itself been undone, so that the set stands again."""
    last = ChangeSet.objects.undo_of(changeset_id).order_by("-recorded_at").first()
    return last is not None and ChangeSet.objects.undo_of(last.pk).exists() and not _redone(last.pk)


def _conflicts(changes: list[RowChange]) -> Iterator[dict[str, Any]]:
    """Yield each field whose present value is neither the one that the set left nor the one it would be put back to."""
    for change in changes:
        soft = getattr(change.model, "recomputed", ())
        if change.model in undo_rules or change.now is None:
            continue
        for name, (old, new) in change.changed.items():
            present = change.now[name]
            if present not in (new, old) and name.removesuffix("_id") not in soft:
                yield {
                    "model": change.model._meta.label_lower,
                    "pk": str(change.pk),
                    "field": name,
                    "was": old,
                    "set_to": new,
                    "now": present,
                }


def _apply(plan: dict[type[models.Model], list[RowChange]], actor: Actor, result: Undone) -> None:
    """Put rows back, remove or bin created ones, re-insert removed ones, then recompute what is derived."""
    removed, binned = _sort_out_created(plan)
    result.removed, result.binned = sum(map(len, removed.values())), sum(map(len, binned.values()))
    gone = {pk for pks in removed.values() for pk in pks}
    # First, and the rest in reverse: what took the place of a row (a new primary one) makes room for it again.
    for model, pks in removed.items():
        _remove_what_hangs_on(model, pks)
        for start in range(0, len(pks), BATCH):
            model._base_manager.filter(pk__in=pks[start : start + BATCH])._raw_delete(using="default")
    for model, changes in plan.items():
        if model in undo_rules:
            undo_rules[model]([c for c in changes if c.pk not in gone], actor, gone)
        else:
            result.restored += _restore(model, changes)
    for model, pks in binned.items():
        model._default_manager.filter(pk__in=pks).update(binned_at=timezone.now())
    for model, changes in plan.items():
        for recompute in recomputes.get(model, ()):
            # Rows that are gone too: what they were linked to is found in their history.
            recompute([c.pk for c in changes])


def _remove_what_hangs_on(model: type[models.Model], pks: list[Any]) -> None:
    """Remove rows without history that mean nothing without the removed ones, such as invitations and notifications."""
    for relation in model._meta.related_objects:
        field: Any = relation.field
        if not pks or relation.related_model in TRACKED or relation.many_to_many or not field.db_constraint:
            continue
        rows = relation.related_model._base_manager.filter(**{f"{field.attname}__in": pks})
        if relation.on_delete is models.SET_NULL:
            rows.update(**{field.attname: None})
        elif relation.on_delete is models.CASCADE:
            rows.delete()


def _still_used(plan: dict[type[models.Model], list[RowChange]]) -> list[dict[str, Any]]:
    """Return a conflict for each created row that can go neither to the bin nor away, since others refer to it now."""
    created = {c.pk for changes in plan.values() for c in changes if c.created and c.now is not None}
    conflicts = []
    given_back = _given_back(plan)
    for model, changes in plan.items():
        if issubclass(model, Record) or hasattr(model, "history_parent"):
            continue
        for pk in _referred_to(model, [c.pk for c in changes if c.pk in created], created, given_back):
            why = str(_("It is in use by now, so it stays."))
            conflicts.append({"model": model._meta.label_lower, "pk": str(pk), "field": "", "why": why})
    return conflicts


def _restore(model: type[models.Model], changes: list[RowChange]) -> int:
    """Put changed columns of rows back and insert removed rows again, with their ids; return the number of rows."""
    versioned = issubclass(model, Record)
    count = 0
    for change in reversed(changes):
        if change.before is not None and change.after is None and change.now is None:
            model._default_manager.bulk_create([model(**change.before)])
            count += 1
            continue
        if change.now is None:
            continue
        back: dict[str, Any] = {name: old for name, (old, new) in change.changed.items() if change.now[name] == new}
        if back:
            if versioned:
                back |= {"version": models.F("version") + 1, "updated_at": timezone.now()}
            model._default_manager.filter(pk=change.pk).update(**back)
            count += 1
    return count


def _sort_out_created(
    plan: dict[type[models.Model], list[RowChange]],
) -> tuple[dict[type[models.Model], list[Any]], dict[type[models.Model], list[Any]]]:
    """Divide the rows that the set created into those to remove for good and those to bin: touched by others since."""
    created = {model: [c.pk for c in changes if c.created and c.now is not None] for model, changes in plan.items()}
    everything = {pk for pks in created.values() for pk in pks}
    given_back = _given_back(plan)
    removed: dict[type[models.Model], list[Any]] = {}
    binned: dict[type[models.Model], list[Any]] = {}
    for model, pks in created.items():
        if not pks:
            continue
        kept: set[Any] = set()
        if issubclass(model, Record):
            contexts = {c.pk for c in plan[model] if c.created}
            kept = _touched_since(model, contexts, plan) | _referred_to(model, pks, everything, given_back)
            binned[model] = sorted(kept)
        elif not hasattr(model, "history_parent"):
            kept = _referred_to(model, pks, everything, given_back)
        removed[model] = [pk for pk in pks if pk not in kept]
    _leave_to_rules(removed, plan)
    if any(binned.values()):
        _keep_children_of_binned(removed, {pk for pks in binned.values() for pk in pks})
    return removed, binned


def _leave_to_rules(
    removed: dict[type[models.Model], list[Any]], plan: dict[type[models.Model], list[RowChange]]
) -> None:
    """Keep created rows whose model has an undo rule of its own, unless they go along with their removed parent."""
    gone = {pk for pks in removed.values() for pk in pks}
    for model in undo_rules.keys() & removed.keys():
        parent = f"{model.history_parent}_id"  # type: ignore[attr-defined]
        along = {c.pk for c in plan[model] if c.after is not None and c.after[parent] in gone}
        removed[model] = [pk for pk in removed[model] if pk in along]


def _touched_since(
    model: type[models.Model], pks: set[Any], plan: dict[type[models.Model], list[RowChange]]
) -> set[Any]:
    """Return which of these rows were written by another change-set after their creation."""
    latest = {c.pk: c.after for c in plan[model]}
    names = columns_of(model)
    soft = {*getattr(model, "recomputed", ()), *(f"{name}_id" for name in getattr(model, "recomputed", ()))}
    present = {c.pk: c.now for c in plan[model]}
    return {
        pk
        for pk in pks
        if present[pk] is not None and any(present[pk][n] != latest[pk][n] for n in names if n not in soft)  # type: ignore[index]
    }


def _given_back(plan: dict[type[models.Model], list[RowChange]]) -> set[tuple[type[models.Model], Any, str]]:
    """Return (model, row, column) of each value that the undo puts back: what it refers to now is free then."""
    return {
        (model, change.pk, name)
        for model, changes in plan.items()
        if model not in undo_rules
        for change in changes
        if change.now is not None
        for name, (_old, new) in change.changed.items()
        if change.now[name] == new
    }


def _referred_to(
    model: type[models.Model], pks: list[Any], created: set[Any], given_back: set[tuple[type[models.Model], Any, str]]
) -> set[Any]:
    """Return which of these rows are referred to by tracked rows that the set did not create and does not put back."""
    found: set[Any] = set()
    for relation in model._meta.related_objects:
        child = relation.related_model
        if child not in TRACKED or relation.many_to_many:
            continue
        column = relation.field.attname
        for start in range(0, len(pks), BATCH):
            rows = child._base_manager.filter(**{f"{column}__in": pks[start : start + BATCH]})
            found |= {
                parent
                for pk, parent in rows.values_list("pk", column)
                if pk not in created and (child, pk, column) not in given_back
            }
    return found


def _keep_children_of_binned(removed: dict[type[models.Model], list[Any]], binned: set[Any]) -> None:
    """Take the rows that belong to a binned record out of those to be removed, and what these rows refer to."""
    held = {
        (model, pk)
        for model, pks in removed.items()
        for pk, targets in _references(model, pks, removed)
        if targets & binned
    }
    while held:
        kept: dict[type[models.Model], list[Any]] = {}
        for model, pk in held:
            kept.setdefault(model, []).append(pk)
        for model in kept:
            removed[model] = [pk for pk in removed[model] if (model, pk) not in held]
        needed = {
            pk for model, pks in kept.items() for _pk, targets in _references(model, pks, removed) for pk in targets
        }
        held = {(model, pk) for model, pks in removed.items() for pk in pks if pk in needed}


def _references(
    model: type[models.Model], pks: list[Any], created: dict[type[models.Model], list[Any]]
) -> Iterator[tuple[Any, set[Any]]]:
    """Yield each of these rows with the keys of the tracked records that it refers to."""
    columns = [
        each.attname
        for each in model._meta.concrete_fields
        if isinstance(each, models.ForeignKey) and each.related_model in created
    ]
    if pks and columns:
        for pk, *targets in model._base_manager.filter(pk__in=pks).values_list("pk", *columns):
            yield pk, set(targets)
