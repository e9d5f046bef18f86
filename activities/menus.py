"""Where this app appears on pages of others: panels of records, menus, the bell's links."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.core import navigation, panels
from crm.kernel.core.navigation import NavItem
from crm.kernel.notifications.models import ByMail
from crm.kernel.notifications.registry import Topic, register_topic, show_kind
from deals.models import Deal

from .extras import register_extra
from .filelist import files_panel
from .models import Activity, Task
from .panels import CHANGES, feed, next_step_panel, open_tasks_panel, timeline_panel
from .places import url_of


def due_count(user: Any) -> int:
    """Return how many of one's open tasks are due today or late."""
    return int(Task.objects.live().open().filter(assignee_id=user.pk, due_on__lte=user.today()).count())


def may_make_tasks(user: Any) -> bool:
    """Say whether a person may make tasks."""
    return user.level("task", "edit") != "none"  # the scope would ask for the team


def may_log(user: Any) -> bool:
    """Say whether a person may log activities."""
    return user.level("activity", "edit") != "none"  # the scope would ask for the team


def connect() -> None:
    """Register; called when the app is ready."""
    for kind in ("contact", "company", "deal"):
        panels.register(f"{kind}.main", "activities/_timeline.html", timeline_panel, order=20)
        panels.register(f"{kind}.peek", "activities/_feed.html", feed)
        panels.register(f"{kind}.side", "activities/_open_tasks.html", open_tasks_panel, order=60)
        panels.register(f"{kind}.side", "activities/_files.html", files_panel, order=70)
    register_extra(CHANGES)
    panels.register("deal.main", "activities/_next_step.html", next_step_panel, order=10)
    navigation.register(
        NavItem("day", _("My day"), "activities:my_day", "sun", order=10, shortcut="D", phone=True, count=due_count)
    )
    navigation.register(
        NavItem(
            "tasks", _("Tasks"), "activities:task_list", "circle-check-big", order=60, shortcut="T", count=due_count
        )
    )
    navigation.register(
        NavItem("activities", _("Activities"), "activities:activity_list", "phone", order=70, shortcut="A")
    )
    navigation.register_create(
        NavItem(
            "task", _("Task"), "activities:task_new", "circle-check-big", order=40, dialog=True, visible=may_make_tasks
        )
    )
    navigation.register_create(
        NavItem("call", _("Log call"), "activities:activity_new", "phone", order=50, dialog=True, visible=may_log)
    )
    register_topic(
        Topic("reminder", _("A task is due"), "alarm-clock"),
        Topic("mention", _("Somebody mentions me"), "users", ByMail.DIGEST),
        Topic("task_assigned", _("Somebody gives me a task"), "circle-check-big", ByMail.DIGEST),
        Topic("contact_assigned", _("Somebody gives me a contact or lead"), "user-plus", ByMail.DIGEST),
        Topic("company_assigned", _("Somebody gives me a company"), "user-plus", ByMail.DIGEST),
        Topic("deal_assigned", _("Somebody gives me a deal"), "handshake", ByMail.DIGEST),
        Topic("deal_moved", _("Somebody moves my deal"), "arrow-right-left"),
        Topic("lead_returned", _("My lead comes back"), "reply", ByMail.DIGEST),
    )
    for model in (Contact, Company, Deal, Task, Activity):
        show_kind(model.kind, model.objects.all(), partial(url_of, model.kind))
