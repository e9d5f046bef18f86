"""What activities and tasks hold on a person (H1).

A text that belongs to one person alone is blanked as a whole. One that is shared, with other people or with a deal, tells of
others too: in it the person's names, addresses and numbers are blanked wherever they stand. A
file cannot be blanked in part: one that belongs to the person goes, one that belongs to a deal stays.
"""

from collections.abc import Collection, Iterator
from typing import IO
from uuid import UUID

from crm.kernel.core import personal
from crm.kernel.core.history import history_of
from crm.kernel.core.personal import ERASED, Afterwards

from .files import blobs
from .models import Activity, ActivityContact, Attachment, Task

LINKED = "id IN (SELECT l.activity_id FROM activities_activitycontact l WHERE l.contact_id = ANY (ids))"
ALONE = f"""{LINKED} AND deal_id IS NULL AND NOT EXISTS (
    SELECT FROM activities_activitycontact o WHERE o.activity_id = activities_activity.id AND o.contact_id <> ALL (ids))"""
KEPT = ("type", "direction", "outcome", "system", "import_source", "external_id")


def register() -> None:
    """Declare the columns of this app."""
    blank = {"subject": ERASED, "body": "", "data": {}}
    personal.hold(Activity, f"{ALONE} AND type <> 'system'", blank=blank, keep=KEPT, mentions=LINKED)
    personal.hold(ActivityContact, "false")
    personal.hold(
        Task, "contact_id = ANY (ids) AND deal_id IS NULL", blank={"title": ERASED, "notes": ""},
        keep=("type", "import_source", "external_id"), mentions="contact_id = ANY (ids)",
    )  # fmt: skip
    files = "contact_id = ANY (ids) AND deal_id IS NULL"
    personal.hold(
        Attachment, files, history=files, blank={"name": ERASED, "sha256": ""}, remove=True,
        keep=("content_type", "import_source", "external_id"),
    )  # fmt: skip
    personal.give_files(files_of)
    personal.erase_with(contents_of)


def files_of(contact_ids: Collection[UUID]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the files of a person with their content, each name once."""
    for file in Attachment.objects.filter(contact__in=contact_ids).order_by("pk"):
        if blobs.is_there(file.sha256):
            yield f"{file.pk}-{file.name.replace('/', '_')}", blobs.open_blob(file.sha256)


def contents_of(contact_ids: Collection[UUID]) -> Afterwards:
    """Return what removes the contents of a person's files, unless another file or its history has the same content."""
    history = history_of(Attachment).objects
    mine = history.filter(contact_id__in=contact_ids, deal_id__isnull=True).exclude(sha256="")
    kept = set(mine.values_list("sha256", flat=True))

    def remove() -> None:
        for sha256 in kept:
            if not Attachment.objects.filter(sha256=sha256).exists() and not history.filter(sha256=sha256).exists():
                blobs.delete(sha256)

    return remove
