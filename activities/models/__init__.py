"""Activities, tasks and the timeline."""

from .activity import Activity, ActivityContact, ActivityMention
from .task import Task

__all__ = ["Activity", "ActivityContact", "ActivityMention", "Task"]
