"""What the bell shows: one row per person and thing to know."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import Keyed, Rows


class NotificationQuerySet(Rows):
    """Query verbs for notifications."""

    def visible_to(self, who: object) -> Self:
        """Return one's own only."""
        return self.filter(user_id=getattr(who, "pk", None) or who.id)  # type: ignore[attr-defined]

    def unread(self) -> Self:
        """Return what has not been looked at."""
        return self.filter(read_at__isnull=True)


class Notification(Keyed):
    """What a person is told: an assignment, a mention, a reminder. `key` makes a second delivery do nothing (W3)."""

    kind: ClassVar[str] = "notification"

    user = models.ForeignKey("users.User", models.CASCADE, related_name="notifications")
    topic = models.CharField(max_length=30)
    text = models.CharField(max_length=300)
    record_kind = models.CharField(max_length=20, blank=True)
    record_id = models.UUIDField(null=True)
    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notification_user"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.text
