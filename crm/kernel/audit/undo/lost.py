"""What no undo brings back: rows of erased people, purged records, and links that lead to purged ones (H1, H2, R8)."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.registry import finals
from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.models import Record
from crm.kernel.core.personal import ERASED
from crm.kernel.core.relations import declared

from .changes import BATCH, Plan, RowChange

Clash = dict[str, Any]


def take_lost(plan: Plan) -> list[Clash]:
    """Take what nothing brings back out of a plan, and return a conflict for each record, in the form of `conflicts_in`."""
    lost = _take(plan, _erased, _("Erased for good: it does not come back."))
    gone = purged_among(_suspects(plan))
    if gone:
        lost += _take(plan, lambda change: _purged(change, gone), _("Purged for good: it does not come back."))
        lost += _cut_links(plan, gone)
    return lost


def purged_among(ids: set[UUID]) -> set[UUID]:
    """Return those of these ids whose records a final command (`never_undone`) has removed, or left as shells."""
    found: set[UUID] = set()
    wanted = sorted(ids)
    for model in TRACKED if wanted else ():
        if not issubclass(model, Record):
            continue
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            deleted = history_of(model).objects.filter(pgh_obj_id__in=part, pgh_label="delete")
            pairs = list(deleted.values_list("pgh_obj_id", "pgh_context_id"))
            sets = ChangeSet.objects.filter(pk__in={made for _pk, made in pairs}, command__in=finals)
            final = set(sets.values_list("pk", flat=True)) if pairs else set()
            found |= {pk for pk, made in pairs if made in final}
            if hasattr(model, "purged_at"):
                rows: Any = model._default_manager
                shells = rows.filter(pk__in=part, purged_at__isnull=False)
                found |= set(shells.values_list("pk", flat=True))
    return found


def _take(plan: Plan, is_lost: Callable[[RowChange], bool], why: str) -> list[Clash]:
    """Take changes out of the plan; rows that belong to a record are told with it, if it is among them."""
    taken: list[RowChange] = []
    for model, changes in plan.items():
        lost = [change for change in changes if is_lost(change)]
        if lost:
            out = {change.pk for change in lost}
            plan[model] = [change for change in changes if change.pk not in out]
            taken += lost
    told = {change.pk for change in taken}
    return [_clash(change, why) for change in taken if not (told & set(_parents(change)) or _follows(change))]


def _follows(change: RowChange) -> bool:
    """True for a row that only tells of another one's change, such as a system entry of the timeline."""
    follows = getattr(change.model, "follows", {})
    values = change.after or change.before or {}
    return bool(follows) and all(values[name] == value for name, value in follows.items())


def _clash(change: RowChange, why: str) -> Clash:
    return {"id": "", "model": change.model._meta.label_lower, "pk": str(change.pk), "field": "", "why": str(why)}


def _erased(change: RowChange) -> bool:
    return any(values is not None and ERASED in values.values() for values in (change.before, change.after, change.now))


def _purged(change: RowChange, gone: set[UUID]) -> bool:
    """True for a purged record, for a row that belonged to one, and for a row that cannot be without one."""
    if change.pk in gone or not gone.isdisjoint(_parents(change)):
        return True
    before = change.before or {}
    return _returns(change) and any(before[name] in gone for name, field in _links(change.model) if not field.null)


def _returns(change: RowChange) -> bool:
    """True for a row that the undo would insert again."""
    return change.removed and change.now is None


def _parents(change: RowChange) -> list[UUID]:
    """Return the record to which the row belongs or belonged, none for a record itself."""
    parent = getattr(change.model, "history_parent", None)
    rows = (change.before, change.after)
    return [values[f"{parent}_id"] for values in rows if parent and values is not None]


def _links(model: type[models.Model]) -> Iterator[tuple[str, Any]]:
    """Yield the columns that refer to records, by key or by plain id (`core.relations`)."""
    known = {column for owner, column in declared() if owner is model}
    for field in model._meta.concrete_fields:
        to = field.related_model
        if field.attname in known or (isinstance(to, type) and issubclass(to, Record)):
            yield field.attname, field


def _suspects(plan: Plan) -> set[UUID]:
    """Return the ids that may be purged: rows that are gone or are shells, and what would be referred to again."""
    ids: set[UUID] = set()
    for model, changes in plan.items():
        links = [name for name, _field in _links(model)]
        shells = hasattr(model, "purged_at")
        for change in changes:
            if change.now is None or (shells and change.now["purged_at"] is not None):
                ids |= {change.pk, *_parents(change)}
            if _returns(change):
                ids |= {change.before[name] for name in links}  # type: ignore[index]
            elif change.now is not None:
                ids |= {old for name, (old, _new) in change.changed.items() if name in links}
    return {pk for pk in ids if isinstance(pk, UUID)}


def _cut_links(plan: Plan, gone: set[UUID]) -> list[Clash]:
    """Leave links to purged records as they are now; a row that comes back comes without them."""
    lost = []
    for model, changes in plan.items():
        links = list(_links(model))
        for change in changes:
            cut = [name for name, _field in links if change.before is not None and change.before[name] in gone]
            if not cut or not (_returns(change) or set(cut) & change.changed.keys()):
                continue
            for name in cut:
                change.before[name] = None if change.after is None else change.after[name]  # type: ignore[index]
            lost.append(_clash(change, _("What it was linked to has been purged for good.")))
    return lost
