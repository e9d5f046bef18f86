"""The project: settings, addresses, processes. Importing it makes the Celery application known to `shared_task`."""

from .celery import app as celery_app

__all__ = ["celery_app"]
