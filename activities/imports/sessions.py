"""How rows become activities, notes and tasks, through the services (R5, R6)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from activities.models import Activity, Task
from activities.services.recording import ActivityRow, log_activities
from activities.services.tasks import TaskRow, create_tasks
from contacts.imports.common import match_external, own_ids
from contacts.imports.links import CompanyLinks, ContactLinks
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Row, Session
from crm.kernel.workspace.models import Workspace
from deals.models import Deal


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
        """Find deals by their id in the other system, else by their exact title; only visible ones (U3)."""
        rows = [row for row in rows if row.values.get("deal_external_id") or row.values.get("deal")]
        if not rows:
            return
        deals = Deal.objects.visible_to(self.job.actor).live()
        ids = {row.values["deal_external_id"] for row in rows if row.values.get("deal_external_id")}
        ours = deals.filter(import_source=self.job.run.source, external_id__in=ids)
        by_id = dict(ours.values_list("external_id", "pk"))
        own = {known.pk: known.key for known in own_ids(Deal, ids - by_id.keys())}
        if own:
            by_id |= {own[pk]: pk for pk in deals.filter(pk__in=own).values_list("pk", flat=True)}
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
            row.fail(self.job.column("body"), _("The row has no text."))
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
            row.fail(self.job.column("title"), _("The row has no title."))
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
