"""Work on all values of a field. Little is done at once, much by the worker, in batches that each commit (C2).

A job that fails or loses its worker goes on behind the last record done: converting a value twice changes nothing.
"""

import datetime as dt
import json
import logging
from typing import Any
from uuid import UUID

from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, changeset, command, current_change
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.conversion import KEEP, Conversion
from crm.kernel.customfields.events import FieldJobReady
from crm.kernel.customfields.models import CustomField, FieldJob, customised
from crm.kernel.customfields.registry import refreshers
from crm.kernel.customfields.types import REGISTRY
from crm.kernel.events.bus import publish

log = logging.getLogger(__name__)
BATCH = 2000
AT_ONCE = 500  # records whose values are changed while the person waits
LEASE = dt.timedelta(minutes=5)
LOCK_WAIT = "10s"  # an index that cannot begin by then is tried again by the sweep

ROWS = """
SELECT id, custom -> %(key)s FROM {table} WHERE custom ? %(key)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id LIMIT %(limit)s
"""
WRITE = """
UPDATE {table} t SET version = version + 1, updated_at = now(),
    custom = CASE WHEN m.value IS NULL THEN t.custom - %(key)s
        ELSE jsonb_set(t.custom, ARRAY[%(key)s], m.value) END
FROM unnest(%(ids)s::uuid[], %(values)s::jsonb[]) AS m(id, value) WHERE t.id = m.id
"""


def start_job(field: CustomField, task: str, actor: Actor, plan: dict[str, Any] | None = None) -> FieldJob | None:
    """Begin work on a field's values: at once where few records hold one, else by the worker. None if nothing is to do."""
    if task == FieldJob.Task.INDEX and _index_is_right(field):
        return None
    if task == FieldJob.Task.SEARCH and not REGISTRY[field.type].searched:
        return None
    total = 0
    if task != FieldJob.Task.INDEX:
        total = customised(field.record_kind).objects.filter(custom__has_key=field.key).count()
        if total == 0:
            return None
    change = current_change()
    job = FieldJob.objects.create(
        field_id=field.pk, task=task, plan=plan or {}, total=total, user=actor.user,
        changeset_id=change.id if change is not None else None,
    )  # fmt: skip
    if task != FieldJob.Task.INDEX and total <= AT_ONCE:
        _work(job, field)
    else:
        publish(FieldJobReady(subject_id=job.pk), actor=actor)
    return job


def _index_is_right(field: CustomField) -> bool:
    wanted = field.sortable and field.removed_at is None and REGISTRY[field.type].indexable
    return not wanted and field.indexed_at is None


def work_on(job_id: UUID) -> None:
    """Do a job unless another worker does; whatever goes wrong is kept with it."""
    job = _take(job_id)
    if job is None:
        return
    field = CustomField.objects.filter(pk=job.field_id).first()
    if field is None:
        _end(job, FieldJob.State.DONE)
        return
    try:
        _work(job, field)
    except OperationalError:
        log.info("job %s on a custom field could not get its locks and waits", job_id)
        FieldJob.objects.filter(pk=job.pk).update(state=FieldJob.State.WAITING, leased_until=None)
    except Exception:
        log.exception("job %s on a custom field failed", job_id)
        words = _("Something went wrong. Go on takes it up where it stopped.")
        _end(job, FieldJob.State.FAILED, error=words)
        raise


def _take(job_id: UUID) -> FieldJob | None:
    """Return a job under a lease of ours, None if it is done or another worker's."""
    now = timezone.now()
    free = FieldJob.objects.abandoned().filter(pk=job_id)
    taken = free.update(state=FieldJob.State.RUNNING, leased_until=now + LEASE, error="")
    return FieldJob.objects.select_related("user__role", "user__team").get(pk=job_id) if taken else None


def _work(job: FieldJob, field: CustomField) -> None:
    if job.task == FieldJob.Task.INDEX:
        _index(field)
    else:
        while _batch(job, field):
            if FieldJob.objects.filter(pk=job.pk, state=FieldJob.State.STOPPED).exists():
                return
    _end(job, FieldJob.State.DONE)


def _end(job: FieldJob, state: str, error: str = "") -> None:
    job.state, job.error, job.finished_at, job.leased_until = state, error, timezone.now(), None
    job.save(update_fields=["state", "error", "finished_at", "leased_until"])


def _batch(job: FieldJob, field: CustomField) -> bool:
    """Do the next records and say whether there may be more."""
    table = connection.ops.quote_name(customised(field.record_kind)._meta.db_table)
    limit = {"key": field.key, "after": job.position, "limit": BATCH}
    lock = " FOR NO KEY UPDATE" if job.task == FieldJob.Task.CONVERT else ""
    with changeset(_actor_of(job), "fields.convert", id=job.changeset_id), connection.cursor() as cursor:
        cursor.execute(ROWS.format(table=table) + lock, limit)
        rows = [(pk, json.loads(raw) if isinstance(raw, str) else raw) for pk, raw in cursor.fetchall()]
        ids = found = [pk for pk, _value in rows]
        if job.task == FieldJob.Task.CONVERT:
            conversion = Conversion(field, job.plan)
            changed = {pk: new for pk, value in rows if (new := conversion.convert(value)) is not KEEP}
            values = [None if new is None else json.dumps(new) for new in changed.values()]
            cursor.execute(WRITE.format(table=table), {"key": field.key, "ids": list(changed), "values": values})
            found = list(changed) if conversion.old.searched or conversion.new.searched else []
        if found:
            refreshers[field.record_kind](found)
        if ids:
            job.position = ids[-1]
        job.done += len(ids)
        job.leased_until = timezone.now() + LEASE
        job.save(update_fields=["position", "done", "leased_until"])
    return len(ids) == BATCH


def _actor_of(job: FieldJob) -> Actor:
    if job.user is None:
        return Actor.system("custom fields")
    return Actor(kind="user", user=job.user, label=str(job.user), source="worker")


def _index(field: CustomField) -> None:
    """Build the index of a field that is to be sorted fast, drop that of one that is not."""
    kind = REGISTRY[field.type]
    table = customised(field.record_kind)._meta.db_table
    wanted = field.sortable and field.removed_at is None and kind.indexable
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
        cursor.execute("SELECT crm_drop_custom_index(%s::regclass, %s)", [table, field.key])
        if wanted:
            cursor.execute("SELECT crm_build_custom_index(%s::regclass, %s, %s)", [table, field.key, kind.reads])
        CustomField.objects.filter(pk=field.pk).update(indexed_at=timezone.now() if wanted else None)


def sweep() -> int:
    """Take up every job that no worker holds although it should be at work; return how many there were."""
    waiting = list(FieldJob.objects.abandoned().order_by("created_at").values_list("pk", flat=True))
    for job_id in waiting:
        try:
            work_on(job_id)
        except DatabaseError:
            log.warning("job %s on a custom field failed in the sweep", job_id)
    return len(waiting)


@command("fields.stop")
def stop_job(*, job_id: UUID, actor: Actor) -> FieldJob:
    """Stop work on values after its present batch; what is done stays done, and it can go on later."""
    actor.require_flag("settings")
    job = FieldJob.objects.select_for_update().get(pk=job_id)
    if job.state not in (FieldJob.State.WAITING, FieldJob.State.RUNNING):
        raise Refused(_("It is not running."))
    job.state, job.leased_until = FieldJob.State.STOPPED, None
    job.save(update_fields=["state", "leased_until"])
    return job


@command("fields.resume")
def resume_job(*, job_id: UUID, actor: Actor) -> FieldJob:
    """Go on with work that was stopped or failed, behind the last record done."""
    actor.require_flag("settings")
    job = FieldJob.objects.select_for_update().get(pk=job_id)
    if job.state not in (FieldJob.State.STOPPED, FieldJob.State.FAILED):
        raise Refused(_("It cannot go on."))
    job.state, job.leased_until = FieldJob.State.WAITING, None
    job.save(update_fields=["state", "leased_until"])
    publish(FieldJobReady(subject_id=job.pk), actor=actor)
    return job
