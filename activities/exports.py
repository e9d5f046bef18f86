"""Activities and tasks as files: all that the import reads, under its names (R5, R6)."""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.listing.exports.archive import carry_files
from crm.kernel.listing.exports.registry import Cell, Exporter, Row, instant, joined, register

from .files import blobs
from .models import Activity, ActivityContact, Attachment, Task

PRIORITIES = {1: "low", 2: "normal", 3: "high"}


def _ids(name: str) -> Any:
    return lambda row: ", ".join(map(str, row[name]))


def _link(name: str) -> Any:
    return lambda row: str(row[name] or "")


LINKS = (
    Cell("contact_external_id", ("people_ids",), _ids("people_ids")),
    Cell("contact_email", ("addresses",), joined("addresses")),
    Cell("company", ("company__name",)),
    Cell("company_external_id", ("company_id",), _link("company_id")),
    Cell("deal", ("deal__title",)),
    Cell("deal_external_id", ("deal_id",), _link("deal_id")),
)


class ActivityExporter(Exporter):
    """Calls, meetings, e-mails and notes; entries that the system wrote follow from what they tell of."""

    kind = "activity"
    importer = "activities"
    label = _("Activities")
    model = Activity
    of_list = {"title": ("type", "subject", "body"), "when": ("at",), "user": ("owner",)}
    cells = (
        Cell("external_id", ("pk",), lambda row: str(row["pk"])),
        Cell("type", ("type",)),
        Cell("subject", ("subject",)),
        Cell("body", ("body",)),
        Cell("at", ("at", "scheduled_on"), lambda row: row["scheduled_on"] or instant("at")(row)),
        Cell("owner", ("user__email", "user__name"), lambda row: row["user__email"] or row["user__name"]),
        Cell("done", ("completed_at",), lambda row: "yes" if row["completed_at"] else "no"),
        Cell("duration", ("duration",)),
        Cell("direction", ("direction",)),
        Cell("outcome", ("outcome",)),
        *LINKS,
    )

    def rows(self, actor: Actor) -> Any:
        """Return what people did and plan."""
        return super().rows(actor).exclude(type=Activity.Type.SYSTEM)

    def annotated(self, rows: Any) -> Any:
        """Add the people."""
        links = ActivityContact.objects.filter(activity=OuterRef("pk")).order_by("pk")
        named = links.exclude(contact__primary_email="")
        return rows.annotate(
            people_ids=ArraySubquery(links.values("contact_id")),
            addresses=ArraySubquery(named.values("contact__primary_email")),
        )


def _due(row: Row) -> Any:
    """Return the day, or the day and time."""
    return instant("due_at")(row) if row["due_at"] else row["due_on"] or ""


class TaskExporter(Exporter):
    """Tasks, open and done."""

    kind = "task"
    importer = "tasks"
    label = _("Tasks")
    model = Task
    of_list = {"assignee": ("owner",)}
    cells = (
        Cell("external_id", ("pk",), lambda row: str(row["pk"])),
        Cell("title", ("title",)),
        Cell("notes", ("notes",)),
        Cell("due", ("due_on", "due_at"), _due),
        Cell(
            "owner", ("assignee__email", "assignee__name"), lambda row: row["assignee__email"] or row["assignee__name"]
        ),
        Cell("type", ("type",)),
        Cell("priority", ("priority",), lambda row: PRIORITIES[row["priority"]]),
        Cell("done", ("done_at",), lambda row: "yes" if row["done_at"] else "no"),
        Cell("done_on", ("done_at",), instant("done_at")),
        Cell("contact_external_id", ("contact_id",), _link("contact_id")),
        Cell("contact_email", ("contact__primary_email",)),
        *LINKS[2:],
    )


def connect() -> None:
    """Offer activities and tasks for export."""
    register(ActivityExporter())
    register(TaskExporter())
    carry_files(_contents)


def _contents() -> Iterator[str]:
    """Yield the names of all contents of files in the storage."""
    for sha256 in Attachment.objects.order_by("sha256").values_list("sha256", flat=True).distinct().iterator(2000):
        yield blobs.path_of(sha256)
