"""Thin doors for Celery."""

from celery import shared_task

from .engine import due, times
from .services import trials


@shared_task(ignore_result=True)
def work() -> int:
    """Go on with runs that are due: sent when something is to start at once, and by beat every few seconds."""
    return due.work_due_runs()


@shared_task(ignore_result=True)
def look() -> int:
    """Fill in the due times of new rules, look at the records that are due, and start what they set off: sent by beat."""
    times.fill_in()
    seen = due.work_due_times()
    due.work_due_runs()
    return seen


@shared_task(ignore_result=True)
def clean_up() -> int:
    """Delete dry runs that have been kept long enough: sent by beat."""
    return trials.clean_up_trials()
