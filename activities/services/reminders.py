"""Reminders of due tasks: sent once, by whichever worker comes first (R6)."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.models import Task
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.notifications.services import Note, notify
from crm.kernel.users.models import User

BATCH = 200


def send_due_reminders() -> int:
    """Tell assignees of tasks whose reminder is due; return how many tasks were worked off.

    Rows are claimed with SKIP LOCKED and marked in the transaction that stores the notifications, so two workers, a
    killed one or a second delivery send nothing twice; the notification's key, task and moment, is the second fence.
    """
    sent = 0
    while batch := _send_batch():
        sent += batch
    return sent


def _send_batch() -> int:
    now = timezone.now()
    due = Task.objects.live().open().filter(remind_at__lte=now, reminded_at__isnull=True)
    with changeset(Actor.system("reminders"), "tasks.remind"):
        tasks = list(
            due.order_by("remind_at")
            .select_related("assignee")
            .select_for_update(skip_locked=True, of=("self",))[:BATCH]
        )
        notify([_note(task) for task in tasks if task.assignee.state == User.State.ACTIVE])
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(reminded_at=now)
    return len(tasks)


def _note(task: Task) -> Note:
    """Return what the assignee is told, in their language."""
    with override(task.assignee.locale):
        text = _("Due: %(title)s") % {"title": task.title}
    return Note(
        user_id=task.assignee_id,
        topic="reminder",
        text=text,
        record_kind="task",
        record_id=task.pk,
        key=f"reminder:{task.pk}:{task.remind_at:%Y%m%dT%H%M%S%z}",
    )
