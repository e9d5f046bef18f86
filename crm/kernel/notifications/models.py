"""What people are told, by which ways they want to be told it, and when the next digest is due."""

import datetime as dt
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows


class ByMail(models.TextChoices):
    """Whether and when something is told by e-mail."""

    OFF = "off", _("No e-mail")
    DIGEST = "digest", _("Once a day, in the morning")
    AT_ONCE = "at_once", _("At once")


class NotificationQuerySet(Rows):
    """Query verbs for notifications."""

    def visible_to(self, who: object) -> Self:
        """Return one's own only."""
        return self.filter(user_id=getattr(who, "pk", None) or who.id)  # type: ignore[attr-defined]

    def in_app(self) -> Self:
        """Return what the bell shows: what the person wants to be told there."""
        return self.filter(in_app=True)

    def unread(self) -> Self:
        """Return what has not been looked at."""
        return self.filter(read_at__isnull=True)


class Notification(Keyed):
    """What a person is told: an assignment, a mention, a reminder. `key` makes a second delivery do nothing (W3).

    `by_mail` says how it goes out besides, from `mail_due_at` on if at once; `mailed_at` that it is settled: sent, or read
    before, or not to be seen any more.
    """

    kind: ClassVar[str] = "notification"

    user = models.ForeignKey("users.User", models.CASCADE, related_name="notifications")
    topic = models.CharField(max_length=30)
    text = models.CharField(max_length=300)
    record_kind = models.CharField(max_length=20, blank=True)
    record_id = models.UUIDField(null=True)
    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    in_app = models.BooleanField(default=True)
    by_mail = models.CharField(max_length=8, choices=ByMail.choices, default=ByMail.OFF)
    mail_due_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notification_user"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at__isnull=True)),
            models.Index(
                fields=["mail_due_at"],
                name="notification_mail_due",
                condition=Q(by_mail="at_once", mailed_at__isnull=True),
            ),
            models.Index(
                fields=["user", "at"],
                name="notification_digest",
                condition=Q(by_mail="digest", mailed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class OwnRows(Rows):
    """Query verbs for what a person has set for themselves."""

    def visible_to(self, who: object) -> Self:
        """Return one's own only."""
        return self.filter(user_id=getattr(who, "pk", None) or who.id)  # type: ignore[attr-defined]


@tracked()
class NotificationChoice(Keyed):
    """How one person wants to be told of one kind of thing; without a row the topic's own defaults hold."""

    kind: ClassVar[str] = "notificationchoice"

    user = models.ForeignKey("users.User", models.CASCADE, related_name="+")
    topic = models.CharField(max_length=30)
    in_app = models.BooleanField(_("in the product"), default=True)
    by_mail = models.CharField(_("by e-mail"), max_length=8, choices=ByMail.choices, default=ByMail.OFF)

    objects = OwnRows.as_manager()

    class Meta:
        verbose_name = _("notification setting")
        verbose_name_plural = _("notification settings")
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="notificationchoice_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.topic}"


@tracked()
class QuietHours(Keyed):
    """When one person gets no e-mail at once: between two times of their day, over midnight too, and on days off."""

    kind: ClassVar[str] = "quiethours"

    user = models.OneToOneField("users.User", models.CASCADE, related_name="+")
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    days_off = models.BooleanField(_("on days off"), default=False)

    objects = OwnRows.as_manager()

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True) | Q(starts__isnull=False, ends__isnull=False),
                name="quiethours_both_or_neither",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.starts}-{self.ends}"


class Digest(models.Model):
    """When a person's next digest is due, empty while there is nothing to tell, and for which of their days the last was.

    `last_on` is what makes it one a day, whatever zone the person travels to and however often beat ticks.
    """

    HOUR: ClassVar[dt.time] = dt.time(8)
    kind: ClassVar[str] = "digest"

    user = models.OneToOneField("users.User", models.CASCADE, primary_key=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    last_on = models.DateField(null=True)

    objects = OwnRows.as_manager()

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        indexes = [models.Index(fields=["due_at"], name="digest_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.due_at}"
