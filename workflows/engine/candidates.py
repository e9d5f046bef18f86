"""The records that match a rule now: found by its conditions as a query where SQL can tell, then held against each."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from workflows.conditions import CHANGES, Group, RuleContext, Test, judge
from workflows.fields import MODELS
from workflows.snapshots import Moment, Present, Reader, Snapshot, load

from .loading import Loaded

BATCH = 500
MOST_COUNTED = 10_000


def narrowed(loaded: Loaded) -> Any:
    """Return the live records that the actor sees and that SQL alone does not rule out."""
    document, context = loaded.document, loaded.context(timezone.now())
    rows = MODELS[document.kind].objects.visible_to(loaded.actor).live()
    condition, aliases = _sql(document.conditions, context)
    if document.options.get("to_stage") and document.kind == "deal":
        condition &= Q(stage__in=document.options["to_stage"])
    if document.options.get("pipeline") and document.kind == "deal":
        condition &= Q(pipeline=document.options["pipeline"])
    return rows.alias(**aliases).filter(condition)


def _sql(group: Group, context: RuleContext) -> tuple[Q, dict[str, Any]]:
    """Return what SQL can say of conditions that must all hold: of the record's own fields."""
    found = Q()
    aliases: dict[str, Any] = {}
    for part in group.parts if group.mode == "all" else ():
        if isinstance(part, Test) and part.field.own and part.operator.key not in CHANGES:
            aliases |= part.field.field.aliases
            found &= part.field.field.q(part.operator.key, part.values, context)
    return found, aliases


def matching(loaded: Loaded, most: int | None = None) -> Iterator[list[UUID]]:
    """Yield the ids of matching records in batches, in the order of their ids; conditions about changes count as false."""
    last: UUID | None = None
    given = 0
    while True:
        rows = narrowed(loaded).order_by("pk")
        rows = rows.filter(pk__gt=last) if last is not None else rows
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        found = held(loaded, ids)
        if most is not None:
            found = found[: most - given]
        given += len(found)
        if found:
            yield found
        if len(ids) < BATCH or (most is not None and given >= most):
            return
        last = ids[-1]


def held(loaded: Loaded, ids: list[UUID]) -> list[UUID]:
    """Return those of the records for which the conditions hold."""
    fields = loaded.document.conditions.fields().values()
    values = load(loaded.document.kind, [Moment(pk) for pk in ids], fields, reader=Reader(Present(), loaded.actor))
    context = loaded.context(timezone.now())
    kind = loaded.document.kind
    return [
        pk
        for pk, found in zip(ids, values, strict=True)
        if found is not None and judge(loaded.document.conditions, Snapshot(kind, pk, found, found), context).held
    ]


def count_matching(loaded: Loaded) -> int:
    """Return how many records match now, counting up to 10,000 (W4)."""
    if not loaded.document.kind or loaded.document.trigger is None:
        return 0
    return sum(len(batch) for batch in matching(loaded, MOST_COUNTED))
