"""Activities, tasks and the timeline."""

from .activity import Activity, ActivityContact, ActivityMention
from .attachment import Attachment
from .task import Task

__all__ = ["Activity", "ActivityContact", "ActivityMention", "Attachment", "Task"]
