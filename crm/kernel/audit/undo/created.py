"""What becomes of the rows that a set created: gone for good if nobody else has touched them, else into the bin (H2)."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from crm.kernel.audit.registry import retirements, undo_rules
from crm.kernel.core.history import TRACKED
from crm.kernel.core.models import Record

from .changes import BATCH, Plan, RowChange, columns_of, soft_columns
from .parts import parts_of

Keys = dict[type[models.Model], list[Any]]


def sort_out_created(plan: Plan) -> tuple[Keys, Keys]:
    """Divide the rows that the set created into those to remove for good and those to bin: touched by others since.

    What is put out of use in its own way (`retire_with`) is not among them: see `retirable`.
    """
    created = {model: _made(changes) for model, changes in plan.items() if model not in retirements}
    everything = {pk for pks in created.values() for pk in pks}
    freed = given_back(plan)
    removed: Keys = {}
    binned: Keys = {}
    for model, pks in created.items():
        if not pks:
            continue
        kept: set[Any] = set()
        if issubclass(model, Record):
            contexts = {c.pk for c in plan[model] if c.created}
            kept = _touched_since(model, contexts, plan) | referred_to(model, pks, everything, freed)
            binned[model] = sorted(kept)
        elif not hasattr(model, "history_parent"):
            kept = referred_to(model, pks, everything, freed)
        removed[model] = [pk for pk in pks if pk not in kept]
    _leave_to_rules(removed, plan)
    if any(binned.values()):
        _keep_children_of_binned(removed, {pk for pks in binned.values() for pk in pks})
    return removed, binned


def retirable(plan: Plan) -> Keys:
    """Return the created rows of models with a way of their own out of use: whether others need them shows at the end."""
    return {model: pks for model in retirements if (pks := _made(plan.get(model, [])))}


def _made(changes: list[RowChange]) -> list[Any]:
    return [change.pk for change in changes if change.created and change.now is not None]


def _leave_to_rules(removed: Keys, plan: Plan) -> None:
    """Keep created rows whose model has an undo rule of its own, unless they go along with their removed parent."""
    gone = {pk for pks in removed.values() for pk in pks}
    for model in undo_rules.keys() & removed.keys():
        if not hasattr(model, "history_parent"):
            removed[model] = []
            continue
        parent = f"{model.history_parent}_id"
        along = {c.pk for c in plan[model] if c.after is not None and c.after[parent] in gone}
        removed[model] = [pk for pk in removed[model] if pk in along]


def _touched_since(model: type[models.Model], pks: set[Any], plan: Plan) -> set[Any]:
    """Return which of these rows were written by another change-set after their creation."""
    latest = {c.pk: c.after for c in plan[model]}
    names = columns_of(model)
    soft = soft_columns(model)
    present = {c.pk: c.now for c in plan[model]}
    return {
        pk
        for pk in pks
        if present[pk] is not None and any(present[pk][n] != latest[pk][n] for n in names if n not in soft)  # type: ignore[index]
    }


def given_back(plan: Plan) -> set[tuple[type[models.Model], Any, str]]:
    """Return (model, row, column) of each value that the undo puts back: what it refers to now is free then."""
    return {
        (model, change.pk, part.column)
        for model, changes in plan.items()
        if model not in undo_rules
        for change in changes
        for part in parts_of(change)
        if part.now == part.after
    }


def referred_to(
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
            if spent := getattr(child, "spent", None):
                rows = rows.exclude(spent)
            found |= {
                parent
                for pk, parent in rows.values_list("pk", column)
                if pk not in created and (child, pk, column) not in given_back
            }
    return found


def _keep_children_of_binned(removed: Keys, binned: set[Any]) -> None:
    """Take the rows that belong to a binned record out of those to be removed, and what these rows refer to."""
    held = {
        (model, pk)
        for model, pks in removed.items()
        for pk, targets in _references(model, pks, removed)
        if targets & binned
    }
    while held:
        kept: Keys = {}
        for model, pk in held:
            kept.setdefault(model, []).append(pk)
        for model in kept:
            removed[model] = [pk for pk in removed[model] if (model, pk) not in held]
        needed = {
            pk for model, pks in kept.items() for _pk, targets in _references(model, pks, removed) for pk in targets
        }
        held = {(model, pk) for model, pks in removed.items() for pk in pks if pk in needed}


def _references(model: type[models.Model], pks: list[Any], created: Keys) -> Iterator[tuple[Any, set[Any]]]:
    """Yield each of these rows with the keys of the tracked records that it refers to."""
    columns = [
        each.attname
        for each in model._meta.concrete_fields
        if isinstance(each, models.ForeignKey) and each.related_model in created
    ]
    if pks and columns:
        for pk, *targets in model._base_manager.filter(pk__in=pks).values_list("pk", *columns):
            yield pk, set(targets)
