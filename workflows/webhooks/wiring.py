"""Ties webhooks to the rest: undo, words, the settings menu, doctor."""

from collections.abc import Collection
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands, link_records, retire_with, stop_with
from crm.kernel.core import checkup, navigation
from crm.kernel.core.navigation import NavItem

from .models import WebhookEndpoint
from .services import queue, sending


def connect() -> None:
    """Called when the app is ready."""
    stop_with(queue.stop_deliveries_of)
    retire_with(WebhookEndpoint, _used, _retire)
    link_records({"webhookendpoint": "webhooks:endpoint"})
    checkup.add_check("Webhooks arrive", sending.problem)
    label_commands(
        {
            "webhooks.create": _("added a webhook"),
            "webhooks.edit": _("changed a webhook"),
            "webhooks.rotate": _("gave a webhook a new secret"),
            "webhooks.remove": _("removed a webhook"),
            "webhooks.queue": _("called a webhook"),
            "webhooks.redeliver": _("sent a webhook again"),
            "webhooks.cancel": _("stopped a webhook"),
            "webhooks.allow_host": _("allowed a host for webhooks"),
            "webhooks.forbid_host": _("forbade a host for webhooks"),
        }
    )
    navigation.register_settings(
        NavItem(
            "webhooks", _("Webhooks"), "webhooks:endpoints", "webhook", order=65, group=_("Automation"),
            visible=lambda user: user.may("settings"),
        )
    )  # fmt: skip


def _used(ids: Collection[UUID]) -> list[UUID]:
    """Return which endpoints an undo of their creation must keep: something was sent to them."""
    return list(
        WebhookEndpoint.objects.filter(pk__in=ids, deliveries__isnull=False).distinct().values_list("pk", flat=True)
    )


def _retire(ids: Collection[UUID]) -> None:
    """Take endpoints out of use."""
    WebhookEndpoint.objects.filter(pk__in=ids).update(archived_at=timezone.now(), active=False)
