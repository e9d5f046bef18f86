"""Thin doors for Celery. Only this app calls `.delay` (ARCHITECTURE 4)."""

from typing import Any

from celery import current_app, shared_task

from .drain import drain_outbox


@shared_task(ignore_result=True)
def drain() -> int:
    """Work off the outbox: sent after a commit."""
    return drain_outbox()


@shared_task(ignore_result=True)
def sweep() -> int:
    """Work off what no message announced: sent by beat, so a flushed broker or a killed worker loses nothing."""
    return drain_outbox()


def run_later(task: str, *args: Any) -> None:
    """Send a task by its name to a worker: for consumers whose work is too long for an event's transaction.

    The message may be lost or come twice, so the task must find its work in the database, under a lease of its own.
    """
    current_app.send_task(task, args=args)
