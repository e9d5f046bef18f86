"""Import of activities, notes and tasks (R5, R6), and notes as a column of contacts, companies and deals."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import Activity, Task
from contacts.imports.common import match_external
from contacts.imports.links import CompanyLinks, ContactLinks
from crm.kernel.core.changes import Actor
from crm.kernel.listing.imports import parsers
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.listing.imports.registry import EXTERNAL_ID, Field, Importer, Row, Session, Words, extend, register
from crm.kernel.workspace.models import Workspace
from deals.models import Deal

from .import_words import ACTIVITY_WORDS, LINK_WORDS, NOTE_WORDS, TASK_WORDS
from .services.recording import ActivityRow, log_activities
from .services.tasks import TaskRow, create_tasks

LINK = gettext_lazy("Links")
MORE = gettext_lazy("More")
TYPES = {"telephone": "call", "phone": "call", "phone call": "call", "e-mail": "email", "mail": "email", "appointment": "meeting", "event": "meeting", "comment": "note", "memo": "note"}  # fmt: skip


class LinkedSession(Session):
    """What activities and tasks share: they are known by id or content, never changed, and linked to what rows name."""

    model: ClassVar[Any]
    owner: ClassVar[str]

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.companies = CompanyLinks(job)
        self.contacts = ContactLinks(job)

    def identify(self, row: Row) -> None:
        """A row without an id is known by its content, so that the same file twice makes nothing twice."""
        external = row.values.get("external_id")
        row.keys.append(f"id:{external}" if external else f"row:{row.content[:20]}")

    def match(self, rows: list[Row]) -> None:
        """Look the ids up in one query."""
        match_external(self.job, rows, self.model, owner=self.owner)

    def plan(self, rows: list[Row]) -> None:
        """Find what new rows are linked to; known ones stay as they are."""
        fresh = []
        for row in rows:
            if row.action == "update":
                row.action = "unchanged"
            else:
                self.check(row)
                fresh.append(row)
        scope = self.job.actor.scope(self.model.kind, "edit")
        for row in fresh:
            row.record["person"] = row.values.get("owner") or self.job.actor.id
            if not scope.covers(row.record["person"]):
                name = self.job.directory.name(row.record["person"])
                row.fail("", _("You may not give records to %(name)s.") % {"name": name})
        self.companies.resolve([row for row in fresh if not row.errors])
        self.contacts.resolve([row for row in fresh if not row.errors])
        self._link_deals([row for row in fresh if not row.errors])

    def check(self, row: Row) -> None:
        """Fail a row that cannot be."""

    def _link_deals(self, rows: Sequence[Row]) -> None:
        """Find deals by their id in the other system, else by their exact title; only those that the actor may see (U3)."""
        rows = [row for row in rows if row.values.get("deal_external_id") or row.values.get("deal")]
        if not rows:
            return
        deals = Deal.objects.visible_to(self.job.actor).live()
        ids = {row.values["deal_external_id"] for row in rows if row.values.get("deal_external_id")}
        ours = deals.filter(import_source=self.job.run.source, external_id__in=ids)
        by_id = dict(ours.values_list("external_id", "pk"))
        by_title: dict[str, list[UUID]] = {}
        titles = {row.values["deal"] for row in rows if row.values.get("deal")}
        for title, pk in deals.filter(title__in=titles).values_list("title", "pk") if titles else ():
            by_title.setdefault(title, []).append(pk)
        for row in rows:
            found = by_id.get(row.values.get("deal_external_id", ""))
            named = by_title.get(row.values.get("deal", ""), [])
            row.values["deal_id"] = found or (named[0] if len(named) == 1 else None)
            if row.values["deal_id"] is None:
                word = row.values.get("deal_external_id") or row.values["deal"]
                text = _("“%(name)s” could be several deals.") if named else _("There is no deal “%(name)s” here.")
                row.fail("", text % {"name": word[:80]})

    def links(self) -> dict[str, tuple[int, int]]:
        """Count the companies that the rows name."""
        return {"company": (len(self.companies.known), len(self.companies.new))}


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


class ActivitySession(LinkedSession):
    """Calls, meetings, e-mails and notes: past ones are held, those to come are planned."""

    model = Activity
    owner = "user_id"
    fixed_type: ClassVar[str] = ""

    def check(self, row: Row) -> None:
        """What lies ahead is planned, unless the file says that it is done; a note has happened."""
        values, now = row.values, timezone.now()
        values["type"] = self.fixed_type or values.get("type") or Activity.Type.NOTE
        at = values.get("at")
        done = values.get("done", at is None or at[0] <= now)
        if values["type"] == Activity.Type.NOTE:
            done = True
        if done and at and at[0] > now:
            row.fail("", _("This lies in the future, yet it is done."))
        if not done and at is None:
            row.fail("", _("A planned activity needs its date."))
        if not any(values.get(name) for name in ("subject", "body")):
            values["subject"] = str(Activity.Type(values["type"]).label)
        row.record["done"] = done

    def write(self, rows: list[Row]) -> None:
        """Write them down through the service, as a person would (R5)."""
        activities = log_activities(rows=[self._row(row) for row in rows], actor=self.job.actor)
        for row, activity in zip(rows, activities, strict=True):
            row.known = activity.pk

    def _row(self, row: Row) -> ActivityRow:
        values, done = row.values, row.record["done"]
        at = values.get("at")
        all_day = at is not None and not at[2]
        return ActivityRow(
            type=values["type"], subject=values.get("subject", ""), body=values.get("body", ""),
            user_id=row.record["person"], done=done, at=at[0] if at and done else None,
            scheduled_at=at[0] if at and not done and not all_day else None,
            scheduled_on=at[1] if at and not done and all_day else None,
            duration=values.get("duration"), direction=values.get("direction", ""), outcome=values.get("outcome", ""),
            contact_ids=tuple(values.get("contact_ids", ())), company_id=values.get("company_id"),
            deal_id=values.get("deal_id"), import_source=self.job.run.source,
            external_id=values.get("external_id") or row.keys[0],
        )  # fmt: skip


class NoteSession(ActivitySession):
    """Notes."""

    fixed_type = Activity.Type.NOTE

    def check(self, row: Row) -> None:
        """A note has a text."""
        if not row.values.get("body"):
            row.fail("", _("The row has no text."))
        super().check(row)


class TaskSession(LinkedSession):
    """Tasks, open and done."""

    model = Task
    owner = "assignee_id"

    def check(self, row: Row) -> None:
        """An open task is somebody's who can log in (U4): else it goes to the person who imports."""
        values = row.values
        done_on, now = values.get("done_on"), timezone.now()
        row.record["done_at"] = done_on[0] if done_on else now if values.get("done") else None
        if done_on and done_on[0] > now:
            row.fail("", _("This lies in the future, yet it is done."))
        if not values.get("title"):
            row.fail("", _("The row has no title."))
        if row.record["done_at"] is None and not self.job.directory.is_active(values.get("owner")):
            if name := self.job.directory.name(values.get("owner")):
                line = _("Owner in the file: %(name)s") % {"name": name}
                values["notes"] = "\n".join(part for part in (values.get("notes"), line) if part)
            chosen = self.job.options.get("default_owner")
            values["owner"] = UUID(chosen) if chosen else self.job.actor.id

    def write(self, rows: list[Row]) -> None:
        """Make them through the service (R6)."""
        tasks = create_tasks(rows=[self._row(row) for row in rows], actor=self.job.actor)
        for row, task in zip(rows, tasks, strict=True):
            row.known = task.pk

    def _row(self, row: Row) -> TaskRow:
        values, done_at = row.values, row.record["done_at"]
        due = values.get("due")
        time: dt.time | None = due[0].astimezone(Workspace.current().zone).time() if due and due[2] else None
        contacts = values.get("contact_ids", ())
        return TaskRow(
            title=values["title"], notes=values.get("notes", ""), type=values.get("type", Task.Type.TODO),
            priority=values.get("priority", Task.Priority.NORMAL), due_on=due[1] if due else None, due_time=time,
            assignee_id=row.record["person"], contact_id=contacts[0] if contacts else None,
            company_id=values.get("company_id"), deal_id=values.get("deal_id"), done_at=done_at,
            done_by_id=row.record["person"] if done_at else None, import_source=self.job.run.source,
            external_id=values.get("external_id") or row.keys[0],
        )  # fmt: skip


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


def _write_notes(link: str, job: Job, rows: list[Row]) -> None:
    """Write the note of each row on the timeline of its record; the same note of a later file is not written again."""
    noted = [row for row in rows if row.values.get("note") and row.known is not None]
    if not noted:
        return
    ids = {row.number: f"note:{row.known}:{parsers.digest(row.values['note'])}" for row in noted}
    present = set(
        Activity.objects.filter(import_source=job.run.source, external_id__in=ids.values()).values_list(
            "external_id", flat=True
        )
    )
    fresh = [row for row in noted if ids[row.number] not in present]
    log_activities(
        rows=[
            ActivityRow(
                type=Activity.Type.NOTE, body=row.values["note"], user_id=job.actor.id, import_source=job.run.source,
                external_id=ids[row.number], **_linked(link, row.known),
            )
            for row in fresh
        ],
        actor=job.actor,
    )  # fmt: skip


def _linked(link: str, pk: UUID | None) -> dict[str, Any]:
    return {"contact_ids": (pk,)} if link == "contact_ids" else {link: pk}


NOTE = Field(
    "note",
    gettext_lazy("Note on the timeline"),
    parsers.text(50_000, lines=True),
    ("note", "notat", "notes"),
    multiple=True,
)

register(ActivityImporter())
register(NoteImporter())
register(TaskImporter())
extend("contacts", [NOTE], lambda job, rows: _write_notes("contact_ids", job, rows))
extend("companies", [NOTE], lambda job, rows: _write_notes("company_id", job, rows))
extend("deals", [NOTE], lambda job, rows: _write_notes("deal_id", job, rows))
