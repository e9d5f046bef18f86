"""Thin doors for Celery."""

from uuid import UUID

from celery import shared_task

from . import runs
from .bulk.services import clean_up as clean_up_bulk
from .exports.engine import clean_up
from .imports import keeping, work
from .purging import offers


@shared_task(ignore_result=True)
def work_on_import(run_id: str) -> None:
    """Check, write or undo an import: sent when it is started."""
    work.work_on(UUID(run_id))


@shared_task(ignore_result=True)
def sweep_imports() -> int:
    """Go on with imports whose worker died: sent by beat."""
    return work.sweep()


@shared_task(ignore_result=True)
def work_on_run(name: str, run_id: str) -> None:
    """Work on a bulk action or an export: sent when it is begun."""
    runs.work_on(name, UUID(run_id))


@shared_task(ignore_result=True)
def sweep_runs() -> int:
    """Go on with runs whose worker died: sent by beat."""
    return runs.sweep()


@shared_task(ignore_result=True)
def clean_up_runs() -> int:
    """Delete exports, bulk actions and uploaded files that have been kept long enough, with their rows: sent by beat."""
    return clean_up() + clean_up_bulk() + keeping.clean_up()


@shared_task(ignore_result=True)
def offer_purge() -> int:
    """Tell admins what has been in the bin for 30 days: sent by beat once a day, told once a month."""
    return offers.offer_purge()
