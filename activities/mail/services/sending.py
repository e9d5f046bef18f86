"""Workers take mails out of the queue and hand them to the mail server, at least once and under one Message-ID (W3).

A mail is claimed under a lease and marked as sent after the server took it. A worker that dies between the two leaves a
mail that is sent again when the lease has run out: twice with the same Message-ID is possible, lost is not.
"""

import datetime as dt
import logging
import smtplib
from email.utils import formataddr, parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from activities.mail.models import OutgoingMail
from activities.services.recording import ActivityRow, log_activity
from contacts.models import Contact
from crm.kernel.core.changes import Actor, changeset

from .blocks import block_bounced, why_not
from .queue import unsubscribe_link, without_link

log = logging.getLogger(__name__)
LEASE = dt.timedelta(minutes=3)  # longer than a server's answer may take, see MAIL_TIMEOUT
PAUSES = (60, 300, 900, 3600, 4 * 3600, 8 * 3600, 24 * 3600)  # seconds between attempts
MOST_PER_TASK = 500
State = OutgoingMail.State
ACTOR = "mail"


def send_due_mails(limit: int = MOST_PER_TASK) -> int:
    """Send what is due until nothing is left or `limit` is reached; return how many were worked off."""
    done = 0
    connection = None
    try:
        while done < limit and (mail := _claim()) is not None:
            if connection is None:
                connection = mailers.default
            if not _send(mail, connection):
                _close(connection)
                connection = None
            done += 1
    finally:
        _close(connection)
    return done


def _close(connection: Any) -> None:
    """Close a connection to the mail server, whatever state it is in."""
    if connection is not None:
        try:
            connection.close()
        except (OSError, smtplib.SMTPException):
            log.info("the mail server had hung up already")


def _claim() -> OutgoingMail | None:
    """Lease the mail that has waited longest and that no other worker holds."""
    now = timezone.now()
    waiting = Q(state=State.QUEUED, next_try_at__lte=now) | Q(state=State.SENDING, leased_until__lt=now)
    with transaction.atomic():
        mail: OutgoingMail | None = (
            OutgoingMail.objects.filter(waiting, next_try_at__lte=now)
            .order_by("next_try_at", "id")
            .select_for_update(skip_locked=True)
            .first()
        )
        if mail is None:
            return None
        mail.state, mail.leased_until, mail.attempts = State.SENDING, now + LEASE, mail.attempts + 1
        mail.save(update_fields=["state", "leased_until", "attempts"])
    return mail


def _send(mail: OutgoingMail, connection: Any) -> bool:
    """Hand one mail over and note how it went; return whether the connection can be used again."""
    reason = why_not(Contact.objects.filter(pk=mail.contact_id).first(), mail.to_address) if mail.contact_id else None
    if reason is not None or not mail.to_address:
        _settle(mail.pk, state=State.SUPPRESSED, reason=reason or OutgoingMail.Reason.NO_ADDRESS)
        return True
    try:
        connection.send_messages([build_message(mail)])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()), (550, b""))
        _refused(mail, code, _plain(words))
        return False
    except smtplib.SMTPResponseException as error:
        _refused(mail, error.smtp_code, _plain(error.smtp_error), recipient=False)
        return False
    except (OSError, smtplib.SMTPException) as error:
        _postpone(mail, str(error) or type(error).__name__)
        return False
    except Exception as error:
        # A mail that cannot even be built would stop all that wait behind it.
        log.exception("mail %s cannot be sent", mail.pk)
        _settle(mail.pk, state=State.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        return False
    _sent(mail)
    return True


def build_message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """Return the message as it goes over the wire, with its stable Message-ID and, for marketing, RFC 8058's headers."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    headers = {"Message-ID": mail.message_id}
    if mail.marketing:
        headers["List-Unsubscribe"] = f"<{unsubscribe_link(mail.pk)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if mail.automatic:
        headers["Auto-Submitted"] = "auto-generated"
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        formataddr((mail.from_name, address)) if mail.from_name else settings.DEFAULT_FROM_EMAIL,
        [formataddr((mail.to_name, mail.to_address))],
        reply_to=[formataddr((mail.from_name, mail.reply_to))] if mail.reply_to else None,
        headers=headers,
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _plain(words: Any) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)


def _settle(mail_id: UUID, **values: Any) -> int:
    """Note the end of a mail that is still ours."""
    rows = OutgoingMail.objects.filter(pk=mail_id, state=State.SENDING)
    return int(rows.update(leased_until=None, next_try_at=None, **values))


def _refused(mail: OutgoingMail, code: int, words: str, *, recipient: bool = True) -> None:
    """Note a server's no: for now (4xx) it is tried again, for good (5xx) it failed, and an unknown address is blocked.

    A login that fails is the installation's mistake, not the mail's: it is tried again.
    """
    said = f"{code} {words}".strip()
    if code < 500 or code in (530, 534, 535, 538):
        _postpone(mail, said)
        return
    with changeset(Actor.system(ACTOR), "mail.bounce"):
        _settle(mail.pk, state=State.FAILED, error=said[:2000])
        if recipient and code in (550, 551, 553) and "5.7." not in words:
            block_bounced(mail, said)


def _postpone(mail: OutgoingMail, error: str) -> None:
    """Put a mail back with a growing pause, or give it up after the last attempt."""
    if mail.attempts >= OutgoingMail.MAX_ATTEMPTS:
        _settle(mail.pk, state=State.FAILED, error=error[:2000])
        return
    pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
    OutgoingMail.objects.filter(pk=mail.pk, state=State.SENDING).update(
        state=State.QUEUED,
        leased_until=None,
        error=error[:2000],
        next_try_at=timezone.now() + dt.timedelta(seconds=pause),
    )


def _sent(mail: OutgoingMail) -> None:
    """Mark a mail as sent and write it on the timelines of its contact and deal, in one transaction."""
    now = timezone.now()
    actor = Actor.system(ACTOR)
    with changeset(actor, "mail.sent"):
        if not _settle(mail.pk, state=State.SENT, sent_at=now, error=""):
            return
        if mail.contact_id is None:
            return
        row = ActivityRow(
            type="email",
            subject=mail.subject[:300],
            body=without_link(mail)[:50_000],
            at=now,
            direction="out",
            contact_ids=(mail.contact_id,),
            deal_id=mail.deal_id,
            infer_deal=False,
            user_id=None if mail.automatic else mail.user_id,
            data={"by": mail.by, "as": "workflow"} if mail.automatic else {},
        )
        activity = log_activity(row=row, actor=actor)
        OutgoingMail.objects.filter(pk=mail.pk).update(activity=activity)


def problem() -> str:
    """Return what `doctor` says of the queue: mails that are long due, or nothing."""
    late = timezone.now() - dt.timedelta(minutes=15)
    waiting = OutgoingMail.objects.unsent().filter(next_try_at__lt=late).count()
    return f"{waiting} e-mails have been due for more than 15 minutes: is a worker running?" if waiting else ""
