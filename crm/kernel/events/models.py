"""The outbox: events stored in the transaction of the change that caused them (W2)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import ClockTimestamp
from crm.kernel.core.models import Rows


class OutboxQuerySet(Rows):
    """Query verbs for the outbox."""

    def waiting(self) -> "OutboxQuerySet":
        """Return events that no worker has finished or given up."""
        return self.filter(processed_at__isnull=True, failed_at__isnull=True)


class Event(models.Model):
    """Something that happened to a record. Holds ids and field names; values come from history when shown (W2).

    `cause` and `depth` are the chain that led here (W5). A worker claims an event under a lease; each consumer that has
    done its part is named in `done`, so a second delivery does nothing twice. `at` is business time, `recorded_at` the clock:
    they are one and the same only where the sample workspace tells of the past.
    """

    MAX_ATTEMPTS: ClassVar[int] = 8

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    data = models.JSONField(default=dict)
    changeset_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    source = models.CharField(max_length=16, blank=True)
    cause_id = models.BigIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    done = models.JSONField(default=list)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(
                fields=["id"],
                name="event_waiting",
                condition=models.Q(processed_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["subject_id", "-id"], name="event_subject"),
            models.Index(fields=["changeset_id"], name="event_changeset"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_id}"
