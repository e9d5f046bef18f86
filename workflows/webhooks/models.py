"""Endpoints, deliveries to them, and hosts inside the network that an admin allows."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows


class EndpointQuerySet(Rows):
    """Query verbs for endpoints."""

    def visible_to(self, who: Any) -> Self:
        """Return all to whoever makes rules or changes the settings, nothing to others."""
        return self if who.may("settings") or who.may("rules") else self.none()

    def live(self) -> Self:
        """Return those that have not been removed."""
        return self.filter(archived_at__isnull=True)


@tracked()
class WebhookEndpoint(Keyed):
    """An address of another program that rules may call. Its secret signs what is sent and is shown once.

    After a rotation the old secret signs besides the new one until `old_until`. `paused_until` spares an endpoint that
    fails: one attempt at a time, further and further apart.
    """

    kind: ClassVar[str] = "webhookendpoint"
    derived: ClassVar[tuple[str, ...]] = (
        "sealed_secret", "sealed_old_secret", "old_until", "failures", "paused_until", "last_success_at",
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=120)
    url = models.CharField(_("address"), max_length=2000)
    active = models.BooleanField(_("active"), default=True)
    archived_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sealed_secret = models.TextField(editable=False)
    sealed_old_secret = models.TextField(blank=True, editable=False)
    old_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may see it (rules) or change it (settings)."""
        return actor.may("settings") or (verb == "view" and actor.may("rules"))


class DeliveryQuerySet(Rows):
    """Query verbs for deliveries."""

    def visible_to(self, who: Any) -> Self:
        """Return all to whoever may change the settings: payloads hold values of any record."""
        return self if who.may("settings") else self.none()

    def unsent(self) -> Self:
        """Return what waits and can still be stopped."""
        return self.filter(state=Delivery.State.QUEUED)


class Delivery(Keyed):
    """One message to an endpoint. `key` makes a second queueing do nothing; the receiver knows it by `message_id` (W3).

    `attempts_made` tells each try: when, what came back, how long it took. Not history: a delivery is no record, and what
    has arrived is deleted after 30 days.
    """

    class State(models.TextChoices):
        """Where a delivery is."""

        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    MAX_ATTEMPTS: ClassVar[int] = 9
    KEPT_DAYS: ClassVar[int] = 30
    kind: ClassVar[str] = "webhookdelivery"

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=200, unique=True)
    message_id = models.CharField(max_length=60)
    topic = models.CharField(_("topic"), max_length=60)
    payload = models.JSONField(_("payload"), default=dict)
    by = models.CharField(max_length=200, blank=True)
    changeset_id = models.UUIDField(null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("queued"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    excerpt = models.TextField(_("answer"), blank=True)
    error = models.TextField(_("error"), blank=True)
    duration_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    attempts_made = models.JSONField(default=list)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="delivery_due", condition=Q(state__in=("queued", "sending"))
            ),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="delivery_endpoint"),
            models.Index(fields=["changeset_id"], name="delivery_set"),
            models.Index(fields=["finished_at"], name="delivery_finished", condition=Q(state="delivered")),
        ]

    def __str__(self) -> str:
        return self.message_id


class AllowedHostQuerySet(Rows):
    """Query verbs for allowed hosts."""

    def visible_to(self, who: Any) -> Self:
        """Return all to whoever may change the settings."""
        return self if who.may("settings") else self.none()


@tracked()
class AllowedHost(Keyed):
    """A host inside the network that webhooks may reach all the same, by its name as it stands in the address."""

    kind: ClassVar[str] = "allowedhost"

    host = models.CharField(_("host"), max_length=253, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AllowedHostQuerySet.as_manager()

    class Meta:
        ordering = ["host"]
        verbose_name = _("allowed host")
        verbose_name_plural = _("allowed hosts")

    def __str__(self) -> str:
        return self.host
