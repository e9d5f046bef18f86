"""Thin doors for Celery."""

from celery import shared_task

from .services import sending


@shared_task(ignore_result=True)
def send_deliveries() -> int:
    """Deliver what is due: woken after a commit, and sent by beat every five seconds."""
    return sending.send_due_deliveries()


@shared_task(ignore_result=True)
def clean_up_deliveries() -> int:
    """Delete old deliveries: sent by beat once an hour."""
    return sending.clean_up()
