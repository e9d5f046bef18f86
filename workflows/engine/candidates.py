"""The records that match a rule now: those where its trigger would have brought them, or that are due already, found by its
conditions as a query where SQL can tell, then held against each (W4).
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from workflows.conditions import CHANGES, Group, RuleContext, Test, judge
from workflows.fields import MODELS
from workflows.models import Run
from workflows.snapshots import Moment, Present, Reader, Snapshot, load
from workflows.triggers import TimeTrigger
from workflows.triggers.times import Schedule

from .loading import Loaded

BATCH = 500
MOST_COUNTED = 10_000


def narrowed(loaded: Loaded, now: dt.datetime) -> Any:
    """Return the live records that the actor sees and that SQL alone does not rule out."""
    document, context = loaded.document, loaded.context(now)
    trigger, options = document.trigger, document.options
    condition, aliases = _sql(document.conditions, context)
    if not isinstance(trigger, TimeTrigger):
        # Of what is edited only the conditions tell; without any, each record would match.
        told = document.conditions.parts or not trigger.key.endswith(".changed")
        standing = trigger.standing(options) if told else None
        rows = MODELS[document.kind].objects.live()
        rows = rows.filter(standing) if standing is not None else rows.none()
    elif isinstance(trigger, Schedule):
        rows = MODELS[document.kind].objects.live()
    else:
        rows = trigger.rows(options).alias(_due=trigger.earliest(options)).filter(_due__lte=now)
    return rows.visible_to(loaded.actor).alias(**aliases).filter(condition)


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
    now = timezone.now()
    while True:
        rows = narrowed(loaded, now).order_by("pk")
        rows = rows.filter(pk__gt=last) if last is not None else rows
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        found = held(loaded, due(loaded, ids, now), now)
        if most is not None:
            found = found[: most - given]
        given += len(found)
        if found:
            yield found
        if len(ids) < BATCH or (most is not None and given >= most):
            return
        last = ids[-1]


def due(loaded: Loaded, ids: list[UUID], now: dt.datetime) -> list[UUID]:
    """Return those of the records that are due already and have not been run for; of rules that time does not set off all."""
    trigger = loaded.document.trigger
    if not isinstance(trigger, TimeTrigger) or isinstance(trigger, Schedule):
        return ids
    looks = trigger.look(ids, loaded.document.options, now)
    keys = {pk: time_key(pk, look.spell) for pk, look in looks.items() if look.due is not None and look.due <= now}
    ran = set(Run.objects.filter(rule=loaded.rule, key__in=keys.values()).values_list("key", flat=True))
    return [pk for pk in ids if pk in keys and keys[pk] not in ran]


def time_key(record_id: UUID, spell: str) -> str:
    """Return the key of the run for a record whose time has come (W3)."""
    return f"time:{record_id}:{spell}"[:120]


def held(loaded: Loaded, ids: list[UUID], now: dt.datetime) -> list[UUID]:
    """Return those of the records for which the conditions hold."""
    fields = loaded.document.conditions.fields().values()
    values = load(loaded.document.kind, [Moment(pk) for pk in ids], fields, reader=Reader(Present(), loaded.actor))
    context, kind = loaded.context(now), loaded.document.kind
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
