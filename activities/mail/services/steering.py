"""Stopping mails and trying them again, by hand and when the command that queued them is undone (H2)."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities.mail.models import OutgoingMail
from crm.kernel.audit.registry import Stopped
from crm.kernel.audit.undo import RowChange
from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.events.tasks import run_later

from .blocks import why_not
from .queue import TASK

State = OutgoingMail.State


@command("mail.cancel")
def cancel_mail(*, mail_id: UUID, actor: Actor) -> OutgoingMail:
    """Stop a mail that has not gone out. Raises DoesNotExist, PermissionDenied, Refused if it is too late."""
    mail = _locked(mail_id, actor)
    if mail.state not in (State.QUEUED, State.FAILED):
        raise Refused(_("It is too late to stop this mail."))
    _stop([mail.pk])
    return mail


@command("mail.retry")
def retry_mail(*, mail_id: UUID, actor: Actor) -> OutgoingMail:
    """Try a mail again at once that failed, was stopped or was not sent; what forbids it is looked at anew (E5).

    Raises DoesNotExist, PermissionDenied, Refused if it needs no retry or must still not be sent.
    """
    mail = _locked(mail_id, actor)
    if mail.state in (State.SENT, State.SENDING):
        raise Refused(_("This mail has been sent."))
    if mail.contact is not None:
        if mail.state == State.SUPPRESSED:
            mail.to_address = mail.contact.primary_email
        reason = why_not(mail.contact, mail.to_address)
        if reason is not None:
            raise Refused(str(reason.label))
    _queue_again([mail.pk], to_address=mail.to_address)
    return mail


def _locked(mail_id: UUID, actor: Actor) -> OutgoingMail:
    mail: OutgoingMail = OutgoingMail.objects.visible_to(actor).locked().get(pk=mail_id)
    actor.require("edit", mail)
    return mail


def _stop(ids: Collection[UUID]) -> int:
    rows = OutgoingMail.objects.filter(pk__in=ids, state__in=(State.QUEUED, State.FAILED))
    return int(rows.update(state=State.CANCELLED, cancelled_at=timezone.now(), next_try_at=None))


def _queue_again(ids: Collection[UUID], **values: str) -> None:
    OutgoingMail.objects.filter(pk__in=ids).update(
        state=State.QUEUED, reason="", cancelled_at=None, attempts=0, next_try_at=timezone.now(), **values
    )
    transaction.on_commit(lambda: run_later(TASK), robust=True)


def undo_queueing(changes: list[RowChange], actor: Actor, removed: set[UUID]) -> None:
    """Undo what a command did with mails: those that it queued are stopped, those that it stopped are queued again (H2)."""
    stopped = [
        c.pk for c in changes if c.after and c.after["cancelled_at"] and not (c.before or {}).get("cancelled_at")
    ]
    _stop([c.pk for c in changes if c.pk not in stopped])
    mails = OutgoingMail.objects.filter(pk__in=stopped, state=State.CANCELLED).values_list("pk", flat=True)
    if again := list(mails):
        _queue_again(again)


def stop_mails_of(changesets: Collection[UUID], actor: Actor) -> Stopped:
    """Stop the unsent mails that these change-sets queued, and say which had gone out already (H2)."""
    mine = OutgoingMail.objects.filter(changeset_id__in=changesets)
    stopped = _stop(list(mine.unsent().values_list("pk", flat=True)))
    gone = mine.filter(state__in=(State.SENT, State.SENDING)).count()
    said = ngettext("%(count)d e-mail had gone out", "%(count)d e-mails had gone out", gone) % {"count": gone}
    return Stopped(stopped, [said] if gone else [])
