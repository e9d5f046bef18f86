"""The moments at which time would have set a rule off, from history: idle spells, due dates, dates, schedules (P8, W7)."""

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from activities.services.clocks import TOUCHES
from crm.kernel.core.history import history_of
from crm.kernel.customfields.fields import PREFIX
from workflows.calendars import Calendar
from workflows.engine.loading import Loaded
from workflows.fields import MODELS
from workflows.snapshots import Moment
from workflows.triggers.times import DateComing, Idle, Overdue, Schedule

from .judging import NOTHING, Asked
from .occasions import ANYWHERE, Coming, due_of, name_of_day, occasions

BATCH = 500
MOST_SCHEDULED = 5_000
LINKS = {
    "deal": "SELECT a.deal_id, a.at FROM activities_activity a WHERE a.deal_id = ANY(%s) AND ",
    "contact": (
        "SELECT l.contact_id, a.at FROM activities_activitycontact l JOIN activities_activity a ON a.id = l.activity_id"
        " WHERE l.contact_id = ANY(%s) AND "
    ),
}


def asked_by_time(loaded: Loaded, since: dt.datetime, until: dt.datetime) -> list[Asked]:
    """Return the moments at which the rule's time trigger would have come, in the order of time."""
    trigger = loaded.document.trigger
    if isinstance(trigger, Schedule):
        found = _scheduled(loaded, trigger, since, until)
    elif isinstance(trigger, Idle):
        found = occasions(loaded, _spells(loaded, trigger, since, until), since, until)
    elif isinstance(trigger, Overdue | DateComing):
        found = occasions(loaded, _days(loaded, trigger, since, until), since, until)
    else:
        found = []
    found.sort(key=lambda each: (each.at, each.key))
    return found


def ever_seen(loaded: Loaded) -> Any:
    """Return the records that the rule may see, and those that it might have when they were somebody else's."""
    model, scope = MODELS[loaded.document.kind], loaded.actor.scope(loaded.document.kind, "view")
    seen = model.objects.visible_to(loaded.actor)
    if scope.owners is None:
        return seen
    theirs = history_of(model).objects.filter(owner_id__in=scope.owners).values("pgh_obj_id")
    return model.objects.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=theirs))


def _spells(loaded: Loaded, trigger: Idle, since: dt.datetime, until: dt.datetime) -> list[Coming]:
    """Return the spells without activity that may have become long enough in the period."""
    kind, options = loaded.document.kind, loaded.document.options
    rows = ever_seen(loaded).filter(created_at__lt=until)
    found: list[Coming] = []
    listed = list(rows.order_by("pk").values_list("pk", "created_at", "owner_id"))
    for start in range(0, len(listed), 5_000):
        part = listed[start : start + 5_000]
        calendar = Calendar.of(owner for _pk, _at, owner in part)
        touches = _touches(kind, [pk for pk, _at, _owner in part])
        for pk, created, owner in part:
            spells = sorted({created} if not touches[pk] else touches[pk] | {created})
            for begun, following in zip(spells, [*spells[1:], None], strict=True):
                due = trigger.due(calendar, begun, owner, options)
                if since - ANYWHERE <= due < until and (following is None or following > due - ANYWHERE):
                    found.append(Coming(pk, begun.isoformat(), begun, ends=following))
    return found


def _touches(kind: str, ids: list[UUID]) -> dict[UUID, set[dt.datetime]]:
    found: dict[UUID, set[dt.datetime]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(LINKS[kind] + TOUCHES, [ids])
        for pk, at in cursor.fetchall():
            found[pk].add(at)
    return found


def _days(loaded: Loaded, trigger: Overdue | DateComing, since: dt.datetime, until: dt.datetime) -> list[Coming]:
    """Return the days that history knows of and that may have come up in the period."""
    kind, options = loaded.document.kind, loaded.document.options
    held = _held_days(kind, name_of_day(trigger, options))
    calendar = Calendar.of(owner for _pk, _day, _at, owner in held)
    found: dict[tuple[UUID, str], Coming] = {}
    for pk, day, at, owner in held:
        due = due_of(trigger, calendar, day, at, owner, options)
        if since - ANYWHERE <= due < until + ANYWHERE:
            spell = (at or day).isoformat()
            found[pk, spell] = Coming(pk, spell, day, at)
    return list(found.values())


def _held_days(kind: str, name: str) -> list[tuple[UUID, dt.date, dt.datetime | None, UUID | None]]:
    """Return each (record, day, time, owner) that history knows of a date."""
    model = MODELS[kind]
    who = "assignee_id" if kind == "task" else "owner_id"
    rows = history_of(model).objects.order_by("pgh_obj_id").distinct()
    if name.startswith(PREFIX):
        key = name.removeprefix(PREFIX)
        values = rows.filter(custom__has_key=key).values_list("pgh_obj_id", "custom", who)
        days = [(pk, _day(custom.get(key)), None, owner) for pk, custom, owner in values]
        return [each for each in set(days) if each[1] is not None]  # type: ignore[misc]
    if kind == "task":
        return list(set(rows.filter(due_on__isnull=False).values_list("pgh_obj_id", "due_on", "due_at", who)))
    found = rows.filter(**{f"{name}__isnull": False}).values_list("pgh_obj_id", name, who)
    return [(pk, day, None, owner) for pk, day, owner in set(found)]


def _day(raw: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(raw))
    except ValueError:
        return None


def _scheduled(loaded: Loaded, trigger: Schedule, since: dt.datetime, until: dt.datetime) -> list[Asked]:
    """Return each time of the schedule for each record that there was, up to some thousand; alone if it is for none."""
    kind, options = loaded.document.kind, loaded.document.options
    zone = loaded.context(since).zone
    ids = [NOTHING]
    if kind:
        rows = ever_seen(loaded).filter(created_at__lt=until).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:MOST_SCHEDULED])
    found: list[Asked] = []
    at = trigger.next_after(options, since, zone)
    while at < until and len(found) < 10 * MOST_SCHEDULED:
        stamp = at.strftime("%Y%m%dT%H%M")
        found += [Asked(f"time:{pk}:{stamp}", Moment(pk, at), at) for pk in ids]
        at = trigger.next_after(options, at, zone)
    return found
