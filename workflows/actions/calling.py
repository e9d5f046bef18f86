"""The action that calls a webhook: ids, and the chosen fields as the rule's actor may see them (W1, W3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from workflows.conditions import RuleContext, plain
from workflows.fields import RuleField, field_named, fields_of
from workflows.options import Option
from workflows.webhooks.models import WebhookEndpoint
from workflows.webhooks.services.queue import queue_webhook

from .base import Action, Drafted, Performing, Plan


def endpoints(kind: str, actor: Actor | None) -> list[tuple[str, str]]:
    """Return the endpoints that rules may call."""
    rows = WebhookEndpoint.objects.live().filter(active=True).order_by("name")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def _fields(kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
    return [(each.key, each.label) for each in fields_of(kind, actor)] if kind else []


class CallWebhook(Action):
    """Tell another program: once, under the step's key, which its receiver can check."""

    key = "call_webhook"
    label = gettext_lazy("Call a webhook")
    icon = "webhook"
    changes_records = False
    options = (
        Option(key="endpoint", label=gettext_lazy("Webhook"), type="named", required=True, choices=endpoints),
        Option(key="fields", label=gettext_lazy("Fields to send"), type="fields", choices=_fields),
    )

    def check(self, drafted: Drafted) -> None:
        """Webhooks belong to holders of the right to rules; whoever may not export sends no more than ids (U2)."""
        actor = drafted.context.actor
        if not actor.may("rules") and not actor.may("settings"):
            drafted.fail("endpoint", _("Calling webhooks needs the right to rules."))
        if drafted.options.get("fields") and not actor.may("export"):
            drafted.fail("fields", _("Sending fields needs the right to export."))

    def fields(self, options: Mapping[str, Any], kind: str) -> dict[str, RuleField]:
        """Return the chosen fields."""
        found = {name: field_named(kind, name, None) for name in options.get("fields") or ()}
        return {name: each for name, each in found.items() if each is not None}

    def plan(self, step: Performing) -> Plan:
        """Return where it goes and what it says."""
        name = _name(step.options)
        record = {"kind": step.kind, "id": str(step.record_id)} if step.record_id else None
        shown = [name for name in step.options.get("fields") or () if field_named(step.kind, name, step.actor)]
        fields = {name: plain(step.snapshot.values.get(name)) for name in shown}
        data = {"rule": {"id": str(step.rule.pk), "name": step.rule.name}, "record": record, "fields": fields}
        return Plan(_("Webhook “%(name)s” called") % {"name": name}, data)

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Put it into the queue under the step's key (W3)."""
        endpoint = WebhookEndpoint.objects.live().get(pk=step.options["endpoint"])
        actor = step.actor
        delivery = queue_webhook(endpoint=endpoint, payload=plan.data, key=f"run:{step.key}", actor=actor)
        return {"delivery": str(delivery.pk)}

    def sets_off(self, options: Mapping[str, Any], kind: str) -> Sequence[str]:
        """Nothing here."""
        return ()

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        return _("call the webhook “%(name)s”") % {"name": _name(options)}


def _name(options: Mapping[str, Any]) -> str:
    pk = options.get("endpoint")
    return (WebhookEndpoint.objects.filter(pk=pk).values_list("name", flat=True).first() or "") if pk else ""
