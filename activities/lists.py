"""The lists of tasks and activities."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.html import icon_html
from crm.kernel.listing.columns import Column, badge, person_column
from crm.kernel.listing.filters import ChoiceFilter, DateFilter, FigureFilter, PersonFilter, YesFilter
from crm.kernel.listing.lists import Empty, ListPage, TextSearch, View
from crm.kernel.listing.sorting import Sort

from .metrics import Done
from .models import Activity, Task
from .offers import ACTIVITY_COLUMNS, ACTIVITY_CONDITIONS, TASK_COLUMNS, TASK_CONDITIONS
from .panels import due_state, due_words
from .places import url_of
from .sentences import ICONS, TONES

Row = Mapping[str, Any]


def _subject(row: Row, page: ListPage, fallback: str) -> str:
    """Return a row's link, which opens the record in the dialog."""
    url = url_of(page.kind, row["pk"])
    return format_html(
        '<a class="cell-main clip" href="{}" data-row-link hx-get="{}" hx-target="#modal-body"'
        ' hx-swap="innerHTML">{}</a>',
        url,
        url,
        fallback,
    )


def _deal_of(row: Row, page: ListPage) -> str:
    """Return the deal, where the reader may see it, else the company (U3)."""
    if row["deal_id"] and page.actor.scope("deal", "view").covers(row["deal__owner_id"]):
        return format_html('<a class="link-quiet" href="{}">{}</a>', url_of("deal", row["deal_id"]), row["deal__title"])
    if row["company_id"]:
        url = url_of("company", row["company_id"])
        return format_html('<a class="link-quiet" href="{}">{}</a>', url, row["company__name"])
    return ""


def _due(row: Row, page: ListPage) -> str:
    if row["done_at"]:
        return format_html('<span class="dim">{}</span>', _("done %(when)s") % {"when": formats.when(row["done_at"])})
    state = due_state(row["due_on"], row["due_at"])
    return format_html('<span class="next" data-due="{}">{}</span>', state, due_words(row["due_on"], row["due_at"]))


def _task_title(row: Row, page: ListPage) -> str:
    return _subject(row, page, row["title"])


def _task_icon(row: Row, page: ListPage) -> str:
    return icon_html("check" if row["done_at"] else ICONS[row["type"]])


def _priority(row: Row, page: ListPage) -> str:
    label = str(Task.Priority(row["priority"]).label)
    return badge(label, "bad") if row["priority"] == Task.Priority.HIGH else label


def overdue(now: dt.datetime, zone_today: dt.date) -> Q:
    """Return the condition of what is late: past its time, or past the end of its day (R6)."""
    late = Q(due_at__isnull=True, due_on__lt=zone_today) | Q(due_at__isnull=False, due_at__lt=now)
    return late & Q(done_at__isnull=True)


LINK_FIELDS = ("deal_id", "deal__title", "deal__owner_id", "company_id", "company__name")


class TaskList(ListPage):
    """Tasks: what is to do, and what was done (R6)."""

    key = "tasks"
    kind = "task"
    title = _("Tasks")
    url_name = "activities:task_list"
    new_url_name, new_label = "activities:task_new", _("New task")
    bin_url_name = "activities:task_bin_list"
    model = Task
    search = TextSearch(placeholder=_("Find a task"), label=_("Search tasks"))
    extra_columns = TASK_COLUMNS
    conditions = TASK_CONDITIONS
    picture = Column("kind", "", ("type", "done_at"), _task_icon)
    columns = (
        Column("title", _("Task"), ("title",), _task_title, sort="title", phone="main"),
        Column("about", _("About"), LINK_FIELDS, _deal_of, phone="sub"),
        person_column("assignee", label=_("Who")),
        Column("priority", _("Priority"), ("priority",), _priority, sort="priority"),
        Column("due", _("Due"), ("due_on", "due_at", "done_at"), _due, sort="due", phone="end"),
    )
    filters = (
        PersonFilter(key="who", label=_("Who"), column="assignee_id", nobody=False),
        YesFilter(key="done", label=_("Done"), rows=Q(done_at__isnull=False)),
        YesFilter(key="overdue", label=_("Late"), rows=lambda page: overdue(timezone.now(), timezone.localdate())),
        YesFilter(
            key="today",
            label=_("Due today"),
            rows=lambda page: Q(due_on=timezone.localdate(), done_at__isnull=True),
        ),
        DateFilter(key="due", label=_("Due"), column="due_on", instant=False),
        ChoiceFilter(key="kind", label=_("Kind"), column="type", choices=Task.Type.choices),
        ChoiceFilter(
            key="priority",
            label=_("Priority"),
            column="priority",
            choices=[(str(value), label) for value, label in Task.Priority.choices],
        ),
    )
    sorts = (
        Sort("due", _("Due date"), "due_on", nullable=True, indexed=False),
        Sort("title", _("Title"), "title", indexed=False),
        Sort("priority", _("Priority"), "priority", descending=True, indexed=False),
        Sort("created", _("Newest"), "created_at", descending=True, indexed=False),
    )
    views = (
        View("open", _("To do")),
        View("mine", _("My tasks"), {"who": "me"}, counted=True),
        View("team", _("Team"), {"who": "team"}),
        View("late", _("Late"), {"overdue": "1"}, counted=True),
        View("done", _("Done"), {"done": "1"}),
    )
    empty = Empty("circle-check-big", _("No tasks yet"), _("What you plan for yourself or a colleague stands here."))

    @classmethod
    def row_name(cls, row: Row) -> str:
        """Return the task's title."""
        return str(row["title"])

    def base(self) -> QuerySet[Any]:
        """Show what is to do; what is done only where it is asked for."""
        rows = super().base()
        return rows if self.data.get("done") else rows.open()


def _activity_icon(row: Row, page: ListPage) -> str:
    return icon_html(ICONS[row["type"]])


def _activity_name(row: Row) -> str:
    return row["subject"] or " ".join(row["body"].split())[:90] or str(Activity.Type(row["type"]).label)


def _activity_title(row: Row, page: ListPage) -> str:
    return _subject(row, page, _activity_name(row))


def _outcome(row: Row, page: ListPage) -> str:
    if row["completed_at"] is None:
        return badge(str(_("Planned")), "accent")
    return badge(str(Activity.Outcome(row["outcome"]).label), TONES[row["outcome"]]) if row["outcome"] else ""


def _when(row: Row, page: ListPage) -> str:
    return formats.day(row["scheduled_on"]) if row["scheduled_on"] else formats.when(row["at"])


class ActivityList(ListPage):
    """What people did and plan to do: calls, e-mails, meetings, notes (R5)."""

    key = "activities"
    kind = "activity"
    title = _("Activities")
    url_name = "activities:activity_list"
    new_url_name, new_label = "activities:activity_new", _("Log an activity")
    bin_url_name = "activities:activity_bin_list"
    model = Activity
    search = TextSearch(placeholder=_("Find by words"), label=_("Search activities"))
    extra_columns = ACTIVITY_COLUMNS
    conditions = ACTIVITY_CONDITIONS
    picture = Column("kind", "", ("type",), _activity_icon)
    columns = (
        Column("subject", _("What"), ("subject", "body"), _activity_title, phone="main"),
        Column("about", _("About"), LINK_FIELDS, _deal_of, phone="sub"),
        person_column("user", label=_("Who")),
        Column("outcome", _("Outcome"), ("outcome", "completed_at"), _outcome),
        Column("at", _("When"), ("at", "scheduled_on"), _when, sort="at", phone="end"),
    )
    filters = (
        PersonFilter(key="who", label=_("Who"), column="user_id", nobody=False),
        ChoiceFilter(
            key="kind",
            label=_("Kind"),
            column="type",
            choices=[(t.value, t.label) for t in Activity.Type if t != Activity.Type.SYSTEM],
        ),
        ChoiceFilter(key="outcome", label=_("Outcome"), column="outcome", choices=Activity.Outcome.choices),
        YesFilter(key="planned", label=_("Planned"), rows=Q(completed_at__isnull=True)),
        DateFilter(key="at", label=_("When"), column="at"),
        FigureFilter(key="done", label=_("Done"), parse=Done.parse),
    )
    sorts = (Sort("at", _("When"), "at", descending=True),)
    views = (
        View("all", _("All activities")),
        View("mine", _("Mine"), {"who": "me"}),
        View("planned", _("Planned"), {"planned": "1"}),
    )
    empty = Empty("phone", _("No activities yet"), _("Calls, e-mails, meetings and notes stand here, newest first."))

    row_name = staticmethod(_activity_name)

    def base(self) -> QuerySet[Any]:
        """Leave out system entries: they belong to the timeline."""
        return super().base().exclude(type=Activity.Type.SYSTEM)

    def walked(self) -> QuerySet[Any]:
        """Return what the index of all activities by time holds."""
        return super().walked().exclude(type=Activity.Type.SYSTEM)
