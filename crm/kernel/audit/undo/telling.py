"""What an undo tells the apps: which records it changed, and how (W4).

Read off the rows themselves, as they stood before the undo and as they stand after it, so that it is true whatever put them
there: values restored, rules of an app's own, what was left alone since it had changed. Records that are gone for good
are not told of: there is nothing left that a rule could do anything with.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from crm.kernel.audit.registry import tellers, tellers_of_command
from crm.kernel.core.changes import Actor

from .changes import BATCH, Plan, columns_of

FOLLOWS = {"live"}  # goes with the record into the bin and out of it


@dataclass(frozen=True, slots=True)
class Turned:
    """A record that an undo changed: its columns before, None if it had been gone, and now.

    `changed` are the columns that differ, with their values before; `rows` those that changed below it, as events call them.
    """

    pk: UUID
    before: Mapping[str, Any] | None
    now: Mapping[str, Any]
    changed: Mapping[str, Any]
    rows: tuple[str, ...] = ()


def tell_all(plan: Plan, actor: Actor, command: str) -> None:
    """Tell each app of its records that the undo of `plan`, what `command` had done, has changed."""
    only, tell_instead = tellers_of_command.get(command, (None, None))
    for model, (tell_usually, below) in tellers.items():
        if only not in (None, model):
            continue
        tell = tell_instead or tell_usually
        before = {change.pk: change.now for change in plan.get(model, ())}
        rows = _rows_turned(plan, below)
        ids = [*before, *(pk for pk in rows if pk not in before)]
        for start in range(0, len(ids), BATCH):
            now = _present(model, ids[start : start + BATCH])
            found = [_compared(pk, before.get(pk, row), row, rows.get(pk, ())) for pk, row in now]
            if turned := [each for each in found if each.before is None or each.rows or each.changed]:
                tell(turned, actor)


def _compared(pk: Any, before: Mapping[str, Any] | None, now: Mapping[str, Any], rows: tuple[str, ...]) -> Turned:
    changed = {name: value for name, value in (before or {}).items() if value != now[name]}
    return Turned(pk, before, now, changed, rows)


def _present(model: type[models.Model], ids: list[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Return rows as they stand, in the order of their keys."""
    rows = model._default_manager.filter(pk__in=ids).order_by("pk").values(*columns_of(model))
    name = str(model._meta.pk.attname)
    return [(row[name], row) for row in rows]


def _rows_turned(plan: Plan, below: Mapping[type[models.Model], str]) -> dict[Any, tuple[str, ...]]:
    """Return which rows of records changed, by record, as events call them."""
    found: dict[Any, dict[str, None]] = defaultdict(dict)
    for model, name in below.items():
        parent = f"{model.history_parent}_id"  # type: ignore[attr-defined]
        changes = plan.get(model, [])
        for start in range(0, len(changes), BATCH):
            part = changes[start : start + BATCH]
            now = dict(_present(model, [change.pk for change in part]))
            for change in part:
                before, after = change.now, now.get(change.pk)
                if _kept(before) != _kept(after):
                    found[(before or after or {})[parent]][name] = None
    return {pk: tuple(names) for pk, names in found.items()}


def _kept(row: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return {name: value for name, value in row.items() if name not in FOLLOWS} if row is not None else None
