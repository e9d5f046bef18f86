"""What people set for reports, as commands that can be undone (H2): targets, and mails that bring a report."""

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

from .days import due_day
from .models import ReportMail, ReportMailTo, Target, may_set_targets

MOST = Decimal(10) ** 13
Holder = tuple[str, UUID]  # ("user" or "team", id)


@command("reports.targets")
def set_targets(*, values: Mapping[tuple[Holder, dt.date], Decimal | None], actor: Actor) -> int:
    """Set the targets of people and teams by month; None takes one away (N9). Return how many have changed.

    Raises PermissionDenied, Refused for an amount below zero or too large, or a day that begins no month.
    """
    if not may_set_targets(actor):
        raise PermissionDenied("No right to set targets.")
    scope = actor.scope("report", "edit")
    for (holder, month), amount in values.items():
        if month.day != 1 or (amount is not None and not 0 <= amount < MOST):
            raise Refused(_("Type an amount of zero or more."), fields={})
        if holder[0] == "user" and not (actor.may("settings") or scope.covers(holder[1])):
            raise PermissionDenied("No right to set this person's target.")
    asked = {pk for (kind, pk), _month in values if kind == "team"}
    if not actor.may("settings") and scope.owners is not None and asked - _teams_in(scope.owners):
        raise PermissionDenied("No right to set this team's target.")
    return _write(values)


def _teams_in(people: Collection[UUID]) -> set[UUID]:
    """Return the teams that some of these people are in."""
    return set(User.objects.filter(pk__in=people, team__isnull=False).values_list("team_id", flat=True))


def _write(values: Mapping[tuple[Holder, dt.date], Decimal | None]) -> int:
    months = {month for _holder, month in values}
    holders = {pk for (_kind, pk), _month in values}
    known = Target.objects.filter(Q(user__in=holders) | Q(team__in=holders), month__in=months)
    stored: dict[tuple[Holder, dt.date], Target] = {
        (("user", row.user_id) if row.user_id else ("team", row.team_id), row.month): row for row in known
    }
    made, changed, removed = [], [], []
    for key, amount in values.items():
        row = stored.get(key)
        (kind, pk), month = key
        if row is None and amount is not None:
            made.append(Target(**{f"{kind}_id": pk}, month=month, amount=amount))
        elif row is not None and amount is None:
            removed.append(row.pk)
        elif row is not None and row.amount != amount:
            row.amount = amount or Decimal(0)
            changed.append(row)
    Target.objects.bulk_create(made)
    Target.objects.bulk_update(changed, ["amount"])
    Target.objects.filter(pk__in=removed).delete()
    return len(made) + len(changed) + len(removed)


@command("reports.mail_created")
def create_report_mail(
    *, report: str, query: str, every: str, recipients: Collection[User], actor: Actor
) -> ReportMail:
    """Have a report sent to people every week or month, to each with the numbers that they may see (U3).

    The caller has checked report and query. Raises PermissionDenied, Refused without a recipient who can log in.
    """
    actor.require_kind("edit", "report")
    people = _checked(recipients)
    begun = due_day(_every(every), Workspace.current().today())  # the first mail is that of the next day due
    mail = ReportMail.objects.create(report=report, query=query, every=every, owner=actor.user, sent_for=begun)
    ReportMailTo.objects.bulk_create(ReportMailTo(mail=mail, user=each) for each in people)
    return mail


@command("reports.mail_changed")
def change_report_mail(
    *, mail_id: UUID, every: str, recipients: Collection[User], actor: Actor, query: str | None = None
) -> ReportMail:
    """Change to whom and how often a report goes, and what is asked of it (None: as before; the caller has checked it).

    Raises ReportMail.DoesNotExist, PermissionDenied, Refused.
    """
    mail = _mine(mail_id, actor)
    people = {each.pk: each for each in _checked(recipients)}
    mail.every = _every(every)  # a weekly one that was monthly goes out at once, for the week that has ended
    mail.query = mail.query if query is None else query
    mail.save(update_fields=["every", "query"])
    mail.recipients.exclude(user__in=people).delete()
    present = set(mail.recipients.values_list("user_id", flat=True))
    ReportMailTo.objects.bulk_create(
        ReportMailTo(mail=mail, user=each) for pk, each in people.items() if pk not in present
    )
    return mail


@command("reports.mail_removed")
def remove_report_mail(*, mail_id: UUID, actor: Actor) -> None:
    """Send a report no more. Raises ReportMail.DoesNotExist, PermissionDenied."""
    _mine(mail_id, actor).delete()


def _mine(mail_id: UUID, actor: Actor) -> ReportMail:
    mail: ReportMail = ReportMail.objects.visible_to(actor).locked().get(pk=mail_id)
    if not mail.allows(actor, "edit"):
        raise PermissionDenied("Not one's own.")
    return mail


def _every(value: str) -> str:
    if value not in ReportMail.Every.values:
        raise Refused(_("Choose how often."), fields={"every": _("Choose how often.")})
    return value


def _checked(recipients: Collection[Any]) -> list[User]:
    words = _("Choose at least one person who can log in.")
    people = [each for each in recipients if each.is_active and each.email]
    if not people or len(people) != len(recipients):
        raise Refused(words, fields={"recipients": words})
    return people
