"""What stands in the way of an undo: values that have changed since, and rows that others refer to by now."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.audit.registry import undo_rules
from crm.kernel.core.models import Record

from .changes import Plan, RowChange, soft_columns
from .created import given_back, referred_to
from .parts import parts_of


def conflicts_in(plan: Plan) -> list[dict[str, Any]]:
    """Return each value and row that has changed since, as plain data: `id` is the name by which it can be chosen."""
    return [c for changes in plan.values() for c in _clashing(changes)] + _still_used(plan)


def conflict_id(change: RowChange, name: str) -> str:
    """Return the name of a conflict: the kind of row, its key and the value."""
    return f"{change.model._meta.label_lower}:{change.pk}:{name}"


def _clashing(changes: list[RowChange]) -> Iterator[dict[str, Any]]:
    """Yield each value whose present is neither the one that the set left nor the one it would be put back to."""
    for change in changes:
        soft = soft_columns(change.model)
        if change.model in undo_rules:
            continue
        for part in parts_of(change):
            if part.clashes and part.column not in soft:
                yield {
                    "id": conflict_id(change, part.name),
                    "model": change.model._meta.label_lower,
                    "pk": str(change.pk),
                    "field": part.name,
                    "was": part.before,
                    "set_to": part.after,
                    "now": part.now,
                }


def _still_used(plan: Plan) -> list[dict[str, Any]]:
    """Return a conflict for each created row that can go neither to the bin nor away, since others refer to it now."""
    created = {c.pk for changes in plan.values() for c in changes if c.created and c.now is not None}
    conflicts = []
    freed = given_back(plan)
    for model, changes in plan.items():
        if issubclass(model, Record) or hasattr(model, "history_parent"):
            continue
        for pk in referred_to(model, [c.pk for c in changes if c.pk in created], created, freed):
            why = str(_("It is in use by now, so it stays."))
            conflicts.append({"id": "", "model": model._meta.label_lower, "pk": str(pk), "field": "", "why": why})
    return conflicts
