"""Thin doors for Celery."""

from celery import shared_task

from .services.duplicates import finding


@shared_task(ignore_result=True)
def find_duplicates() -> int:
    """Compare records that were written: sent after a commit and by beat."""
    return finding.check_waiting()
