"""A column of notes beside contacts, companies or deals: each goes to the timeline of its record."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from activities.models import Activity
from activities.services.recording import ActivityRow, log_activities
from crm.kernel.core import parsers
from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Field, Row


def write_notes(link: str, job: Job, rows: list[Row]) -> None:
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
