"""What a change-set did to each row, read from the history tables, and how the row stands now."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models

from crm.kernel.core.history import TRACKED, history_of

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
    def removed(self) -> bool:
        """True if the set removed a row that had been there before."""
        return self.before is not None and self.after is None

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Return each column that the set changed, with its value before and after."""
        if self.before is None or self.after is None:
            return {}
        return {name: (old, self.after[name]) for name, old in self.before.items() if old != self.after[name]}


Plan = dict[type[models.Model], list[RowChange]]


def columns_of(model: type[models.Model]) -> list[str]:
    """Return the recorded columns of a tracked model, by attribute name."""
    recorded = {f.name for f in history_of(model)._meta.concrete_fields}
    return [f.attname for f in model._meta.concrete_fields if f.name in recorded]


def soft_columns(model: type[models.Model]) -> set[str]:
    """Return the columns that services recompute: they are put back if they can be, and never conflict."""
    names = getattr(model, "recomputed", ())
    return {*names, *(f"{name}_id" for name in names)}


def changes_of(
    changeset_id: UUID, model: type[models.Model], pks: Collection[Any] | None = None
) -> Iterator[RowChange]:
    """Yield what the change-set did to each row of `model`, or to some, in the order in which it first touched them."""
    history = history_of(model)
    names = columns_of(model)
    rows: dict[Any, RowChange] = {}
    first: dict[Any, int] = {}
    wanted = history.objects.filter(pgh_context_id=changeset_id).order_by("pgh_id")
    if pks is not None:
        wanted = wanted.filter(pgh_obj_id__in=pks)
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


def load_present(changes: list[RowChange], *, lock: bool = True) -> None:
    """Fill `now` of each change with the row's present values, locked until the undo ends unless they are only shown."""
    model = changes[0].model
    names = columns_of(model)
    for start in range(0, len(changes), BATCH):
        part = {change.pk: change for change in changes[start : start + BATCH]}
        rows = model._default_manager.filter(pk__in=list(part)).order_by("pk")
        if lock:
            rows = rows.select_for_update()
        for row in rows.values("pk", *names):
            part[row.pop("pk")].now = row


def plan_of(changeset_id: UUID, *, lock: bool = True) -> Plan:
    """Return all that the change-set did, by model, with the present values."""
    plan = {model: list(changes_of(changeset_id, model)) for model in touched_models(changeset_id)}
    for changes in plan.values():
        load_present(changes, lock=lock)
    return plan
