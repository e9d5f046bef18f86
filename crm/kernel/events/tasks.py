"""Thin doors for Celery. Only this app calls `.delay` (ARCHITECTURE 4)."""

from celery import shared_task

from .drain import drain_outbox


@shared_task(ignore_result=True)
def drain() -> int:
    """Work off the outbox: sent after a commit."""
    return drain_outbox()


@shared_task(ignore_result=True)
def sweep() -> int:
    """Work off what no message announced: sent by beat, so a flushed broker or a killed worker loses nothing."""
    return drain_outbox()
