"""What people can add to the lists of tasks and activities: more columns, and the fields of the filter builder."""

from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.listing.columns import Column, Row, day_cell, person_column
from crm.kernel.listing.conditions import Choice, Date, Field, Instant, Number, Person, Text
from crm.kernel.listing.lists import ListPage
from crm.kernel.listing.plain import ago_column, choice_column, day_column, text_column

from .models import Activity, Task


def _text(name: str) -> Column:
    def cell(row: Row, page: ListPage) -> str:
        return " ".join(row[name].split())[:120]

    return Column(name, _("Text"), (name,), cell)


def _minutes(row: Row, page: ListPage) -> str:
    return _("%(n)s min") % {"n": row["duration"]} if row["duration"] else ""


def _remind(row: Row, page: ListPage) -> str:
    return formats.when(row["remind_at"]) if row["remind_at"] else ""


_KINDS = [(kind.value, kind.label) for kind in Activity.Type if kind != Activity.Type.SYSTEM]
TASK_COLUMNS = (
    choice_column("type", _("Kind"), Task.Type.choices),
    text_column("company", _("Company"), "company__name"),
    _text("notes"),
    person_column("created_by", label=_("Given by")),
    Column("remind", _("Reminder"), ("remind_at",), _remind),
    ago_column("done", _("Done"), "done_at"),
    Column("created", _("Created"), ("created_at",), day_cell("created_at"), sort="created"),
    ago_column("updated", _("Last changed"), "updated_at"),
)
ACTIVITY_COLUMNS = (
    choice_column("type", _("Kind"), _KINDS),
    text_column("company", _("Company"), "company__name"),
    _text("body"),
    choice_column("direction", _("Direction"), Activity.Direction.choices),
    Column("duration", _("Duration"), ("duration",), _minutes, css="num"),
    day_column("scheduled", _("Planned for"), "scheduled_at"),
    day_column("completed", _("Done"), "completed_at"),
    day_column("created", _("Created"), "created_at"),
)
TASK_CONDITIONS: tuple[Field, ...] = (
    Text(key="title", label=_("Title")),
    Text(key="notes", label=_("Text")),
    Date(key="due", label=_("Due"), column="due_on"),
    Choice(key="kind", label=_("Kind"), column="type", options=Task.Type.choices),
    Choice(key="priority", label=_("Priority"), options=Task.Priority.choices),
    Person(key="who", label=_("Who"), column="assignee_id"),
    Person(key="created_by", label=_("Given by"), column="created_by_id"),
    Text(key="company", label=_("Name of the company"), column="company__name"),
    Instant(key="done", label=_("Done"), column="done_at"),
    Instant(key="created", label=_("Created"), column="created_at"),
)
ACTIVITY_CONDITIONS: tuple[Field, ...] = (
    Text(key="subject", label=_("What")),
    Text(key="body", label=_("Text")),
    Instant(key="at", label=_("When")),
    Choice(key="kind", label=_("Kind"), column="type", options=_KINDS),
    Choice(key="outcome", label=_("Outcome"), options=Activity.Outcome.choices),
    Choice(key="direction", label=_("Direction"), options=Activity.Direction.choices),
    Person(key="who", label=_("Who"), column="user_id"),
    Number(key="duration", label=_("Minutes")),
    Text(key="company", label=_("Name of the company"), column="company__name"),
    Instant(key="completed", label=_("Done"), column="completed_at"),
    Instant(key="created", label=_("Created"), column="created_at"),
)
