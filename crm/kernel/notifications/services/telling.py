"""Telling people things, and noting what they have looked at. `notify` is the only door."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.events.tasks import run_later
from crm.kernel.notifications.models import ByMail, Digest, Notification, NotificationChoice, QuietHours
from crm.kernel.notifications.registry import topic_of
from crm.kernel.notifications.times import next_morning, quiet_until
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

TASK = "crm.kernel.notifications.tasks.send_notices"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One thing to tell one person. `key` is stable: a second delivery of it to the same person does nothing (W3)."""

    user_id: UUID
    topic: str
    text: str
    key: str
    record_kind: str = ""
    record_id: UUID | None = None


def notify(notes: Sequence[Note]) -> None:
    """Store notifications in the open transaction, each told as its person wants; those whose key is known are left alone.

    What goes out by mail waits for the end of quiet hours, or for the morning's digest.
    """
    if not notes:
        return
    choices = _choices(notes)
    rows = []
    for note in notes:
        in_app, by_mail = choices[note.user_id, topic_of(note.topic).key]
        if not in_app and by_mail == ByMail.OFF:
            continue
        rows.append(
            Notification(
                user_id=note.user_id,
                topic=note.topic,
                text=note.text[:300],
                record_kind=note.record_kind,
                record_id=note.record_id,
                key=f"{note.key}:{note.user_id}",
                at=business_time(),
                in_app=in_app,
                by_mail=by_mail,
            )
        )
    _plan_mails(rows)
    Notification.objects.bulk_create(rows, ignore_conflicts=True)


def _choices(notes: Sequence[Note]) -> dict[tuple[UUID, str], tuple[bool, str]]:
    """Return, by person and kind, whether the bell tells it and how mail does."""
    kinds = {topic_of(note.topic) for note in notes}
    people = {note.user_id for note in notes}
    found = {(person, kind.key): (True, str(kind.by_mail)) for person in people for kind in kinds}
    made = NotificationChoice.objects.filter(user__in=people, topic__in=[kind.key for kind in kinds])
    found |= {(each.user_id, each.topic): (each.in_app, each.by_mail) for each in made}
    return found


def _plan_mails(rows: Sequence[Notification]) -> None:
    """Say from when on each goes out by mail; people without an address or a login get none."""
    wanted = {row.user_id for row in rows if row.by_mail != ByMail.OFF}
    if not wanted:
        return
    people = {each.pk: each for each in User.objects.active().filter(pk__in=wanted).exclude(email=None)}
    now = timezone.now()
    for row in rows:
        if row.user_id not in people:
            row.by_mail = ByMail.OFF
    at_once = [row for row in rows if row.by_mail == ByMail.AT_ONCE]
    if at_once:
        due = mail_times(people, {row.user_id for row in at_once}, now)
        for row in at_once:
            row.mail_due_at = due[row.user_id]
        if min(due.values()) <= now:
            transaction.on_commit(lambda: run_later(TASK), robust=True)
    plan_digests([people[pk] for pk in {row.user_id for row in rows if row.by_mail == ByMail.DIGEST}], now)


def mail_times(people: dict[UUID, User], ids: Collection[UUID], now: dt.datetime) -> dict[UUID, dt.datetime]:
    """Return from when on each of these people may be written to: now, or the end of their quiet hours."""
    quiet = {each.user_id: each for each in QuietHours.objects.filter(user__in=ids)}
    found = {}
    for pk in ids:
        hours = quiet.get(pk)
        days = Workspace.current().working_days if hours is not None and hours.days_off else ()
        starts, ends = (hours.starts, hours.ends) if hours is not None else (None, None)
        found[pk] = quiet_until(now, people[pk].zone, starts=starts, ends=ends, working_days=days)
    return found


def plan_digests(people: Sequence[User], now: dt.datetime) -> None:
    """Let the next morning of each of these people bring a digest, unless one is planned; a statement per moment."""
    if not people:
        return
    Digest.objects.bulk_create([Digest(user=person) for person in people], ignore_conflicts=True)
    last = dict(Digest.objects.filter(user__in=people).values_list("user_id", "last_on"))
    moments: dict[dt.datetime, list[UUID]] = defaultdict(list)
    for person in people:
        moments[next_morning(now, person.zone, last.get(person.pk))].append(person.pk)
    for due, ids in sorted(moments.items()):
        Digest.objects.filter(user__in=ids, due_at__isnull=True).update(due_at=due)


@command("notifications.read")
def mark_read(*, actor: Actor, notification_id: UUID | None = None) -> int:
    """Note that the actor has looked at one of their notifications, or at all of them; return how many were new.

    Raises DoesNotExist for somebody else's.
    """
    mine = Notification.objects.visible_to(actor)
    if notification_id is not None:
        mine = mine.filter(pk=mine.get(pk=notification_id).pk)
    return int(mine.unread().update(read_at=timezone.now()))
