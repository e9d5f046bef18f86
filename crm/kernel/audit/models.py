"""Change-sets: one user command, who gave it and when (H1, H2). The rows that it changed are in the history tables."""

from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import ClockTimestamp
from crm.kernel.core.models import Rows


class Stands(models.Func):
    """Whether a change-set is in force: not undone, or undone and done again (H2)."""

    function = "audit_stands"
    output_field = models.BooleanField()


class ChangeSetQuerySet(Rows):
    """Query verbs for change-sets."""

    def undo_of(self, changeset_id: UUID) -> Self:
        """Return the change-sets that undid this one; an undo is itself a change-set (H2)."""
        return self.filter(undo_of_id=changeset_id)

    def with_state(self) -> Self:
        """Add `stands`: False for what is undone."""
        return self.annotate(stands=Stands("id"))

    def visible_to(self, who: Any) -> Self:
        """Return what a person may see: their own commands, all of them with the audit right."""
        return self.all() if who.may("audit") else self.filter(user_id=getattr(who, "pk", None) or who.id)


class ChangeSet(models.Model):
    """One command of one actor (H2). Written by the database at the command's first recorded write, never changed.

    `at` is business time, `recorded_at` the clock: they differ where history was dated back (H1).
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, editable=False)
    actor_kind = models.CharField(max_length=16, default="unattributed")
    user = models.ForeignKey("users.User", models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    label = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=16, blank=True)
    command = models.CharField(max_length=80, blank=True)
    summary = models.JSONField(default=dict)
    undo_of = models.ForeignKey("self", models.DO_NOTHING, null=True, db_constraint=False, related_name="undone_by")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    objects = ChangeSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("change-set")
        verbose_name_plural = _("change-sets")
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="changeset_recorded"),
            models.Index(fields=["user", "-recorded_at", "-id"], name="changeset_user"),
            models.Index(fields=["command", "-recorded_at", "-id"], name="changeset_command"),
            models.Index(fields=["source", "-recorded_at", "-id"], name="changeset_source"),
            models.Index(fields=["undo_of"], name="changeset_undo_of", condition=models.Q(undo_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.label or self.actor_kind}: {self.command or _('direct write')}"
