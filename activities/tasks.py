"""Thin doors for Celery."""

from celery import shared_task

from .mail.services.sending import send_due_mails
from .services import files, reminders


@shared_task(ignore_result=True)
def send_due_reminders() -> int:
    """Tell people of due tasks: sent by beat every half minute."""
    return reminders.send_due_reminders()


@shared_task(ignore_result=True)
def cleanup_files() -> int:
    """Remove contents that no file and no history needs: sent by beat four times a day."""
    return files.cleanup_files()


@shared_task(ignore_result=True)
def send_mails() -> int:
    """Send mails that are due: woken after a commit, and sent by beat every ten seconds."""
    return send_due_mails()
