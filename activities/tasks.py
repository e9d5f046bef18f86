"""Thin doors for Celery."""

from celery import shared_task

from .services import reminders


@shared_task(ignore_result=True)
def send_due_reminders() -> int:
    """Tell people of due tasks: sent by beat every half minute."""
    return reminders.send_due_reminders()
