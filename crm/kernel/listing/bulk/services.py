"""What people do with bulk actions: begin, stop and resume them."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from crm.kernel.core.changes import Actor, command
from crm.kernel.listing.lists import list_named
from crm.kernel.listing.runs import check_resumable, hand_over, stop_run
from crm.kernel.listing.selection import Selection

from .models import BulkItem, BulkRun
from .registry import BulkAction, action_of
from .selection import freeze

WORK = "bulk"
INLINE = 50  # so many records are done while the person waits


def action_for(actor: Actor, kind: str, key: str) -> BulkAction:
    """Return an action; raises KeyError for an unknown one, PermissionDenied if the actor may not do it at all."""
    action = action_of(kind, key)
    if not action.visible(actor):
        raise PermissionDenied(f"{actor.label} may not {key} many {kind}.")
    return action


@command("bulk.begin")
def begin_bulk(
    *, actor: Actor, selection: Selection, action: str, params: dict[str, Any], quiet: bool = False
) -> BulkRun:
    """Write down what is to be done and to which records, and hand it to the worker.

    `params` are the form's fields as they were sent, lists by name, and must be valid. `quiet`: the caller works on it
    itself, at once. Raises PermissionDenied without the bulk right or the right to change any record of the kind (U2).
    """
    kind = list_named(selection.list).kind
    action_for(actor, kind, action)
    run = BulkRun(user=actor.user, kind=kind, action=action, params=params, selection=selection.to_json(), quiet=quiet)
    if not selection.all:
        run.frozen, run.rows_total = True, len(selection.ids)
    hand_over(run, WORK, actor)
    if run.frozen:
        freeze(run, actor)
    return run


def clean_up(now: dt.datetime | None = None) -> int:
    """Delete bulk actions that were over longer ago than they are kept, with their rows; return how many there were.

    What they did stays in the history, where it can be undone as before.
    """
    limit = (now or timezone.now()) - dt.timedelta(days=BulkRun.KEPT_DAYS)
    old = list(
        BulkRun.objects.filter(created_at__lt=limit).exclude(state__in=BulkRun.AT_WORK).values_list("pk", flat=True)
    )
    BulkItem.objects.filter(run__in=old).delete()
    BulkRun.objects.filter(pk__in=old).delete()
    return len(old)


def _mine(actor: Actor, run_id: UUID) -> BulkRun:
    run: BulkRun = BulkRun.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=run_id)
    return run


@command("bulk.stop")
def stop_bulk(*, actor: Actor, run_id: UUID) -> BulkRun:
    """Stop a bulk action after the records that are being changed; what is changed stays."""
    run = _mine(actor, run_id)
    stop_run(run)
    return run


@command("bulk.resume")
def resume_bulk(*, actor: Actor, run_id: UUID) -> BulkRun:
    """Go on with a stopped or failed bulk action after the last record that was done."""
    run = _mine(actor, run_id)
    if run.user_id != actor.id:
        raise PermissionDenied("Only whoever began it goes on with it: it runs with their rights.")
    check_resumable(run)
    action_for(actor, run.kind, run.action)
    hand_over(run, WORK, actor)
    return run
