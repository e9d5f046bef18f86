"""The action that sends an e-mail upon a template, through the one queue of outgoing mail (E4, E5, W3)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.mail import merge
from activities.mail.fields import known_names
from activities.mail.models import EmailTemplate
from activities.mail.services.blocks import why_not
from activities.mail.services.queue import queue_template_mail
from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.users.models import User
from deals.models import Deal
from workflows.conditions import RuleContext
from workflows.options import Option

from .base import Action, Drafted, Performing, Plan
from .people import OWNER, RULE_OWNER

SENDERS = ((RULE_OWNER, gettext_lazy("Owner of the rule")), (OWNER, gettext_lazy("Owner of the record")))


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
        Option(key="template", label=gettext_lazy("Template"), type="named", required=True, choices=templates),
        Option(key="sender", label=gettext_lazy("From"), type="choice", default=RULE_OWNER, choices=SENDERS),
    )

    def check(self, drafted: Drafted) -> None:
        """The template's fields are there, and the rule has what they are about."""
        template = EmailTemplate.objects.get(pk=drafted.options["template"])
        known = known_names(drafted.context.actor)
        for each in merge.fields_in(template.subject, template.text, template.html):
            if each.name not in known:
                words = _(
                    "The template has the field “%(name)s”, which is not there any more, or the rule may not see it."
                )
                drafted.fail("template", words % {"name": each.name[:60]})
                return
            if drafted.kind != "deal" and each.name.startswith("deal.") and not each.fallback:
                words = _("The template has the field “%(name)s”, and this rule has no deal. Give it a fallback.")
                drafted.fail("template", words % {"name": each.name})
                return

    def plan(self, step: Performing) -> Plan:
        """Return to whom it would go."""
        pk = step.link("contact")
        contact = Contact.objects.visible_to(step.actor).live().filter(pk=pk).first() if pk else None
        if contact is None:
            return Plan(_("There is nobody to write to whom the rule may see"), skip=True)
        name = _name(step.options)
        words = _("E-mail “%(template)s” to %(contact)s") % {"template": name, "contact": contact}
        data = {"contact": str(contact.pk), "template": step.options["template"]}
        if (
            reason := why_not(contact, contact.primary_email)
        ) is not None:  # it is kept as not sent, with the reason (E5)
            said = {"template": name, "contact": contact, "why": reason.label}
            words = _("E-mail “%(template)s” to %(contact)s not sent: %(why)s") % said
            return Plan(words, data, kept=_("E-mail “%(template)s” not sent: %(why)s") % said)
        return Plan(words, data, kept=_("E-mail “%(template)s” queued") % {"template": name})

    def do(self, step: Performing, plan: Plan) -> dict[str, Any]:
        """Put it into the queue under the step's key, so that it is never written twice (W3)."""
        mail = queue_template_mail(
            template=EmailTemplate.objects.get(pk=plan.data["template"]),
            contact=Contact.objects.get(pk=plan.data["contact"]),
            deal=Deal.objects.get(pk=step.record_id) if step.kind == "deal" and step.record_id else None,
            actor=step.actor,
            key=f"run:{step.key}",
            from_user=self._sender(step),
        )
        return {"mail": str(mail.pk), "state": mail.state}

    @staticmethod
    def _sender(step: Performing) -> User | None:
        """Return the owner of the record, if the mail is to come from them and they are still there."""
        owner = step.owner if step.options["sender"] == OWNER else None
        return owner if owner is not None and owner.is_active else None

    def needs(self, kind: str) -> str:
        """Mails are activities: whoever may log them may send them."""
        return "activity"

    def words(self, options: Mapping[str, Any], kind: str, context: RuleContext) -> str:
        """Return the step in words."""
        words = _("send the e-mail “%(template)s”")
        if options.get("sender") == OWNER:
            words = _("send the e-mail “%(template)s” from the owner")
        return words % {"template": _name(options)}


def _name(options: Mapping[str, Any]) -> str:
    pk = options.get("template")
    return (EmailTemplate.objects.filter(pk=pk).values_list("name", flat=True).first() or "") if pk else ""
