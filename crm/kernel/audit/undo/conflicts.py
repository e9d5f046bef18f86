"""What stands in the way of an undo: values that have changed since, and rows that others refer to by now."""

import hashlib
from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.audit.registry import undo_rules
from crm.kernel.core.models import Record

from .changes import Plan, RowChange, soft_columns
from .created import given_back, referred_to
from .parts import Part, parts_of

ALL = "*"


def conflicts_in(plan: Plan) -> list[dict[str, Any]]:
    """Return each value and row that has changed since, as plain data: `id` is the name by which it can be chosen."""
    return [c for changes in plan.values() for c in _clashing(changes)] + _still_used(plan)


def row_key(change: RowChange) -> str:
    """Return the name of a row: its kind and its key."""
    return f"{change.model._meta.label_lower}:{change.pk}"


def _id(change: RowChange, part: Part) -> str:
    """Return the name by which a conflict is chosen; whoever has seen another present value chooses another conflict."""
    seen = hashlib.sha256(repr(part.now).encode()).hexdigest()[:12]
    return f"{row_key(change)}:{part.name}:{seen}"


def picked_parts(conflicts: list[dict[str, Any]], chosen: Collection[str]) -> dict[str, set[str]]:
    """Return the names of the values to be put back all the same, by row; `*` chooses all."""
    picked: dict[str, set[str]] = {}
    for each in conflicts:
        if each["field"] and (each["id"] in chosen or ALL in chosen):
            picked.setdefault(f"{each['model']}:{each['pk']}", set()).add(each["field"])
    return picked


def _clashing(changes: list[RowChange]) -> Iterator[dict[str, Any]]:
    """Yield each value whose present is neither the one that the set left nor the one it would be put back to."""
    for change in changes:
        soft = soft_columns(change.model)
        if change.model in undo_rules:
            continue
        for part in parts_of(change):
            if part.clashes and part.column not in soft:
                yield {
                    "id": _id(change, part),
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
