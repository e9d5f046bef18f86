"""Putting mails into the queue: the one door for people, rules and notifications (E4, E5, W3)."""

import datetime as dt
import uuid
from dataclasses import dataclass
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.mail import fields, merge
from activities.mail.html import clean_html, text_of
from activities.mail.models import EmailTemplate, OutgoingMail
from contacts.models import Contact
from crm.kernel.core.changes import Actor, command, current_change
from crm.kernel.core.errors import Refused
from crm.kernel.core.ids import uuid7
from crm.kernel.events.tasks import run_later
from crm.kernel.users.models import User
from deals.models import Deal

from .blocks import why_not

TASK = "activities.tasks.send_mails"
# A mail that a person sends waits this long, so that the Undo of the toast comes in time.
SECOND_THOUGHTS = dt.timedelta(seconds=10)
SALT = "activities.mail.unsubscribe"
State = OutgoingMail.State


class MissingValues(Refused):
    """Merge fields that have neither a value nor a fallback; `names` are the fields, `labels` what they are called."""

    def __init__(self, names: list[str], labels: list[str]) -> None:
        said = {"fields": ", ".join(labels)}
        super().__init__(_("These fields are empty and have no fallback: %(fields)s.") % said)
        self.names = names
        self.labels = labels


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail as it will be read; `missing` names fields that would leave a hole."""

    subject: str
    text: str
    html: str
    missing: tuple[str, ...] = ()


def message_id_of(key: str) -> str:
    """Return the Message-ID of a key: always the same, so that a mail sent twice is seen to be one (W3)."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, f'crm:mail:{key}')}@{domain}>"


def unsubscribe_link(mail_id: UUID) -> str:
    """Return the address by which the reader of a mail unsubscribes; it says nothing and never expires."""
    token = signing.Signer(salt=SALT).sign(mail_id.hex)
    return settings.SITE_URL.rstrip("/") + reverse("activities:unsubscribe", args=[token])


def without_link(mail: OutgoingMail) -> str:
    """Return the text of a mail for colleagues: without the link by which its reader, and nobody else, unsubscribes."""
    return mail.text.replace(unsubscribe_link(mail.pk), "…") if mail.marketing else mail.text


def mail_of_token(token: str) -> UUID | None:
    """Return the id of the mail in an unsubscribe link, None for one that we have not made."""
    try:
        return UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def render_template(
    template: EmailTemplate, letter: fields.Letter, *, link: str = "", mark_holes: bool = False
) -> Rendered:
    """Return a template filled for one letter, and which values are missing, marked in the text if wanted.

    `link` unsubscribes, for marketing.
    """
    names = {each.name for each in merge.fields_in(template.subject, template.text, template.html)}
    values = fields.values_of(letter, names)
    if template.marketing:
        values[fields.UNSUBSCRIBE] = link or unsubscribe_link(UUID(int=0))
    holes = merge.missing(values, template.subject, template.text, template.html)
    if mark_holes and holes:
        labels = fields.labels(letter.actor)
        values |= {name: f"[{labels.get(name, name)}]" for name in holes}
    subject = " ".join(merge.fill(template.subject, values).split())
    html = clean_html(merge.fill(template.html, values, escape)) if template.html else ""
    text = merge.fill(template.text, values) if template.text else text_of(html)
    return Rendered(subject[:500], text, html, tuple(holes))


def with_footer(rendered: Rendered, link: str, locale: str | None) -> Rendered:
    """Return a marketing mail with the link to unsubscribe at its end, unless it has it already."""
    with override(locale):
        word = _("Unsubscribe")
    text, html = rendered.text, rendered.html
    if link not in text:
        text = f"{text.rstrip()}\n\n{word}: {link}\n"
    if html and escape(link) not in html:
        html += format_html('<p style="font-size:12px;color:#6b7280"><a href="{}">{}</a></p>', link, word)
    return Rendered(rendered.subject, text, html, rendered.missing)


@command("mail.send")
def queue_template_mail(
    *,
    template: EmailTemplate,
    contact: Contact,
    actor: Actor,
    key: str,
    deal: Deal | None = None,
    from_user: User | None = None,
) -> OutgoingMail:
    """Queue a template for a contact, filled with their values and the deal's; the key's second call returns the same mail.

    Without `from_user` it comes from the actor, else from the owner of the deal or contact. A contact who must not be
    written to gets a mail in state suppressed, with the reason (E5).

    Raises EmailTemplate.DoesNotExist, Contact.DoesNotExist, Deal.DoesNotExist for what the actor may not see or what is
    archived or in the bin, PermissionDenied if they may not write for `from_user`, MissingValues for holes in the text.
    """
    if (known := _known(key)) is not None:
        return known
    EmailTemplate.objects.visible_to(actor).live().get(pk=template.pk)
    sender = check_letter(contact, deal, actor, from_user)
    mail_id = uuid7()
    link = unsubscribe_link(mail_id) if template.marketing else ""
    letter = fields.Letter(contact, deal, sender, actor)
    rendered = render_template(template, letter, link=link)
    if rendered.missing:
        labels = fields.labels(actor)
        raise MissingValues(list(rendered.missing), [labels.get(name, name) for name in rendered.missing])
    if template.marketing:
        rendered = with_footer(rendered, link, sender.locale if sender else None)
    return _store(mail_id, rendered, key=key, actor=actor, contact=contact, deal=deal, sender=sender, template=template)


@command("mail.send")
def queue_mail(
    *,
    contact: Contact,
    subject: str,
    text: str,
    actor: Actor,
    key: str,
    deal: Deal | None = None,
    from_user: User | None = None,
    template: EmailTemplate | None = None,
) -> OutgoingMail:
    """Queue a mail that a person has written, perhaps upon a template; without HTML. Raises as `queue_template_mail` does.

    Raises Refused, beside the field, for an empty subject or text.
    """
    if (known := _known(key)) is not None:
        return known
    sender = check_letter(contact, deal, actor, from_user)
    errors = {}
    if not subject.strip():
        errors["subject"] = _("Type a subject.")
    if not text.strip():
        errors["text"] = _("Write a text.")
    if errors:
        raise Refused(next(iter(errors.values())), fields=errors)
    mail_id = uuid7()
    rendered = Rendered(" ".join(subject.split())[:500], text.strip(), "")
    if template is not None and template.marketing:
        rendered = with_footer(rendered, unsubscribe_link(mail_id), sender.locale if sender else None)
    return _store(mail_id, rendered, key=key, actor=actor, contact=contact, deal=deal, sender=sender, template=template)


@command("mail.test")
def queue_test_mail(*, template: EmailTemplate, letter: fields.Letter, actor: Actor) -> OutgoingMail:
    """Queue a template for the actor's own address, filled for somebody else, holes marked. Raises Refused without one."""
    EmailTemplate.objects.visible_to(actor).get(pk=template.pk)
    address = actor.user.email if actor.user is not None else ""
    if not address:
        raise Refused(_("You have no e-mail address."))
    rendered = render_template(template, letter, mark_holes=True)
    subject = _("[Test] %(subject)s") % {"subject": rendered.subject}
    if template.marketing:
        rendered = with_footer(rendered, unsubscribe_link(UUID(int=0)), actor.user.locale)
    mail = _build(uuid7(), Rendered(subject[:500], rendered.text, rendered.html), f"test:{uuid7()}", actor)
    mail.template, mail.user, mail.from_name = template, actor.user, actor.user.name
    mail.to_address, mail.to_name = address, actor.user.name
    return _save(mail)


def queue_notice(*, user: User, subject: str, text: str, html: str, key: str, actor: Actor) -> OutgoingMail:
    """Queue a mail of the product to a colleague (a notification, a digest), in the open transaction; once per key."""
    if (known := _known(key)) is not None:
        return known
    mail = _build(uuid7(), Rendered(" ".join(subject.split())[:500], text, html), key, actor)
    mail.to_address, mail.to_name, mail.automatic = user.email or "", user.name, True
    mail.next_try_at = timezone.now()
    return _save(mail)


def check_letter(contact: Contact, deal: Deal | None, actor: Actor, from_user: User | None = None) -> User | None:
    """Return from whom a mail comes, or raise unless the actor may write to this contact about this deal (U3)."""
    Contact.objects.visible_to(actor).live().only("pk").get(pk=contact.pk)
    if deal is not None:
        Deal.objects.visible_to(actor).live().only("pk").get(pk=deal.pk)
    actor.require_kind("edit", "activity")
    sender: User | None = from_user or actor.user or (deal.owner if deal is not None else contact.owner)
    if from_user is not None and not actor.scope("activity", "edit").covers(from_user.pk):
        raise PermissionDenied(f"{actor.label} may not write for others.")
    return sender


def _known(key: str) -> OutgoingMail | None:
    return OutgoingMail.objects.filter(key=key).first()


def _build(mail_id: UUID, rendered: Rendered, key: str, actor: Actor) -> OutgoingMail:
    """Return a mail to be saved: due at once, a person's a little later."""
    change = current_change()
    now = timezone.now()
    by_hand = actor.kind in ("user", "api_key")
    return OutgoingMail(
        id=mail_id,
        key=key,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=message_id_of(key),
        changeset_id=change.id if change is not None else None,
        automatic=not by_hand,
        by=actor.label[:200],
        created_at=now,
        next_try_at=now + SECOND_THOUGHTS if by_hand else now,
    )


def _store(
    mail_id: UUID,
    rendered: Rendered,
    *,
    key: str,
    actor: Actor,
    contact: Contact,
    deal: Deal | None,
    sender: User | None,
    template: EmailTemplate | None,
) -> OutgoingMail:
    mail = _build(mail_id, rendered, key, actor)
    mail.contact, mail.deal, mail.user, mail.template = contact, deal, sender, template
    mail.to_address, mail.to_name = contact.primary_email, contact.name
    mail.from_name = sender.name if sender is not None else ""
    mail.reply_to = (sender.email or "") if sender is not None else ""
    mail.marketing = template is not None and template.marketing
    reason = why_not(contact, mail.to_address)
    if reason is not None:
        mail.state, mail.reason, mail.next_try_at = State.SUPPRESSED, reason, None
    return _save(mail)


def _save(mail: OutgoingMail) -> OutgoingMail:
    """Insert a mail unless its key came first from another process; wake a worker after the commit."""
    rows = OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)
    stored: OutgoingMail = OutgoingMail.objects.get(key=rows[0].key)
    # One that waits for second thoughts is found by beat.
    if stored.pk == mail.pk and mail.next_try_at is not None and mail.next_try_at <= timezone.now():
        transaction.on_commit(lambda: run_later(TASK), robust=True)
    return stored
