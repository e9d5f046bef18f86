"""Putting messages to other programs into the queue, stopping them and sending them again (W3, H2)."""

import json
import uuid
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.audit.registry import Stopped
from crm.kernel.core.changes import Actor, command, current_change
from crm.kernel.core.errors import Refused
from crm.kernel.core.ids import uuid7
from crm.kernel.events.tasks import run_later
from workflows.webhooks.models import Delivery, WebhookEndpoint

TASK = "workflows.webhooks.tasks.send_deliveries"
MOST_PAYLOAD = 256 * 1024  # bytes
State = Delivery.State


@command("webhooks.queue")
def queue_webhook(
    *, endpoint: WebhookEndpoint, payload: Mapping[str, Any], key: str, actor: Actor, topic: str = "rule.fired"
) -> Delivery:
    """Queue a message for an endpoint; the key's second call returns the same delivery (W3).

    `payload` is the data: ids and chosen fields, already limited to what the actor may see. Raises
    WebhookEndpoint.DoesNotExist for one that the actor may not see or that was removed, Refused for one that is switched
    off or a payload over 256 KB.
    """
    known = Delivery.objects.filter(key=key).first()
    if known is not None:
        return known
    found: WebhookEndpoint = WebhookEndpoint.objects.visible_to(actor).live().get(pk=endpoint.pk)
    if not found.active:
        raise Refused(_("The webhook “%(name)s” is switched off.") % {"name": found.name})
    plain = json.loads(json.dumps(payload, cls=DjangoJSONEncoder))
    if len(json.dumps(plain)) > MOST_PAYLOAD:
        raise Refused(_("The payload is larger than 256 KB."))
    change = current_change()
    now = timezone.now()
    delivery = Delivery(
        id=uuid7(),
        endpoint=found,
        key=key,
        message_id=f"msg_{uuid.uuid5(uuid.NAMESPACE_URL, f'crm:webhook:{key}').hex}",
        topic=topic[:60],
        payload=plain,
        by=actor.label[:200],
        changeset_id=change.id if change is not None else None,
        created_at=now,
        next_try_at=now,
    )
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)
    _wake()
    stored: Delivery = Delivery.objects.get(key=key)
    return stored


def _wake() -> None:
    transaction.on_commit(lambda: run_later(TASK), robust=True)


@command("webhooks.redeliver")
def redeliver(*, delivery_id: UUID, actor: Actor) -> Delivery:
    """Send a message again under its own id: one that failed, was stopped, or that the receiver has lost.

    Raises Delivery.DoesNotExist without the right to settings, Refused while it is being sent or its endpoint is gone.
    """
    delivery: Delivery = Delivery.objects.visible_to(actor).locked().get(pk=delivery_id)
    if delivery.state in (State.QUEUED, State.SENDING):
        raise Refused(_("It is on its way."))
    if not delivery.endpoint.active:
        raise Refused(_("The webhook “%(name)s” is switched off.") % {"name": delivery.endpoint.name})
    delivery.state, delivery.attempts, delivery.next_try_at = State.QUEUED, 0, timezone.now()
    delivery.save(update_fields=["state", "attempts", "next_try_at"])
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(paused_until=None)
    _wake()
    return delivery


@command("webhooks.cancel")
def cancel_delivery(*, delivery_id: UUID, actor: Actor) -> Delivery:
    """Stop a message that waits. Raises Delivery.DoesNotExist without the right to settings, Refused if it is too late."""
    delivery: Delivery = Delivery.objects.visible_to(actor).locked().get(pk=delivery_id)
    if delivery.state != State.QUEUED:
        raise Refused(_("It is too late to stop it."))
    delivery.state, delivery.next_try_at = State.CANCELLED, None
    delivery.save(update_fields=["state", "next_try_at"])
    return delivery


def stop_deliveries_of(changesets: Collection[UUID], actor: Actor) -> Stopped:
    """Stop the unsent messages that these change-sets queued, and say how many had arrived (H2)."""
    mine = Delivery.objects.filter(changeset_id__in=changesets)
    stopped = mine.unsent().update(state=State.CANCELLED, next_try_at=None)
    gone = mine.filter(state__in=(State.DELIVERED, State.SENDING)).count()
    said = ngettext("%(count)d webhook had been called", "%(count)d webhooks had been called", gone)
    return Stopped(stopped, [said % {"count": gone}] if gone else [])
