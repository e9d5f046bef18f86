"""Thin doors for Celery."""

from uuid import UUID

from celery import shared_task

from .imports import work


@shared_task(ignore_result=True)
def work_on_import(run_id: str) -> None:
    """Check, write or undo an import: sent when it is started."""
    work.work_on(UUID(run_id))


@shared_task(ignore_result=True)
def sweep_imports() -> int:
    """Go on with imports whose worker died: sent by beat."""
    return work.sweep()
