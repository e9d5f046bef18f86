"""At which moments something that was due had the rule asked: by the rows that each record had for a while (W7).

The engine looks at a record when something is due, and anew whenever the record changes in a way that may bring the moment
forward: it gets another owner or another day, is opened again or comes out of the bin. So what was due while a deal was
closed sets the rule off when it is reopened, and a day that was set too late does so at once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.kernel.core.history import history_of
from crm.kernel.customfields.fields import PREFIX
from workflows.calendars import Calendar
from workflows.engine.loading import Loaded
from workflows.fields import MODELS
from workflows.snapshots import Moment
from workflows.triggers.times import DateComing, Idle, Overdue

from .judging import Asked

ANYWHERE = dt.timedelta(days=1)  # so far apart may a local time be in two places
AFTER = dt.timedelta(seconds=1)  # the engine looks when the change is committed
CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that may come due for a record: an idle spell since `since`, up to `ends`, or a day with or without a time."""

    record_id: UUID
    spell: str
    since: Any
    at: dt.datetime | None = None
    ends: dt.datetime | None = None


Row = Mapping[str, Any]


def name_of_day(trigger: Overdue | DateComing, options: Mapping[str, Any]) -> str:
    """Return the column, or the custom field with its prefix, that holds the day."""
    return "due_on" if isinstance(trigger, Overdue) else options["field"].partition(".")[2]


def due_of(
    trigger: Any,
    calendar: Calendar,
    day: dt.date,
    at: dt.datetime | None,
    owner: UUID | None,
    options: Mapping[str, Any],
) -> dt.datetime:
    """Return when a day that a record holds is due where its owner is."""
    if isinstance(trigger, Overdue):
        base = at or calendar.at(owner, day + dt.timedelta(days=1), "00:00")
        return base + dt.timedelta(days=int(options["days"] or 0))
    return calendar.at(owner, day + trigger.shift(options), options["time"])


def occasions(loaded: Loaded, coming: Sequence[Coming], since: dt.datetime, until: dt.datetime) -> list[Asked]:
    """Return the moments of the period at which the engine would have asked, for what may come due."""
    by_record: dict[UUID, list[Coming]] = defaultdict(list)
    for each in coming:
        by_record[each.record_id].append(each)
    found: list[Asked] = []
    ids = sorted(by_record)
    for start in range(0, len(ids), CHUNK):
        rows = _rows(loaded, ids[start : start + CHUNK], until)
        calendar = Calendar.of({row["owner"] for listed in rows.values() for _at, row in listed if row})
        for pk, listed in rows.items():
            for each in by_record[pk]:
                moments = _moments(loaded, each, listed, calendar, since)
                found += [Asked(f"time:{pk}:{each.spell}", Moment(pk, at), at) for at in moments if at < until]
    return found


def _rows(loaded: Loaded, ids: list[UUID], until: dt.datetime) -> dict[UUID, list[tuple[dt.datetime, Row | None]]]:
    """Return the rows that records had one after the other: since when, and None from their deletion on."""
    kind, trigger, options = loaded.document.kind, loaded.document.trigger, loaded.document.options
    names = {"owner": "assignee_id" if kind == "task" else "owner_id", "binned": "binned_at"}
    names |= {"deal": {"closed": "closed_at"}, "contact": {"lifecycle": "lifecycle"}, "task": {"done": "done_at"}}.get(
        kind, {}
    )
    if isinstance(trigger, Overdue):
        names |= {"day": "due_on", "time": "due_at"}
    elif isinstance(trigger, DateComing):
        name = name_of_day(trigger, options)
        names["day"] = "custom" if name.startswith(PREFIX) else name
    history = history_of(MODELS[kind]).objects.filter(pgh_obj_id__in=ids, pgh_created_at__lt=until)
    found: dict[UUID, list[tuple[dt.datetime, Row | None]]] = defaultdict(list)
    for pk, at, label, *values in (
        history.order_by("pgh_obj_id", "pgh_id")
        .values_list("pgh_obj_id", "pgh_created_at", "pgh_label", *names.values())
        .iterator(5_000)
    ):
        row = dict(zip(names, values, strict=True)) if label != "delete" else None
        if row is not None and names.get("day") == "custom":
            row["day"] = (row["day"] or {}).get(name_of_day(trigger, options).removeprefix(PREFIX))
        found[pk].append((at, row))
    return found


def _moments(
    loaded: Loaded, coming: Coming, rows: list[tuple[dt.datetime, Row | None]], calendar: Calendar, since: dt.datetime
) -> Iterator[dt.datetime]:
    """Yield when the engine would have asked for one thing: when it is due, and at each change that has it look anew."""
    trigger: Any = loaded.document.trigger
    asked, before = False, None
    for number, (begins, row) in enumerate(rows):
        ends = min(
            at
            for at in (*(at for at, _row in rows[number + 1 :]), coming.ends, dt.datetime.max.replace(tzinfo=dt.UTC))
            if at
        )
        earlier, before = before, row
        if row is None or not _watched(trigger, row, loaded.document.options) or not _holds(trigger, row, coming):
            continue
        due = _due(loaded, calendar, coming, row)
        at = max(due, begins + AFTER if begins > due - AFTER else begins)
        if due < since or at >= ends:
            continue
        if not asked or (not trigger.again and due <= begins and _looked_anew(earlier, row)):
            asked = True
            yield at


def _due(loaded: Loaded, calendar: Calendar, coming: Coming, row: Row) -> dt.datetime:
    trigger, options = loaded.document.trigger, loaded.document.options
    if isinstance(trigger, Idle):
        return trigger.due(calendar, coming.since, row["owner"], options)
    return due_of(trigger, calendar, coming.since, coming.at, row["owner"], options)


def _watched(trigger: Any, row: Row, options: Mapping[str, Any]) -> bool:
    """Say whether the trigger looks at a record as it was: what is in the bin, closed or done never comes due."""
    if row["binned"] is not None or row.get("done") is not None:
        return False
    if trigger.key == "lead.idle" and row["lifecycle"] != "lead":
        return False
    own = isinstance(trigger, DateComing) and name_of_day(trigger, options).startswith(PREFIX)
    return own or row.get("closed") is None


def _holds(trigger: Any, row: Row, coming: Coming) -> bool:
    if isinstance(trigger, Idle):
        return True
    if isinstance(trigger, Overdue) and row["time"] != coming.at:
        return False
    return str(row["day"]) == coming.since.isoformat()


def _looked_anew(earlier: Row | None, row: Row) -> bool:
    if earlier is None:
        return True
    opened = any(earlier.get(name) is not None and row.get(name) is None for name in ("binned", "closed", "done"))
    return opened or any(earlier.get(name) != row.get(name) for name in ("owner", "day", "time"))


__all__ = ["ANYWHERE", "Coming", "due_of", "name_of_day", "occasions"]
