"""Templates, mails on their way out, and addresses that get none (E4, E5)."""

import hashlib
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.fields import Found
from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed, Rows
from deals.models import Deal

MOST_TEXT = 100_000


def digest_of(address: str) -> str:
    """Return what a blocked address is looked up by."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def may_share(who: Any) -> bool:
    """Say whether somebody may make templates for all, and change them (U2)."""
    return bool(who.may("rules") or who.may("settings"))


class EmailTemplateQuerySet(Rows):
    """Query verbs for templates."""

    def visible_to(self, who: Any) -> Self:
        """Return shared templates and one's own; whoever may change the settings sees all, the system too."""
        if who.may("settings"):
            return self
        return self.filter(Q(shared=True) | Q(owner_id=getattr(who, "pk", None) or who.id))

    def live(self) -> Self:
        """Return the templates that are offered."""
        return self.filter(archived_at__isnull=True)


@tracked()
class EmailTemplate(Keyed):
    """A mail to be filled with a contact's values. `{{ contact.first_name | there }}` names a merge field (E4).

    `html` is optional and clean (see `html.clean_html`); `text` is what is sent beside it, or alone. A marketing template
    carries a link to unsubscribe (RFC 8058). A shared one is seen by all and changed by holders of the right to rules.
    """

    kind: ClassVar[str] = "emailtemplate"
    derived: ClassVar[tuple[str, ...]] = ("version", "updated_at")

    name = models.CharField(_("name"), max_length=120)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"), blank=True, max_length=MOST_TEXT)
    html = models.TextField(_("HTML"), blank=True, max_length=MOST_TEXT)
    marketing = models.BooleanField(_("marketing"), default=False)
    shared = models.BooleanField(_("for everybody"), default=False)
    owner = models.ForeignKey(
        "users.User", models.SET_NULL, null=True, blank=True, related_name="email_templates", verbose_name=_("owner")
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EmailTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("e-mail template")
        verbose_name_plural = _("e-mail templates")
        constraints = [
            models.CheckConstraint(condition=~Q(text="") | ~Q(html=""), name="emailtemplate_has_a_text"),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may view or edit it: shared ones by right, private ones by their owner."""
        if verb == "view":
            return self.shared or self.owner_id == actor.id or actor.may("settings")
        if self.shared:
            return may_share(actor)
        return (self.owner_id is not None and self.owner_id == actor.id) or actor.may("settings")


class OutgoingMailQuerySet(Rows):
    """Query verbs for the queue."""

    def visible_to(self, who: Any) -> Self:
        """Return one's own mails and those to a contact or on a deal that one may see (U3); an admin sees all."""
        if who.may("settings") or who.scope("activity", "view").everything:
            return self
        me = getattr(who, "pk", None) or who.id
        deals = Deal.objects.visible_to(who).filter(pk=OuterRef("deal_id"))
        contacts = Contact.objects.visible_to(who).filter(pk=OuterRef("contact_id"))
        return self.filter(Q(user_id=me) | Found(deals) | Found(contacts))

    def unsent(self) -> Self:
        """Return what waits to be sent and can still be stopped."""
        return self.filter(state=OutgoingMail.State.QUEUED)


@tracked()
class OutgoingMail(Keyed):
    """One mail to one address, rendered as it will be read (E4). `key` makes a second queueing do nothing (W3).

    `message_id` follows from the key, so a mail that had to be sent twice can be recognised as one. `user` is the person
    from whom it comes; `automatic` marks what a rule queued, `by` says which: such a mail moves no clock (P8).
    `changeset_id` is the command that queued it: its undo stops the mail (H2). History keeps only that it was queued and
    cancelled: the text stands here alone.
    """

    class State(models.TextChoices):
        """Where a mail is."""

        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        SUPPRESSED = "suppressed", _("Not sent")
        CANCELLED = "cancelled", _("Cancelled")

    class Reason(models.TextChoices):
        """Why a mail must not be sent (E5)."""

        DO_NOT_EMAIL = "do_not_email", _("The contact does not want e-mail")
        UNSUBSCRIBED = "unsubscribed", _("The address has unsubscribed")
        BOUNCED = "bounced", _("Mail to the address came back")
        BLOCKED = "blocked", _("The address was blocked by hand")
        NO_ADDRESS = "no_address", _("The contact has no e-mail address")

    MAX_ATTEMPTS: ClassVar[int] = 8
    kind: ClassVar[str] = "outgoingmail"
    derived: ClassVar[tuple[str, ...]] = (
        "to_address", "to_name", "from_name", "reply_to", "subject", "text", "html", "by", "state", "reason",
        "message_id", "attempts", "next_try_at", "leased_until", "error", "sent_at", "activity",
    )  # fmt: skip

    key = models.CharField(max_length=200, unique=True)
    template = models.ForeignKey(EmailTemplate, models.SET_NULL, null=True, blank=True, related_name="mails")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="mails")
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, blank=True, related_name="mails")
    user = models.ForeignKey(
        "users.User", models.SET_NULL, null=True, blank=True, related_name="outgoing_mails", verbose_name=_("from")
    )
    to_address = models.CharField(_("to"), max_length=254, blank=True)
    to_name = models.CharField(max_length=250, blank=True)
    from_name = models.CharField(max_length=250, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=500)
    text = models.TextField()
    html = models.TextField(blank=True)
    marketing = models.BooleanField(default=False)
    automatic = models.BooleanField(default=False)
    by = models.CharField(max_length=200, blank=True)
    changeset_id = models.UUIDField(null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(_("reason"), max_length=14, choices=Reason.choices, blank=True)
    message_id = models.CharField(max_length=200)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("queued"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    activity = models.OneToOneField(
        "activities.Activity", models.SET_NULL, null=True, blank=True, related_name="mail", db_constraint=False
    )

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="suppressed") | Q(reason=""), name="outgoingmail_reason_of_suppressed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="outgoingmail_due", condition=Q(state__in=("queued", "sending"))
            ),
            models.Index(fields=["-created_at", "-id"], name="outgoingmail_all"),
            models.Index(fields=["user", "-created_at", "-id"], name="outgoingmail_user"),
            models.Index(fields=["changeset_id"], name="outgoingmail_set"),
        ]

    def __str__(self) -> str:
        return self.subject

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may view it, or stop it and try it again: whoever may write this person's activities."""
        if verb == "view":
            return OutgoingMail.objects.visible_to(actor).filter(pk=self.pk).exists()
        return actor.may("settings") or bool(actor.scope("activity", "edit").covers(self.user_id))


class MailBlockQuerySet(Rows):
    """Query verbs for blocked addresses."""

    def visible_to(self, who: Any) -> Self:
        """Return all to whoever may change the settings, nothing to others: addresses of hidden contacts stand here."""
        return self if who.may("settings") else self.none()

    def of(self, address: str) -> Self:
        """Return the block of an address, if there is one."""
        return self.filter(digest=digest_of(address))


@tracked()
class MailBlock(Keyed):
    """An address that gets no mail from anybody, people and rules alike: it unsubscribed, bounced or was blocked (E5).

    It is looked up by its digest, which outlives the erasure of the person: who unsubscribed stays unsubscribed (H1).
    """

    class Reason(models.TextChoices):
        """Why."""

        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        BOUNCED = "bounced", _("Bounced")
        BLOCKED = "blocked", _("Blocked by hand")

    kind: ClassVar[str] = "mailblock"

    address = models.CharField(_("address"), max_length=254)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=14, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(_("since"), default=timezone.now)

    objects = MailBlockQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("blocked address")
        verbose_name_plural = _("blocked addresses")
        indexes = [models.Index(fields=["-at", "-id"], name="mailblock_at")]

    def __str__(self) -> str:
        return self.address

    def allows(self, actor: Actor, verb: str) -> bool:
        """Say whether the actor may see or lift it."""
        return actor.may("settings")
