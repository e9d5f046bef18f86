"""The files of a record, as its page shows them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor

from .files.sniffing import IMAGES
from .models import Activity, Attachment
from .places import url_of

SHOWN = 50
# Larger pictures are not fetched only to be shown small.
PREVIEW_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class FileLine:
    """One file of the list."""

    pk: UUID
    name: str
    size: str
    at: Any
    who: str
    picture: bool
    changeable: bool


def line_of(file: Attachment, actor: Actor) -> FileLine:
    """Return the line of a file; what may be done with it is asked of the actor's scopes, not of the database."""
    return FileLine(
        file.pk,
        file.name,
        formats.bytes_words(file.size),
        file.created_at,
        file.uploaded_by.name if file.uploaded_by else "",
        file.content_type in IMAGES and file.size <= PREVIEW_BYTES,
        bool(actor.scope("activity", "edit").covers(file.uploaded_by_id)),
    )


def files_of(record: Any, actor: Actor) -> Any:
    """Return the live files of a record that one may see: of a deal, contact or activity all, of a company some (U3)."""
    rows = Attachment.objects.live().of(record)
    if record.kind == "company":
        rows = rows.visible_to(actor)
    return rows.select_related("uploaded_by").order_by("-created_at", "-pk")


def files_panel(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Return the files of a record and where to send new ones; one query."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = list(files_of(record, actor)[: SHOWN + 1])
    may_add = not actor.scope("activity", "edit").nothing
    if record.kind == Activity.kind:
        may_add = actor.can("edit", record)
    return {
        "files": [line_of(file, actor) for file in rows[:SHOWN]],
        "files_count": f"{SHOWN}+" if len(rows) > SHOWN else str(len(rows)) if rows else "",
        "files_url": reverse("activities:files", args=[record.kind, record.pk]),
        "files_back": url_of(record.kind, record.pk),
        "files_addable": may_add,
        "files_most": settings.FILES_MAX_BYTES,
        "files_most_words": formats.bytes_words(settings.FILES_MAX_BYTES),
    }
