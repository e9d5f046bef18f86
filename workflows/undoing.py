"""What an undo calls off: waits and retries of the runs that the undone set had caused, and of those they caused (H2)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.audit.registry import Stopped
from crm.kernel.core.changes import Actor
from crm.kernel.events.models import Event

from .engine.loading import keys_for
from .models import RuleState, Run

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
    """Cancel what the runs of these sets have not done yet, and say how many had already done something.

    Rules that heard of these sets forget whether their records are inside, and find out at the next event (W4): what had
    brought a record in, or taken it out, is taken back, and most rules do not listen to that.
    """
    events = Event.objects.filter(changeset_id__in=changeset_ids)
    names = events.order_by().values_list("name", flat=True).distinct()
    keys = {key for name in names for asked in keys_for(name) for key in asked}
    if keys:
        states = RuleState.objects.filter(record_id__in=events.values("subject_id"), rule__trigger__in=keys)
        states.delete()
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
