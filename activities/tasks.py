"""Thin doors for Celery."""

from celery import shared_task

from .services import files, reminders


@shared_task(ignore_result=True)
def send_due_reminders() -> int:
    """Tell people of due tasks: sent by beat every half minute."""
    return reminders.send_due_reminders()


@shared_task(ignore_result=True)
def cleanup_files() -> int:
    """Remove contents that no file and no history needs: sent by beat four times a day."""
    return files.cleanup_files()
