"""Addresses that get no mail from anybody: who may not be written to, and why (E5)."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.mail.models import MailBlock, OutgoingMail, digest_of
from activities.services.entries import Entry, write_entries
from contacts.models import Contact, ContactEmail
from contacts.services import edit_contact
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused

Reason = OutgoingMail.Reason


def why_not(contact: Contact | None, address: str) -> Reason | None:
    """Return why an address must get no mail, None if it may (E5)."""
    if contact is not None and contact.do_not_email:
        return Reason.DO_NOT_EMAIL
    if not address:
        return Reason.NO_ADDRESS
    found = MailBlock.objects.of(address).values_list("reason", flat=True).first()
    return Reason(found) if found else None


def stop_mails_to(address: str, reason: Reason) -> None:
    """Suppress what still waits for an address that must get nothing from now on."""
    OutgoingMail.objects.unsent().filter(to_address__iexact=address).update(
        state=OutgoingMail.State.SUPPRESSED, reason=reason, next_try_at=None
    )


@command("mail_blocks.add")
def block_address(*, address: str, actor: Actor, note: str = "") -> MailBlock:
    """Block an address by hand. Raises PermissionDenied without the right to settings, Refused for a bad or known one."""
    actor.require_flag("settings")
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        words = _("Type an e-mail address.")
        raise Refused(words, fields={"address": words}) from error
    if MailBlock.objects.of(address).exists():
        words = _("This address is blocked already.")
        raise Refused(words, fields={"address": words})
    block, _new = _block(address, MailBlock.Reason.BLOCKED, note.strip())
    return block


def _block(address: str, reason: MailBlock.Reason, note: str) -> tuple[MailBlock, bool]:
    """Block an address unless it is already, and stop what waits for it."""
    values = {"address": address.lower(), "reason": reason, "note": note[:300]}
    block, new = MailBlock.objects.get_or_create(digest=digest_of(address), defaults=values)
    if new:
        stop_mails_to(address, Reason(reason.value))
    return block, new


@command("mail_blocks.lift")
def lift_block(*, block_id: UUID, actor: Actor) -> str:
    """Let an address be written to again; return it. Raises PermissionDenied without the right to settings."""
    actor.require_flag("settings")
    block: MailBlock = MailBlock.objects.visible_to(actor).locked().get(pk=block_id)
    block.delete()
    return block.address


def block_bounced(mail: OutgoingMail, why: str) -> None:
    """Block an address for which a server says that it does not exist. Joins the change-set that is open."""
    _block(mail.to_address, MailBlock.Reason.BOUNCED, why)


@command("mail.unsubscribe")
def unsubscribe(*, mail_id: UUID, actor: Actor) -> OutgoingMail:
    """Take the address of a mail off all mailings, as its reader asks (E5); a second time does nothing.

    The contact who has the address gets "do not e-mail" and a line on the timeline. Raises OutgoingMail.DoesNotExist.
    """
    mail = OutgoingMail.objects.get(pk=mail_id)
    address = mail.to_address.lower()
    _found, new = _block(address, MailBlock.Reason.UNSUBSCRIBED, mail.subject)
    if new:
        _note_on_contact(address, "unsubscribed", True, actor)
    return mail


@command("mail.resubscribe")
def resubscribe(*, mail_id: UUID, actor: Actor) -> OutgoingMail:
    """Take an unsubscription back, as the reader asks on the same page. Other blocks stay."""
    mail = OutgoingMail.objects.get(pk=mail_id)
    if is_unsubscribed(mail):
        MailBlock.objects.of(mail.to_address).get().delete()
        _note_on_contact(mail.to_address.lower(), "resubscribed", False, actor)
    return mail


def is_unsubscribed(mail: OutgoingMail) -> bool:
    """Say whether the reader of a mail has unsubscribed."""
    blocks = MailBlock.objects.of(mail.to_address).filter(reason=MailBlock.Reason.UNSUBSCRIBED)
    return bool(blocks.exists())


def _note_on_contact(address: str, system: str, refuses: bool, actor: Actor) -> None:
    """Set or take back "do not e-mail" of the live contact who has an address, with a line on the timeline."""
    held = ContactEmail.objects.filter(address=address, live=True).select_related("contact").first()
    if held is None:
        return
    contact = held.contact
    if contact.do_not_email != refuses:
        edit_contact(contact_id=contact.pk, values={"do_not_email": refuses}, actor=actor)
    entry = Entry(system=system, at=timezone.now(), company_id=contact.company_id, contact_ids=(contact.pk,))
    write_entries([entry], actor)
