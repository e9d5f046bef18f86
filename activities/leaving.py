"""What a leaving person hands over of this app: open tasks and what is planned (U4). Past activities stay."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.users.leaving import Owned
from crm.kernel.users.leaving import register as hand_over
from crm.kernel.users.models import User

from .models import Activity, Task
from .services.recording import require_active
from .services.task_changes import reassign_tasks


@command("activities.reassign")
def reassign_planned(*, activity_ids: Iterable[UUID], user_id: UUID, actor: Actor) -> int:
    """Give planned calls and meetings to a colleague who can log in; what is done stays with whoever did it (U4)."""
    rows = Activity.objects.visible_to(actor).live().planned().filter(pk__in=list(activity_ids))
    planned = list(rows.locked().order_by("pk"))
    for activity in planned:
        actor.require("edit", activity)
    require_active({user_id})
    ids = [activity.pk for activity in planned]
    return int(
        Activity.objects.filter(pk__in=ids).update(
            user_id=user_id, version=F("version") + 1, updated_at=business_time()
        )
    )


def _tasks_of(person: User) -> Any:
    return Task.objects.live().open().filter(assignee=person)


def _planned_by(person: User) -> Any:
    return Activity.objects.live().planned().filter(user=person)


def _give_tasks(person: User, heir: User | None, actor: Actor) -> int:
    assert heir is not None, "every task has an assignee"
    ids = list(_tasks_of(person).values_list("pk", flat=True))
    return len(reassign_tasks(task_ids=ids, assignee_id=heir.pk, actor=actor))


def _give_planned(person: User, heir: User | None, actor: Actor) -> int:
    assert heir is not None, "somebody has to go there"
    ids = list(_planned_by(person).values_list("pk", flat=True))
    return reassign_planned(activity_ids=ids, user_id=heir.pk, actor=actor)


def register() -> None:
    """Tell the people's settings what to ask for."""
    label_commands({"activities.reassign": _("gave planned activities to somebody")})
    hand_over(Owned("tasks", _("Open tasks"), lambda person: int(_tasks_of(person).count()), _give_tasks, order=20))
    hand_over(
        Owned(
            "meetings",
            _("Planned calls and meetings"),
            lambda person: int(_planned_by(person).count()),
            _give_planned,
            order=30,
        )
    )
