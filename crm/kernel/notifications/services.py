"""Telling people things, and noting what they have looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from crm.kernel.core.changes import Actor, business_time, command

from .models import Notification


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One thing to tell one person. `key` is stable: a second delivery of it to the same person does nothing (W3)."""

    user_id: UUID
    topic: str
    text: str
    key: str
    record_kind: str = ""
    record_id: UUID | None = None


def notify(notes: Sequence[Note]) -> None:
    """Store notifications in the open transaction; those whose key is known are left alone (W3)."""
    Notification.objects.bulk_create(
        [
            Notification(
                user_id=note.user_id,
                topic=note.topic,
                text=note.text[:300],
                record_kind=note.record_kind,
                record_id=note.record_id,
                key=f"{note.key}:{note.user_id}",
                at=business_time(),
            )
            for note in notes
        ],
        ignore_conflicts=True,
    )


@command("notifications.read")
def mark_read(*, actor: Actor, notification_id: UUID | None = None) -> int:
    """Note that the actor has looked at one of their notifications, or at all of them; return how many were new.

    Raises DoesNotExist for somebody else's.
    """
    mine = Notification.objects.visible_to(actor)
    if notification_id is not None:
        mine = mine.filter(pk=mine.get(pk=notification_id).pk)
    return int(mine.unread().update(read_at=timezone.now()))
