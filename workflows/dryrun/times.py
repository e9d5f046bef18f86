"""The moments at which time would have set a rule off, from history: idle spells, due dates, dates, schedules (P8, W7)."""

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db import connection

from activities.services.clocks import TOUCHES
from crm.kernel.core.history import history_of
from crm.kernel.customfields.fields import PREFIX
from workflows.calendars import Calendar
from workflows.engine.loading import Loaded
from workflows.fields import MODELS
from workflows.snapshots import Moment, Past
from workflows.triggers.times import DateComing, Idle, Overdue, Schedule

from .judging import Asked

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
    if isinstance(trigger, Idle):
        found = _idle(loaded, trigger, since, until)
    elif isinstance(trigger, Overdue | DateComing):
        found = _dates(loaded, trigger, since, until)
    elif isinstance(trigger, Schedule) and loaded.document.kind:
        found = _scheduled(loaded, trigger, since, until)
    else:
        found = []
    found.sort(key=lambda each: (each.at, each.key))
    return found


def _idle(loaded: Loaded, trigger: Idle, since: dt.datetime, until: dt.datetime) -> list[Asked]:
    """Return when spells without activity became long enough: of records that then were what the trigger watches."""
    kind, options = loaded.document.kind, loaded.document.options
    rows = MODELS[kind].objects.visible_to(loaded.actor).filter(created_at__lt=until)
    found: list[Asked] = []
    listed = list(rows.order_by("pk").values_list("pk", "created_at", "owner_id"))
    for start in range(0, len(listed), 5_000):
        part = listed[start : start + 5_000]
        calendar = Calendar.of(owner for _pk, _at, owner in part)
        touches = _touches(kind, [pk for pk, _at, _owner in part])
        for pk, created, owner in part:
            spells = sorted({created} if not touches[pk] else touches[pk] | {created})
            for number, begun in enumerate(spells):
                due = trigger.due(calendar, begun, owner, options)
                following = spells[number + 1] if number + 1 < len(spells) else None
                if since <= due < until and (following is None or following > due):
                    found.append(Asked(f"time:{pk}:{begun.isoformat()}", Moment(pk, due), due))
    return _watched(trigger, found)


def _watched(trigger: Idle, found: list[Asked]) -> list[Asked]:
    """Return those whose record was open, or a lead, at the moment."""
    model = MODELS[trigger.kind]
    kept = []
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        for each, row in zip(part, Past().rows(model, [a.moment for a in part]), strict=True):
            if row is None or row.get("binned_at") is not None:
                continue
            if trigger.kind == "deal" and row["closed_at"] is not None:
                continue
            if trigger.key == "lead.idle" and row["lifecycle"] != "lead":
                continue
            kept.append(each)
    return kept


def _touches(kind: str, ids: list[UUID]) -> dict[UUID, set[dt.datetime]]:
    found: dict[UUID, set[dt.datetime]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(LINKS[kind] + TOUCHES, [ids])
        for pk, at in cursor.fetchall():
            found[pk].add(at)
    return found


def _dates(loaded: Loaded, trigger: Any, since: dt.datetime, until: dt.datetime) -> list[Asked]:
    """Return when days that records held came up: any that history knows, if it still stood at the moment."""
    kind, options = loaded.document.kind, loaded.document.options
    held = _held_days(kind, "due_on" if isinstance(trigger, Overdue) else options["field"].partition(".")[2])
    calendar = Calendar.of(owner for _pk, _day, _at, owner in held)
    candidates: list[tuple[Asked, dt.date]] = []
    for pk, day, at, owner in held:
        if isinstance(trigger, Overdue):
            base = at or calendar.at(owner, day + dt.timedelta(days=1), "00:00")
            due = base + dt.timedelta(days=int(options["days"] or 0))
        else:
            due = calendar.at(owner, day + trigger._shift(options), options["time"])
        if since <= due < until:
            candidates.append((Asked(f"time:{pk}:{(at or day).isoformat()}", Moment(pk, due), due), day))
    return _still_held(kind, trigger, options, candidates)


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


def _still_held(kind: str, trigger: Any, options: Any, found: list[tuple[Asked, dt.date]]) -> list[Asked]:
    """Return those whose record still held the day at the moment, was there, and was open."""
    kept: dict[str, Asked] = {}
    name = "due_on" if isinstance(trigger, Overdue) else options["field"].partition(".")[2]
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        rows = Past().rows(MODELS[kind], [asked.moment for asked, _value in part])
        for (asked, day), row in zip(part, rows, strict=True):
            if row is None or row.get("binned_at") is not None or row.get("done_at") is not None:
                continue
            own = row["custom"].get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else row[name]
            if str(own) != day.isoformat() or (kind == "deal" and not name.startswith(PREFIX) and row["closed_at"]):
                continue
            kept[asked.key] = asked
    return list(kept.values())


def _scheduled(loaded: Loaded, trigger: Schedule, since: dt.datetime, until: dt.datetime) -> list[Asked]:
    """Return each time of the schedule for each record that there was, up to some thousand."""
    kind, options = loaded.document.kind, loaded.document.options
    zone = loaded.context(since).zone
    rows = MODELS[kind].objects.visible_to(loaded.actor).filter(created_at__lt=until).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:MOST_SCHEDULED])
    found: list[Asked] = []
    at = trigger.next_after(options, since, zone)
    while at < until and len(found) < 10 * MOST_SCHEDULED:
        stamp = at.strftime("%Y%m%dT%H%M")
        found += [Asked(f"time:{pk}:{stamp}", Moment(pk, at), at) for pk in ids]
        at = trigger.next_after(options, at, zone)
    return found
