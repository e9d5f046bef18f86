"""How activities and tasks follow people and companies that become one (M3)."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import ngettext

from crm.kernel.core import relations
from crm.kernel.core.changes import Actor
from crm.kernel.core.relations import Relation, move_once

from .models import Activity, ActivityContact, Attachment, Task


def register() -> None:
    """Declare the references of activities and tasks to contacts and companies."""
    relations.declare(
        ActivityContact, "contact", "contact", move=move_once("activity_id"), words=_activities, tally=_tally
    )
    relations.declare(Activity, "company", "company", words=_activities)
    for field in ("contact", "company"):
        relations.declare(Task, field, field, words=_tasks)
        relations.declare(Attachment, field, field, words=_files)


def _activities(count: int) -> str:
    return ngettext("%d activity", "%d activities", count) % count


def _tasks(count: int) -> str:
    return ngettext("%d task", "%d tasks", count) % count


def _files(count: int) -> str:
    return ngettext("%d file", "%d files", count) % count


def _tally(relation: Relation, actor: Actor, ids: Collection[UUID]) -> int:
    """Count the activities with these people; whoever may see somebody sees what was done with them (U3)."""
    links = ActivityContact.objects.filter(contact__in=list(ids)).values("activity")
    return int(Activity.objects.live().filter(pk__in=links).exclude(type=Activity.Type.SYSTEM).count())
