"""Purging: the one service that removes records for good, and the runs by which a worker calls it (R8)."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.core.changes import Actor, changeset, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.relations import ANY, relations_of
from crm.kernel.listing.pages import number
from crm.kernel.listing.runs import check_resumable, end, hand_over, hold, keep_lease, stop_run, take_lease
from crm.kernel.notifications.services import Note, notify

from .models import PurgeRun
from .registry import Purgeable, followers, purgeable, purgeables

WORK = "purge"
COMMAND = "records.purge"
DAYS = 30
BATCH = 200
ALL = "all"


@dataclass(slots=True)
class Purged:
    """How many records went, and how many others, by kind, along with them."""

    count: int = 0
    along: Counter[str] = field(default_factory=Counter)


def limit() -> dt.datetime:
    """Return the moment since before which a record must have been in the bin to be purged."""
    return timezone.now() - dt.timedelta(days=DAYS)


def kinds_named(name: str) -> Sequence[Purgeable]:
    """Return the kinds that a purge is of: one, or for `all` every one. Raises KeyError for an unknown name."""
    return purgeables() if name == ALL else [purgeable(name)]


def may_purge(kind: Purgeable, actor: Actor) -> bool:
    """Say whether the actor may purge a kind: the right to the settings, and to delete anybody's records of it (U2)."""
    return actor.may("settings") and actor.scope(kind.right, "delete").everything


def due(kind: Purgeable, actor: Actor, before: dt.datetime) -> Any:
    """Return what of a kind the actor may see in the bin since before then. Merged records are not in the bin: they go with
    the one they became part of."""
    rows: Any = kind.model._default_manager
    return rows.visible_to(actor).binned().filter(binned_at__lt=before)


@command("records.purge")
def purge_records(*, kind: str, ids: Collection[UUID], actor: Actor) -> Purged:
    """Remove records for good, with what means nothing without them (R8); what is not due, or not seen, stays.

    History stays (H1); no undo brings the records back (H2). Raises PermissionDenied without the rights of `may_purge`; then
    nothing is written.
    """
    known = purgeable(kind)
    if not may_purge(known, actor):
        raise PermissionDenied(f"{actor.label} may not purge {kind} records.")
    gone = set(due(known, actor, limit()).filter(pk__in=ids).locked().order_by("pk").values_list("pk", flat=True))
    done = Purged(len(gone))
    if not gone:
        return done
    if known.widen is not None:
        gone |= set(known.widen(gone))
    for follow in followers():
        done.along.update(follow(kind, gone))
    forget_names(kind, gone)
    if known.remove is not None:
        known.remove(gone)
    else:
        known.model._base_manager.filter(pk__in=gone).delete()
    return done


def forget_names(kind: str, ids: Collection[UUID]) -> None:
    """Remove rows that name the records by their id: places on lists, stars, visits, notifications, dismissals."""
    for relation in relations_of(kind):
        if isinstance(relation.model._meta.get_field(relation.column), models.ForeignKey):
            continue
        rows = relation.rows().filter(**{f"{relation.column}__in": ids})
        if relation.kind == ANY:
            rows = rows.filter(record_kind=kind)
        rows.delete()


# Runs -------------------------------------------------------------------------------------------------------------


@command("purge.begin")
def begin_purge(*, kind: str, count: int, actor: Actor) -> PurgeRun:
    """Have the worker purge what has been in the bin for 30 days; `count` is the number that the person has confirmed.

    Raises KeyError for an unknown kind, PermissionDenied without the rights to one of its kinds, Refused if there is
    nothing, or another number by now.
    """
    before = limit()
    found = 0
    for each in kinds_named(kind):
        if not may_purge(each, actor):
            raise PermissionDenied(f"{actor.label} may not purge {each.kind} records.")
        found += due(each, actor, before).count()
    if not found:
        raise Refused(_("Nothing has been in the bin for %(days)d days.") % {"days": DAYS})
    if found != count:
        words = _("It is %(count)d records. Type %(count)d to confirm.") % {"count": found}
        raise Refused(words, fields={"confirm": words})
    run = PurgeRun(user=actor.user, kind=kind, before=before, rows_total=found)
    hand_over(run, WORK, actor)
    return run


def _held(run_id: UUID, actor: Actor) -> PurgeRun:
    actor.require_flag("settings")
    run: PurgeRun = PurgeRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    return run


@command("purge.stop")
def stop_purge(*, run_id: UUID, actor: Actor) -> PurgeRun:
    """Stop a purge after the records that are being removed; what is gone stays gone."""
    run = _held(run_id, actor)
    stop_run(run)
    return run


@command("purge.resume")
def resume_purge(*, run_id: UUID, actor: Actor) -> PurgeRun:
    """Go on with a stopped or failed purge, with the rights that whoever began it has today."""
    run = _held(run_id, actor)
    check_resumable(run)
    hand_over(run, WORK, actor)
    return run


def perform(run: PurgeRun, batch: int = BATCH) -> None:
    """Purge to the end, batch by batch; each is a transaction of its own with how far the run is."""
    lease = take_lease(run)
    actor = Actor.of(run.user, source="worker")
    try:
        for kind in kinds_named(run.kind):
            while _batch(run, lease, kind, actor, batch):
                pass
    except PermissionDenied:
        end(run, lease, PurgeRun.State.FAILED, error=_("The right to purge these records is gone."))
        return
    with transaction.atomic():
        end(run, lease, PurgeRun.State.DONE, rows_total=run.rows_done)
        notify([_done_note(run)])


def _batch(run: PurgeRun, lease: UUID, kind: Purgeable, actor: Actor, size: int) -> int:
    """Purge the next records; return how many."""
    with changeset(actor, COMMAND, id=run.changeset_id, summary={"run": str(run.pk), "kind": run.kind}):
        hold(run, lease)
        ids = list(due(kind, actor, run.before).order_by("pk").values_list("pk", flat=True)[:size])
        if not ids:
            return 0
        done = purge_records(kind=kind.kind, ids=ids, actor=actor)
        run.rows_done += done.count
        purged = Counter(run.counts.get("purged", {})) + Counter({kind.kind: done.count})
        run.counts = {"purged": purged, "along": Counter(run.counts.get("along", {})) + done.along}
        keep_lease(run, lease, rows_done=run.rows_done, counts=run.counts)
    return done.count


def _done_note(run: PurgeRun) -> Note:
    """Return what the bell says at the end."""
    words = ngettext("%(count)s record purged", "%(count)s records purged", run.rows_done)
    return Note(
        user_id=run.user_id, topic="purge_done", text=words % {"count": number(run.rows_done)}, key=f"purge:{run.pk}",
        record_kind=WORK, record_id=run.pk,
    )  # fmt: skip
