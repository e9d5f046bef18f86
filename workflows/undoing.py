"""What an undo calls off: waits and retries of the runs that the undone set had caused, and of those they caused (H2)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.audit.registry import Stopped
from crm.kernel.core.changes import Actor

from .models import Run

DEEPEST = 10


def caused(changeset_id: UUID) -> Collection[UUID]:
    """Return the change-sets of the runs that a change-set set off, directly or over others (W5)."""
    found: set[UUID] = set()
    new = {changeset_id}
    for _depth in range(DEEPEST):
        rows = Run.objects.filter(caused_by_set__in=new, changeset_id__isnull=False)
        new = set(rows.values_list("changeset_id", flat=True)) - found - {changeset_id}
        if not new:
            break
        found |= new
    return found


def call_off(changeset_ids: Collection[UUID], actor: Actor) -> Stopped:
    """Cancel what the runs of these sets have not done yet, and say how many had already done something."""
    runs = Run.objects.filter(Q(caused_by_set__in=changeset_ids) | Q(changeset_id__in=changeset_ids))
    count = runs.pending().update(
        state=Run.State.CANCELLED, cause="undone", reason=_("What set it off was undone."), due_at=None,
        finished_at=timezone.now(),
    )  # fmt: skip
    done = Run.objects.filter(caused_by_set__in=changeset_ids, position__gt=0).count()
    words = ngettext(
        "%(count)d rule had already acted; what it did stays.",
        "%(count)d rules had already acted; what they did stays.",
        done,
    )
    return Stopped(count, [words % {"count": done}] if done else [])
