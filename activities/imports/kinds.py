"""The kinds: activities, notes and tasks, with their fields (R5, R6)."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import Activity, Task
from crm.kernel.core import parsers
from crm.kernel.core.changes import Actor
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.registry import EXTERNAL_ID, Field, Importer, Session, Words

from .sessions import ActivitySession, NoteSession, TaskSession
from .words import ACTIVITY_WORDS, LINK_WORDS, NOTE_WORDS, TASK_WORDS

LINK = gettext_lazy("Links")
MORE = gettext_lazy("More")
TYPES = {
    **dict.fromkeys(("telephone", "phone", "phone call"), "call"),
    **dict.fromkeys(("e-mail", "mail"), "email"),
    **dict.fromkeys(("appointment", "event"), "meeting"),
    **dict.fromkeys(("comment", "memo"), "note"),
}


def link_fields() -> tuple[Field, ...]:
    """Return the fields that say to what an activity or task belongs."""
    return (
        Field(
            "contact_email",
            gettext_lazy("Contact's e-mail"),
            parsers.emails,
            LINK_WORDS["contact_email"],
            "email",
            multiple=True,
            group=LINK,
        ),
        Field(
            "contact_name", gettext_lazy("Contact's name"), parsers.text(250), LINK_WORDS["contact_name"], group=LINK
        ),
        Field(
            "contact_external_id",
            gettext_lazy("Contact's id in the other system"),
            parsers.words,
            ("contact id",),
            multiple=True,
            group=LINK,
        ),
        Field("company", gettext_lazy("Company"), parsers.text(200), LINK_WORDS["company"], group=LINK),
        Field(
            "company_external_id",
            gettext_lazy("Company's id in the other system"),
            parsers.text(200),
            LINK_WORDS["company_external_id"],
            group=LINK,
        ),
        Field("deal", gettext_lazy("Deal's title"), parsers.text(200), LINK_WORDS["deal"], group=LINK),
        Field(
            "deal_external_id",
            gettext_lazy("Deal's id in the other system"),
            parsers.text(200),
            LINK_WORDS["deal_external_id"],
            group=LINK,
        ),
        EXTERNAL_ID,
    )


PRIORITIES = {"1": 1, "2": 2, "3": 3, "low": 1, "normal": 2, "medium": 2, "high": 3, "urgent": 3}


def priority(cell: str, style: parsers.Style) -> int:
    """Return a priority: low, normal, high."""
    found = PRIORITIES.get(cell.casefold())
    if found is None:
        raise parsers.CellError(_("Type low, normal or high."))
    return found


class LinkedImporter(Importer):
    """What the three kinds share."""

    records: ClassVar[str] = "activity"

    def default_options(self, run: ImportRun, sample: list[list[str]]) -> dict[str, Any]:
        """Nobody is made for the sake of a note: unknown companies and contacts are errors unless asked otherwise."""
        return {"create_companies": False, "create_contacts": False}

    def may(self, actor: Actor) -> bool:
        """Importing needs the right to edit some."""
        return actor.may("import") and not actor.scope(self.records, "edit").nothing


class ActivityImporter(LinkedImporter):
    """Calls, meetings, e-mails and notes."""

    kind: ClassVar[str] = "activities"
    label: ClassVar[Words] = gettext_lazy("Activities")
    one: ClassVar[Words] = gettext_lazy("activity")
    icon: ClassVar[str] = "phone"
    hint: ClassVar[Words] = gettext_lazy("Calls, meetings, e-mails and notes, past and planned.")
    order: ClassVar[int] = 50
    session: ClassVar[type[Session]] = ActivitySession
    list_url: ClassVar[str] = "activities:activity_list"

    def own_fields(self) -> Iterable[Field]:
        """The fields of R5."""
        types = [choice for choice in Activity.Type.choices if choice[0] != Activity.Type.SYSTEM]
        return (
            Field("type", gettext_lazy("Type"), parsers.choice(types, TYPES), ACTIVITY_WORDS["type"]),
            Field("subject", gettext_lazy("Subject"), parsers.text(300), ACTIVITY_WORDS["subject"]),
            Field(
                "body", gettext_lazy("Text"), parsers.text(50_000, lines=True), ACTIVITY_WORDS["body"], multiple=True
            ),
            Field("at", gettext_lazy("Date and time"), parsers.moment, ACTIVITY_WORDS["at"], "date"),
            Field("owner", gettext_lazy("Person"), parsers.text(254), ACTIVITY_WORDS["owner"], "person"),
            Field("done", gettext_lazy("Done"), parsers.boolean, ACTIVITY_WORDS["done"], group=MORE),
            Field(
                "duration", gettext_lazy("Minutes"), parsers.whole(0, 100_000), ACTIVITY_WORDS["duration"], group=MORE
            ),
            Field(
                "direction",
                gettext_lazy("Direction"),
                parsers.choice(Activity.Direction.choices, {"outbound": "out", "inbound": "in"}),
                ACTIVITY_WORDS["direction"],
                group=MORE,
            ),
            Field(
                "outcome",
                gettext_lazy("Outcome"),
                parsers.choice(Activity.Outcome.choices),
                ACTIVITY_WORDS["outcome"],
                group=MORE,
            ),
            *link_fields(),
        )


class NoteImporter(LinkedImporter):
    """Notes."""

    kind: ClassVar[str] = "notes"
    label: ClassVar[Words] = gettext_lazy("Notes")
    one: ClassVar[Words] = gettext_lazy("note")
    icon: ClassVar[str] = "sticky-note"
    hint: ClassVar[Words] = gettext_lazy("Texts on the timelines of contacts, companies and deals.")
    order: ClassVar[int] = 60
    session: ClassVar[type[Session]] = NoteSession
    list_url: ClassVar[str] = "activities:activity_list"

    def own_fields(self) -> Iterable[Field]:
        """Text, author, date, and what the note is about."""
        return (
            Field("body", gettext_lazy("Text"), parsers.text(50_000, lines=True), NOTE_WORDS["body"], multiple=True),
            Field("subject", gettext_lazy("Subject"), parsers.text(300), NOTE_WORDS["subject"]),
            Field("at", gettext_lazy("Date and time"), parsers.moment, NOTE_WORDS["at"], "date"),
            Field("owner", gettext_lazy("Author"), parsers.text(254), NOTE_WORDS["owner"], "person"),
            *link_fields(),
        )

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """A note needs its text."""
        return [] if "body" in fields else [gettext_lazy("Text")]


class TaskImporter(LinkedImporter):
    """Tasks, open and done."""

    kind: ClassVar[str] = "tasks"
    label: ClassVar[Words] = gettext_lazy("Tasks")
    one: ClassVar[Words] = gettext_lazy("task")
    icon: ClassVar[str] = "circle-check-big"
    hint: ClassVar[Words] = gettext_lazy("Open and done ones, with due dates and assignees.")
    order: ClassVar[int] = 70
    session: ClassVar[type[Session]] = TaskSession
    list_url: ClassVar[str] = "activities:task_list"
    records: ClassVar[str] = "task"

    def own_fields(self) -> Iterable[Field]:
        """The fields of R6."""
        return (
            Field("title", gettext_lazy("Title"), parsers.text(200), TASK_WORDS["title"]),
            Field("notes", gettext_lazy("Notes"), parsers.text(10_000, lines=True), TASK_WORDS["notes"], multiple=True),
            Field("due", gettext_lazy("Due"), parsers.moment, TASK_WORDS["due"], "date"),
            Field("owner", gettext_lazy("Assignee"), parsers.text(254), TASK_WORDS["owner"], "person"),
            Field(
                "type",
                gettext_lazy("Type"),
                parsers.choice(Task.Type.choices, TYPES | {"task": "todo"}),
                TASK_WORDS["type"],
            ),
            Field("priority", gettext_lazy("Priority"), priority, TASK_WORDS["priority"]),
            Field("done", gettext_lazy("Done"), parsers.boolean, TASK_WORDS["done"], group=MORE),
            Field("done_on", gettext_lazy("Done on"), parsers.moment, TASK_WORDS["done_on"], "date", group=MORE),
            *link_fields(),
        )

    def missing(self, fields: set[str], options: dict[str, Any]) -> list[Words]:
        """A task needs a title."""
        return [] if "title" in fields else [gettext_lazy("Title")]
