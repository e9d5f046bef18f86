"""Thin doors for Celery."""

from uuid import UUID

from celery import shared_task

from .services import jobs


@shared_task(ignore_result=True)
def work_on_field_job(job_id: str) -> None:
    """Convert, index or find values of a custom field: sent when it is asked for."""
    jobs.work_on(UUID(job_id))


@shared_task(ignore_result=True)
def sweep_field_jobs() -> int:
    """Go on with jobs whose worker died: sent by beat."""
    return jobs.sweep()
