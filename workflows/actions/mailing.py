"""The action that sends an e-mail upon a template, through the one queue of outgoing mail (E4, E5, W3)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.mail.models import EmailTemplate
from activities.mail.services.queue import queue_template_mail
from contacts.models import Contact
from crm.kernel.core.changes import Actor
from deals.models import Deal
from workflows.conditions import RuleContext
from workflows.options import Option

from .base import Action, Performing, Plan


def templates(kind: str, actor: Actor | None) -> list[tuple[str, str]]:
    """Return the templates that the actor may use."""
    if actor is None:
        return []
    rows = EmailTemplate.objects.visible_to(actor).live().order_by("name")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


class SendEmail(Action):
    """Write to the contact, or to a deal's primary person; whoever must not be written to is not (E5)."""

    key = "send_email"
    label = gettext_lazy("Send an e-mail")
    icon = "mail"
    changes_records = False
    kinds = ("deal", "contact")
    options = (
        Option(key="template", label=gettext_lazy("Template"), type="template", required=True, choices=templates),
    )

    def plan(self, step: Performing) -> Plan:
        """Return to whom it would go."""
        pk = step.link("contact")
        contact = Contact.objects.visible_to(step.actor).live().filter(pk=pk).first() if pk else None
        if contact is None:
            return Plan(_("There is nobody to write to whom the rule may see"), skip=True)
        name = _name(step.options)
        words = _("E-mail “%(template)s” to %(contact)s") % {"template": name, "contact": contact}
        data = {"contact": str(contact.pk), "template": step.options["template"]}
        return Plan(words, data, kept=_("E-mail “%(template)s” queued") % {"template": name})

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Put it into the queue under the step's key, so that it is never written twice (W3)."""
        mail = queue_template_mail(
            template=EmailTemplate.objects.get(pk=plan.data["template"]),
            contact=Contact.objects.get(pk=plan.data["contact"]),
            deal=Deal.objects.get(pk=step.record_id) if step.kind == "deal" and step.record_id else None,
            actor=step.actor,
            key=f"run:{step.key}",
        )
        return {"mail": str(mail.pk), "state": mail.state}

    def needs(self, kind: str) -> str:
        """Mails are activities: whoever may log them may send them."""
        return "activity"

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        return _("send the e-mail “%(template)s”") % {"template": _name(options)}


def _name(options: Mapping[str, Any]) -> str:
    pk = options.get("template")
    return (EmailTemplate.objects.filter(pk=pk).values_list("name", flat=True).first() or "") if pk else ""
