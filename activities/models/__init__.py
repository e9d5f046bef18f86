"""Activities, tasks and the timeline."""

from .activity import Activity, ActivityContact, ActivityMention
from .attachment import Attachment
from .task import Task

# isort: split
from activities.mail.models import EmailTemplate, MailBlock, OutgoingMail

__all__ = [
    "Activity",
    "ActivityContact",
    "ActivityMention",
    "Attachment",
    "EmailTemplate",
    "MailBlock",
    "OutgoingMail",
    "Task",
]
