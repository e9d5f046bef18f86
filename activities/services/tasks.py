"""Making tasks (R6): one set-based body for page, composer, import and sample workspace."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from activities.events import TaskAssigned, TaskCreated
from activities.models import Task
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.ids import uuid7
from crm.kernel.events.bus import DomainEvent, publish
from crm.kernel.users.models import User

from .clocks import refresh_clocks
from .links import Links, check_visible, complete_links
from .recording import BATCH, require_active

MORNING = dt.time(9)


@dataclass(kw_only=True, slots=True)
class TaskRow:
    """One task to write. `due_on` is a day, `due_time` a time of that day, both where the assignee is.

    `remind=True` reminds at 09:00 there on the day that it is due; `remind_at` at that moment. Without an assignee it
    is the actor's. `done_at` is for what was done elsewhere (imports).
    """

    title: str
    notes: str = ""
    type: str = Task.Type.TODO
    priority: int = Task.Priority.NORMAL
    due_on: dt.date | None = None
    due_time: dt.time | None = None
    assignee_id: UUID | None = None
    remind: bool = False
    remind_at: dt.datetime | None = None
    contact_id: UUID | None = None
    company_id: UUID | None = None
    deal_id: UUID | None = None
    infer_deal: bool = False
    done_at: dt.datetime | None = None
    done_by_id: UUID | None = None
    import_source: str = ""
    external_id: str = ""


def due_instant(day: dt.date | None, time: dt.time | None, zone: ZoneInfo) -> dt.datetime | None:
    """Return the instant of a time on a day in a zone, or None for a day without a time."""
    return dt.datetime.combine(day, time, tzinfo=zone) if day is not None and time is not None else None


def morning_of(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return when a date-only task reminds: 09:00 of its day in its assignee's zone (R6)."""
    return dt.datetime.combine(day, MORNING, tzinfo=zone)


@command("tasks.create")
def create_task(*, row: TaskRow, actor: Actor) -> Task:
    """Make one task (R6). See `create_tasks`."""
    return create_tasks(rows=[row], actor=actor)[0]


@command("tasks.create")
def create_tasks(*, rows: Sequence[TaskRow], actor: Actor) -> list[Task]:
    """Make tasks (R6). Anybody who may edit own tasks may give one to any active colleague.

    Raises DoesNotExist for a record that the actor may not see, PermissionDenied if they may not make tasks, Refused
    for an open task whose assignee cannot sign in (U4).
    """
    actor.require_kind("edit", "task")
    for row in rows:
        row.assignee_id = row.assignee_id or actor.id
    require_active({row.assignee_id for row in rows if row.assignee_id and row.done_at is None})
    links = [
        Links((row.contact_id,) if row.contact_id else (), row.deal_id, row.company_id, row.done_at, row.infer_deal)
        for row in rows
    ]
    check_visible(links, actor)
    complete_links(links, actor)
    for row, link in zip(rows, links, strict=True):
        row.deal_id, row.company_id = link.deal_id, link.company_id
    zones = zones_of({row.assignee_id for row in rows if row.assignee_id})
    now = business_time()
    tasks = [_build(row, zones[row.assignee_id], actor, now) for row in rows]  # type: ignore[index]
    Task.objects.bulk_create(tasks, batch_size=BATCH)
    refresh_clocks(deal_ids=[t.deal_id for t in tasks], contact_ids=[t.contact_id for t in tasks])
    publish(*_events(tasks, actor), actor=actor)
    return tasks


def zones_of(user_ids: set[UUID]) -> Mapping[UUID, ZoneInfo]:
    """Return the time zones of people."""
    rows = User.objects.filter(pk__in=user_ids).values_list("pk", "timezone")
    return {pk: ZoneInfo(name) for pk, name in rows}


def _build(row: TaskRow, zone: ZoneInfo, actor: Actor, now: dt.datetime) -> Task:
    """Return the task of a row."""
    remind_at = row.remind_at
    if remind_at is None and row.remind and row.due_on is not None:
        remind_at = morning_of(row.due_on, zone)
    return Task(
        id=uuid7(),
        title=row.title.strip(),
        notes=row.notes.strip(),
        type=row.type,
        priority=row.priority,
        due_on=row.due_on,
        due_at=due_instant(row.due_on, row.due_time, zone),
        assignee_id=row.assignee_id,  # type: ignore[misc]
        remind_at=remind_at,
        contact_id=row.contact_id,
        company_id=row.company_id,
        deal_id=row.deal_id,
        created_by_id=actor.id,
        done_at=row.done_at,
        done_by_id=(row.done_by_id or row.assignee_id) if row.done_at else None,
        created_at=now,
        updated_at=now,
        import_source=row.import_source,
        external_id=row.external_id,
    )


def _events(tasks: Sequence[Task], actor: Actor) -> list[DomainEvent]:
    """Return one event per task, and one more for each that is somebody else's."""
    events: list[DomainEvent] = []
    for task in tasks:
        said = event_fields(task)
        events.append(TaskCreated(**said))
        if is_given(task.assignee_id, actor) and task.done_at is None:
            events.append(TaskAssigned(**said))
    return events


def event_fields(task: Task) -> dict[str, Any]:
    """Return what every event of a task says of it."""
    return {
        "subject_id": task.pk,
        "assignee_id": task.assignee_id,
        "company_id": task.company_id,
        "contact_id": task.contact_id,
        "deal_id": task.deal_id,
    }


def is_given(assignee_id: UUID, actor: Actor) -> bool:
    """Say whether a task comes from somebody else: a rule is somebody else, also to its owner, whose rights it has (W9)."""
    return assignee_id != actor.id or actor.kind == "workflow"
