"""What a person looked at lately and what they starred."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import Keyed


class RecordMark(Keyed):
    """A person's mark on a record, by kind and id: the record itself decides whether they may still see it."""

    user = models.ForeignKey("users.User", models.CASCADE, related_name="+")
    record_kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class RecentView(RecordMark):
    """A record that the person opened; the latest 50 are kept."""

    kind: ClassVar[str] = "recentview"
    KEPT: ClassVar[int] = 50

    class Meta:
        verbose_name = _("recently viewed record")
        verbose_name_plural = _("recently viewed records")
        constraints = [models.UniqueConstraint(fields=["user", "record_kind", "record_id"], name="recentview_once")]
        indexes = [models.Index(fields=["user", "-at"], name="recentview_user")]

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"


class Favourite(RecordMark):
    """A record that the person starred."""

    kind: ClassVar[str] = "favourite"

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        constraints = [models.UniqueConstraint(fields=["user", "record_kind", "record_id"], name="favourite_once")]
        indexes = [models.Index(fields=["user", "at"], name="favourite_user")]

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"
