"""Writing to a contact, or to somebody of a deal, upon a template or from nothing (E4)."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from activities.mail import fields, merge
from activities.mail.forms import ComposeForm
from activities.mail.models import EmailTemplate, OutgoingMail
from activities.mail.services.blocks import why_not
from activities.mail.services.queue import Rendered, queue_mail, queue_template_mail
from activities.places import get_record, url_of
from activities.views.answers import done
from contacts.models import Contact
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment
from crm.kernel.core.http import Request
from deals.models import Deal

DIALOG = {"modal-body": "dialog"}
MOST_OFFERED = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: Request, kind: str, pk: UUID) -> HttpResponse:
    """Show the form to write a mail, filled by the template that `?template=` names, or send what was written.

    A template with HTML is sent as it is; one of plain text may be changed first. What is missing is shown before.
    """
    if kind not in ("contact", "deal"):
        raise Http404
    record = get_record(kind, pk, request.actor)
    request.actor.require_kind("edit", "activity")
    asked = request.POST if request.method == "POST" else request.GET
    draft = Draft(request, record, asked.get("contact", ""), asked.get("deal", ""), asked.get("template", ""))
    sending = request.method == "POST" and "again" not in request.POST
    form = draft.form(request.POST if sending else None)
    if sending and form.is_valid() and draft.send(form):
        return done(request, _said(draft.mail), url_of(kind, pk))
    context = {
        "form": form,
        "draft": draft,
        "record": record,
        "record_url": url_of(kind, pk),
        "action": request.path,
        "heading": _("Send an e-mail"),
    }
    template = page_or_fragment(request, "mail/compose.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


def _said(mail: OutgoingMail) -> str:
    if mail.state == OutgoingMail.State.SUPPRESSED:
        return _("Not sent: %(why)s") % {"why": mail.get_reason_display()}
    return _("The e-mail to %(name)s is on its way") % {"name": mail.to_name}


class Draft:
    """A mail that is being written: to whom, about what, upon which template."""

    mail: OutgoingMail

    def __init__(self, request: Request, record: Any, contact: str, deal: str, template: str) -> None:
        self.actor, self.user = request.actor, request.user
        people = Contact.objects.visible_to(self.actor).live()
        deals = Deal.objects.visible_to(self.actor).live()
        if record.kind == "contact":
            self.people = [record]
            self.deals = list(deals.open().filter(people__contact=record).order_by("-created_at")[:20])
        else:
            self.people = list(people.filter(deal_roles__deal=record).order_by("-deal_roles__primary", "pk")[:50])
            self.deals = [record]
        self.contact = next((each for each in self.people if str(each.pk) == contact), None) or next(
            iter(self.people), None
        )
        default = record.pk if record.kind == "deal" else self.deals[0].pk if len(self.deals) == 1 else ""
        wanted = deal or ("" if contact else str(default))
        self.deal = next((each for each in self.deals if str(each.pk) == wanted), None)
        offered = EmailTemplate.objects.visible_to(self.actor).live().order_by("name", "pk")[:MOST_OFFERED]
        self.templates = list(offered)
        self.template = next((each for each in self.templates if str(each.pk) == template), None)
        self.rendered = self._rendered()

    @property
    def refusal(self) -> str:
        """Why this contact gets no mail, or nothing (E5)."""
        if self.contact is None:
            return _("There is nobody here whom you may write to.")
        reason = why_not(self.contact, self.contact.primary_email)
        return str(reason.label) if reason is not None else ""

    @property
    def as_it_is(self) -> bool:
        """True for a template with HTML, which is sent as it is."""
        return self.template is not None and bool(self.template.html)

    @property
    def missing(self) -> list[str]:
        """What the chosen template leaves open, in words."""
        names = fields.labels(self.actor)
        return [names.get(name, name) for name in self.rendered.missing] if self.rendered else []

    def _rendered(self) -> Rendered | None:
        """Return the template filled; holes of a text that can be changed are marked."""
        if self.template is None or self.contact is None:
            return None
        template = self.template
        letter = fields.Letter(self.contact, self.deal, self.user, self.actor)
        names = {each.name for each in merge.fields_in(template.subject, template.text, template.html)}
        values = fields.values_of(letter, names)
        values[fields.UNSUBSCRIBE] = "#"
        holes = merge.missing(values, template.subject, template.text, template.html)
        labels = fields.labels(self.actor)
        values |= {name: f"[{labels.get(name, name)}]" for name in holes}
        subject, text = merge.fill(template.subject, values), merge.fill(template.text, values)
        return Rendered(subject, text, template.html, tuple(holes))

    def form(self, data: Any) -> ComposeForm:
        """Return the form, filled by the template unless something was typed."""
        initial = {
            "contact": str(self.contact.pk) if self.contact else "",
            "deal": str(self.deal.pk) if self.deal else "",
            "template": str(self.template.pk) if self.template else "",
            "key": uuid4().hex,
        }
        if self.rendered is not None:
            initial |= {"subject": self.rendered.subject, "text": self.rendered.text}
        return ComposeForm(
            data,
            initial=initial,
            auto_id="compose_%s",
            people=[(each.pk, f"{each.name} <{each.primary_email}>") for each in self.people],
            deals=[(each.pk, each.title) for each in self.deals],
            templates=[(each.pk, each.name) for each in self.templates],
        )

    def send(self, form: ComposeForm) -> bool:
        """Queue the mail; put a refusal beside its field and return False."""
        data = form.cleaned_data
        to = {"contact": self.contact, "deal": self.deal, "actor": self.actor}
        key = f"compose:{self.user.pk}:{data['key']}"
        try:
            if self.refusal:
                raise Refused(self.refusal)
            if self.as_it_is:
                self.mail = queue_template_mail(template=self.template, key=key, **to)  # type: ignore[arg-type]
                return True
            self._check_holes(data["subject"], data["text"])
            self.mail = queue_mail(subject=data["subject"], text=data["text"], template=self.template, key=key, **to)  # type: ignore[arg-type]
        except Refused as refused:
            add_refusal(form, refused)
            return False
        return True

    def _check_holes(self, *texts: str) -> None:
        """Raise Refused while marks of missing values stand in the text."""
        left = [name for name in self.missing if any(f"[{name}]" in text for text in texts)]
        if left:
            words = _("Fill in or take out: %(fields)s.") % {"fields": ", ".join(f"[{name}]" for name in left)}
            raise Refused(words, fields={"text": words})
