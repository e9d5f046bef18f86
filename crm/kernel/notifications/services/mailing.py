"""Notifications by mail: at once, outside of quiet hours, and as a digest in the person's morning, exactly once a day.

Who is due is read from an index. A person's rows are claimed with SKIP LOCKED and marked in the transaction that puts the
mail into the queue, so two beats, two workers or a killed one send nothing twice; the mail's key is the second fence.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.notifications import registry
from crm.kernel.notifications.models import ByMail, Digest, Notification
from crm.kernel.notifications.times import MORNING, next_morning
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

ACTOR = "notifications"
MOST = 200  # notifications in one mail
# A digest that comes so much too late (the worker was down) waits for the next morning.
STALE = dt.timedelta(hours=6)


def send_due_notices() -> int:
    """Send what is due at once, all of a person's in one mail; return how many mails were queued."""
    sent = 0
    while (number := _send_to_one()) is not None:
        sent += number
    return sent


def _send_to_one() -> int | None:
    """Work off one person's due notifications; return how many mails that made, None if nobody is left."""
    now = timezone.now()
    due = Notification.objects.filter(by_mail=ByMail.AT_ONCE, mailed_at__isnull=True, mail_due_at__lte=now)
    with changeset(Actor.system(ACTOR), "notifications.mail"):
        # The first row alone is waited for by nobody: who locks it has the person.
        first = due.order_by("mail_due_at", "id").select_for_update(skip_locked=True).first()
        if first is None:
            return None
        rows = list(due.filter(user=first.user_id).order_by("at", "id").select_for_update(skip_locked=True)[:MOST])
        person = _person(first.user_id)
        told = _to_tell(rows, person) if person is not None else []
        if person is not None and told:
            with translation.override(person.locale):
                subject = told[0].text if len(told) == 1 else _count_words(len(told))
                _queue(person, subject, told, f"notices:{person.pk}:{told[-1].pk}")
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)
    return int(bool(told))


def send_due_digests() -> int:
    """Send the digests whose morning has come; return how many mails were queued."""
    sent = 0
    while (number := _send_one_digest()) is not None:
        sent += number
    return sent


def _send_one_digest() -> int | None:
    now = timezone.now()
    with changeset(Actor.system(ACTOR), "notifications.mail"):
        due = Digest.objects.filter(due_at__lte=now).order_by("due_at", "user_id")
        digest = due.select_for_update(skip_locked=True, of=("self",)).first()
        if digest is None:
            return None
        person = _person(digest.user_id)
        if person is None:
            digest.due_at = None
            digest.save(update_fields=["due_at"])
            return 0
        if not _is_time(digest, person, now):
            digest.due_at = next_morning(now, person.zone, digest.last_on)
            digest.save(update_fields=["due_at"])
            return 0
        return _send_digest(digest, person, now)


def _is_time(digest: Digest, person: User, now: dt.datetime) -> bool:
    """Say whether it is this person's morning, on a day that has had no digest yet; they may have moved meanwhile."""
    assert digest.due_at is not None
    here = now.astimezone(person.zone)
    fresh = digest.last_on is None or here.date() > digest.last_on
    return fresh and here.time() >= MORNING and now - digest.due_at <= STALE


def _send_digest(digest: Digest, person: User, now: dt.datetime) -> int:
    """Put a digest into the queue if there is something to tell, and note the day."""
    rows = Notification.objects.filter(user=person, by_mail=ByMail.DIGEST, mailed_at__isnull=True).order_by("at", "id")
    waiting = list(rows[: MOST + 1])
    told = _to_tell(waiting[:MOST], person)
    today = now.astimezone(person.zone).date()
    if told:
        with translation.override(person.locale):
            _queue(person, _count_words(len(told)), told, f"digest:{person.pk}:{today.isoformat()}")
    ids = [row.pk for row in waiting[:MOST]]
    Notification.objects.filter(pk__in=ids).update(mailed_at=now)
    digest.last_on = today if told else digest.last_on
    digest.due_at = next_morning(now, person.zone, today) if len(waiting) > MOST else None
    digest.save(update_fields=["due_at", "last_on"])
    return int(bool(told))


def _person(pk: UUID) -> User | None:
    """Return somebody who can be written to."""
    found: User | None = User.objects.active().exclude(email=None).select_related("role", "team").filter(pk=pk).first()
    return found


def _to_tell(rows: Sequence[Notification], person: User) -> list[Notification]:
    """Return what the person has not read and may still see (U3)."""
    unread = [row for row in rows if row.read_at is None]
    seen = registry.visible(Actor.of(person), {(r.record_kind, r.record_id) for r in unread if r.record_id})
    return [row for row in unread if not row.record_id or (row.record_kind, row.record_id) in seen]


def _count_words(count: int) -> str:
    words = ngettext("%(count)d notification from %(name)s", "%(count)d notifications from %(name)s", count)
    return words % {"count": count, "name": Workspace.current().name}


def _queue(person: User, subject: str, told: Sequence[Notification], key: str) -> None:
    """Put the mail into the queue, in the person's language and zone."""
    send = registry.mailer()
    assert send is not None, "an app must send notifications by mail"
    site = settings.SITE_URL.rstrip("/")
    with timezone.override(person.zone):
        lines = [
            {
                "text": row.text,
                "at": row.at,
                "url": site + (_address(row) or reverse("notifications:list")),
            }
            for row in told
        ]
        context = {
            "person": person,
            "lines": lines,
            "settings_url": site + reverse("notifications:choices"),
            "why": _("You get this because your notification settings say so."),
        }
        text = render_to_string("emails/notices.txt", context)
        html = render_to_string("emails/notices.html", context)
    send(user=person, subject=subject, text=text, html=html, key=key, actor=Actor.system(ACTOR))


def _address(row: Notification) -> str:
    return registry.address_of(row.record_kind, row.record_id) if row.record_id else ""


def replan(person: User) -> None:
    """Plan what waits for a person anew: their zone, quiet hours or choices have changed."""
    from .telling import mail_times

    now = timezone.now()
    with transaction.atomic():
        waiting = Notification.objects.filter(user=person, mailed_at__isnull=True, by_mail=ByMail.AT_ONCE)
        if waiting.exists():
            waiting.update(mail_due_at=mail_times({person.pk: person}, [person.pk], now)[person.pk])
        digest = Digest.objects.select_for_update().filter(user=person, due_at__isnull=False).first()
        if digest is not None:
            digest.due_at = next_morning(now, person.zone, digest.last_on)
            digest.save(update_fields=["due_at"])
