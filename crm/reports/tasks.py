"""Thin doors for Celery."""

from celery import shared_task

from .mailing import send_due_report_mails


@shared_task(ignore_result=True)
def send_report_mails() -> int:
    """Queue reports that are due by mail: sent by beat every ten minutes."""
    return send_due_report_mails()
