"""Thin doors for Celery."""

from celery import shared_task

from .services import mailing


@shared_task(ignore_result=True)
def send_notices() -> int:
    """Send notifications that go out at once: woken after a commit, and sent by beat every half minute."""
    return mailing.send_due_notices()


@shared_task(ignore_result=True)
def send_digests() -> int:
    """Send the digests whose morning has come: sent by beat every minute."""
    return mailing.send_due_digests()
