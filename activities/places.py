"""The records whose timelines we show: how they are found and where their pages are (ARCHITECTURE 6)."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from deals.models import Deal

from .models import Activity

MODELS: dict[str, Any] = {"contact": Contact, "company": Company, "deal": Deal}
# Records that files can be attached to.
HOLDERS: dict[str, Any] = {**MODELS, "activity": Activity}
FOLDERS = {"contact": "contacts", "company": "companies", "deal": "deals", "task": "tasks", "activity": "activities"}


def url_of(kind: str, pk: UUID) -> str:
    """Return the address of a record's page."""
    return f"/{FOLDERS[kind]}/{pk}/"


def get_record(kind: str, pk: UUID, actor: Actor) -> Any:
    """Return the live record of a kind, or raise Http404 if there is none that the actor may see (U3)."""
    if kind not in MODELS:
        raise Http404
    rows: QuerySet[Any] = MODELS[kind].objects.visible_to(actor).live()
    return get_object_or_404(rows, pk=pk)


def get_holder(kind: str, pk: UUID, actor: Actor) -> Any:
    """Return the live record or activity that files can be attached to, or raise Http404 (U3)."""
    if kind not in HOLDERS:
        raise Http404
    rows: QuerySet[Any] = HOLDERS[kind].objects.visible_to(actor).live()
    if kind == "activity":
        rows = rows.exclude(type=Activity.Type.SYSTEM)
    return get_object_or_404(rows, pk=pk)
