"""Changing tasks: done, open again, another day, another person, other words, binned (R6, R8)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from activities.events import TaskAssigned, TaskChanged, TaskDone, TaskReopened
from activities.models import Activity, Task
from crm.kernel.core.bulk import update_rows
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.errors import Conflict
from crm.kernel.events.bus import publish

from .changing import find_conflicts
from .clocks import refresh_clocks
from .links import Links, check_visible, complete_links
from .recording import require_active
from .tasks import due_instant, event_fields, is_given, morning_of, zones_of

EDITABLE = ("title", "notes", "type", "priority", "contact_id", "company_id", "deal_id")


def fetch(task_ids: Sequence[UUID], actor: Actor, verb: str = "edit") -> list[Task]:
    """Return the tasks, locked, with their assignees, in the order asked for.

    Raises DoesNotExist if the actor may not see one, PermissionDenied if not do `verb` to one; nothing is written then.
    """
    held = list(
        Task.objects.visible_to(actor).locked().filter(pk__in=task_ids).order_by("pk").values_list("pk", flat=True)
    )
    if len(held) != len(set(task_ids)):
        raise Task.DoesNotExist("No such task.")
    found = {
        task.pk: task for task in Task.objects.select_related("assignee__role", "assignee__team").filter(pk__in=held)
    }
    for task in found.values():
        actor.require(verb, task)
    return [found[pk] for pk in dict.fromkeys(task_ids)]


def _save(tasks: Sequence[Task], *fields: str) -> None:
    """Store columns of tasks and put the next steps of their records right."""
    now = business_time()
    for task in tasks:
        task.version += 1
        task.updated_at = now
    columns = [Task._meta.get_field(name).attname for name in fields]  # type: ignore[union-attr]
    update_rows(Task, [(task.pk, {name: getattr(task, name) for name in columns}) for task in tasks], at=now)
    refresh_clocks(deal_ids=[t.deal_id for t in tasks], contact_ids=[t.contact_id for t in tasks])


@command("tasks.complete")
def complete_task(*, task_id: UUID, actor: Actor) -> Task:
    """Mark a task as done by the actor, now. What is done stays as it is."""
    complete_tasks(task_ids=[task_id], actor=actor)
    return Task.objects.get(pk=task_id)


@command("tasks.complete")
def complete_tasks(*, task_ids: Sequence[UUID], actor: Actor) -> list[Task]:
    """Mark tasks as done by the actor, now; return those that were open."""
    tasks = [task for task in fetch(task_ids, actor) if task.done_at is None]
    for task in tasks:
        task.done_at, task.done_by_id = business_time(), actor.id
    if tasks:
        _save(tasks, "done_at", "done_by")
        publish(*(TaskDone(**event_fields(task)) for task in tasks), actor=actor)
    return tasks


@command("tasks.reopen")
def reopen_task(*, task_id: UUID, actor: Actor) -> Task:
    """Take back that a task was done; its entry leaves the timeline. The assignee must be able to sign in (U4)."""
    (task,) = fetch([task_id], actor)
    if task.done_at is not None:
        require_active({task.assignee_id})
        task.done_at, task.done_by_id = None, None
        _save([task], "done_at", "done_by")
        Activity.objects.filter(system="task_done", data__task=str(task.pk), **_place_of(task)).delete()
        publish(TaskReopened(**event_fields(task)), actor=actor)
    return task


def _place_of(task: Task) -> dict[str, Any]:
    """Return by which indexed link the timeline entry of a task is found."""
    if task.deal_id:
        return {"deal": task.deal_id}
    if task.contact_id:
        return {"contact_links__contact": task.contact_id}
    return {"company": task.company_id}


@command("tasks.reschedule")
def reschedule_tasks(
    *,
    task_ids: Sequence[UUID],
    actor: Actor,
    due_on: dt.date | None,
    due_time: dt.time | None = None,
    keep_time: bool = False,
) -> list[Task]:
    """Move tasks to another day in their assignees' zones; done ones and those due then already stay as they are (R6).

    `keep_time` keeps the time of day of those that have one. A reminder moves along: the same number of days before, at
    the same time of day; it is sent again if it lies ahead.
    """
    moved = []
    for task in fetch(task_ids, actor):
        zone = task.assignee.zone
        time = _time_of(task, zone) if keep_time else due_time
        if task.done_at is not None or (task.due_on, _time_of(task, zone)) == (due_on, time):
            continue
        _move(task, due_on, time, zone)
        moved.append(task)
    if moved:
        _save(moved, "due_on", "due_at", "remind_at", "reminded_at")
        publish(*(TaskChanged(**event_fields(task)) for task in moved), actor=actor)
    return moved


def _time_of(task: Task, zone: ZoneInfo) -> dt.time | None:
    return task.due_at.astimezone(zone).time() if task.due_at else None


def _move(task: Task, due_on: dt.date | None, time: dt.time | None, zone: ZoneInfo) -> None:
    """Set the due date and take the reminder along."""
    if task.remind_at is not None:
        local = task.remind_at.astimezone(zone)
        lead = (task.due_on - local.date()) if task.due_on else dt.timedelta()
        if due_on is None:
            task.remind_at = None
        elif task.due_at and time is not None:
            task.remind_at = dt.datetime.combine(due_on, time, tzinfo=zone) - (task.due_at - task.remind_at)
        else:
            task.remind_at = dt.datetime.combine(due_on - lead, local.time(), tzinfo=zone)
    task.due_on, task.due_at = due_on, due_instant(due_on, time, zone)
    _plan_again(task)


def _plan_again(task: Task) -> None:
    """Let a reminder that lies ahead be sent although an earlier one was."""
    if task.remind_at is not None and task.remind_at > timezone.now():
        task.reminded_at = None


@command("tasks.reassign")
def reassign_tasks(*, task_ids: Sequence[UUID], assignee_id: UUID, actor: Actor) -> list[Task]:
    """Give tasks to somebody else, who must be able to sign in if they are open (R6, U4).

    A day stays the same day, a time the same instant. An unsent reminder of a date-only task keeps its time of day,
    where the new assignee is; one of a task with a time keeps its instant.
    """
    tasks = [task for task in fetch(task_ids, actor) if task.assignee_id != assignee_id]
    if not tasks:
        return tasks
    if any(task.done_at is None for task in tasks):
        require_active({assignee_id})
    zone = zones_of({assignee_id})[assignee_id]
    for task in tasks:
        _hand_over(task, assignee_id, zone)
    _save(tasks, "assignee", "due_on", "remind_at")
    given = [t for t in tasks if t.done_at is None and is_given(assignee_id, actor)]
    publish(*(TaskAssigned(**event_fields(task)) for task in given), actor=actor)
    return tasks


def _hand_over(task: Task, assignee_id: UUID, zone: ZoneInfo) -> None:
    """Set the assignee and replan an unsent reminder for their zone (R6)."""
    unsent = task.remind_at is not None and task.reminded_at is None
    if unsent and task.due_at is None:
        wall = task.remind_at.astimezone(task.assignee.zone)  # type: ignore[union-attr]
        task.remind_at = dt.datetime.combine(wall.date(), wall.time(), tzinfo=zone)
    if task.due_at is not None:
        task.due_on = task.due_at.astimezone(zone).date()
    task.assignee_id = assignee_id


@command("tasks.edit")
def edit_task(
    *,
    task_id: UUID,
    actor: Actor,
    changes: Mapping[str, Any],
    due: tuple[dt.date | None, dt.time | None] | None = None,
    remind: bool | None = None,
    assignee_id: UUID | None = None,
    seen: Mapping[str, Any] | None = None,
) -> Task:
    """Change fields of a task (`EDITABLE`), its due date and time, its reminder, its assignee (R6), as one command.

    `seen` holds the values that the editor started from; a field that somebody else changed since raises Conflict with
    both values. `remind` sets (09:00 of the day) or drops the reminder.
    """
    (task,) = fetch([task_id], actor)
    if clashes := find_conflicts(task, changes, seen):
        raise Conflict(_("Somebody else has changed this in between."), theirs=clashes)
    if assignee_id is not None:
        reassign_tasks(task_ids=[task_id], assignee_id=assignee_id, actor=actor)
        (task,) = fetch([task_id], actor, "view")
    changed = {name: value for name, value in changes.items() if name in EDITABLE and getattr(task, name) != value}
    before = task.deal_id, task.contact_id
    _relink(task, changed, actor)
    zone = task.assignee.zone
    fields = [name.removesuffix("_id") for name in changed]
    if due is not None and (task.due_on, _time_of(task, zone)) != due:
        _move(task, *due, zone)
        fields += ["due_on", "due_at", "remind_at", "reminded_at"]
    if remind is not None and remind != (task.remind_at is not None):
        task.remind_at = morning_of(task.due_on, zone) if remind and task.due_on else None
        _plan_again(task)
        fields += ["remind_at", "reminded_at"]
    if fields:
        _save([task], *dict.fromkeys(fields))
        refresh_clocks(deal_ids=[before[0]], contact_ids=[before[1]])
    if "due_on" in fields:
        publish(TaskChanged(**event_fields(task)), actor=actor)
    return task


def _relink(task: Task, changed: dict[str, Any], actor: Actor) -> None:
    """Set changed fields; a new contact or deal brings its company along (R2)."""
    if {"contact_id", "deal_id", "company_id"} & set(changed):
        contact, deal = changed.get("contact_id", task.contact_id), changed.get("deal_id", task.deal_id)
        new = Links((changed["contact_id"],) if changed.get("contact_id") else (), changed.get("deal_id"))
        new.company_id = changed.get("company_id")
        check_visible([new], actor)
        if not changed.get("company_id"):
            stamp = Links((contact,) if contact else (), deal, infer_deal=False)
            complete_links([stamp], actor)
            changed["company_id"] = stamp.company_id
    for name, value in changed.items():
        setattr(task, name, value)


@command("tasks.bin")
def bin_task(*, task_id: UUID, actor: Actor) -> Task:
    """Put a task into the bin (R8)."""
    return _set_binned([task_id], actor, binned=True)[0]


@command("tasks.bin")
def bin_tasks(*, task_ids: Sequence[UUID], actor: Actor) -> list[Task]:
    """Put tasks into the bin (R8)."""
    return _set_binned(task_ids, actor, binned=True)


@command("tasks.restore")
def restore_task(*, task_id: UUID, actor: Actor) -> Task:
    """Take a task out of the bin (R8)."""
    return _set_binned([task_id], actor, binned=False)[0]


@command("tasks.restore")
def restore_tasks(*, task_ids: Sequence[UUID], actor: Actor) -> list[Task]:
    """Take tasks out of the bin (R8)."""
    return _set_binned(task_ids, actor, binned=False)


def _set_binned(task_ids: Sequence[UUID], actor: Actor, *, binned: bool) -> list[Task]:
    tasks = fetch(task_ids, actor, "delete")
    changed = [task for task in tasks if (task.binned_at is not None) != binned]
    for task in changed:
        task.binned_at = timezone.now() if binned else None
    if changed:
        _save(changed, "binned_at")
    return tasks
