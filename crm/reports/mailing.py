"""Reports by mail: who gets which, for which days, each with the figures that they may see themselves (U3)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.mail.services.queue import queue_notice
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace

from . import registry
from .asks import PERIOD_PARAMS, Ask, BadAsk, read_ask, read_period
from .days import due_day
from .menus import narrowing, option_menus
from .models import ReportMail
from .names import Names
from .periods import DAY, Period
from .registry import Report
from .tables import Result, written

HOUR = 7  # in the workspace's zone
PATIENT = 10  # until that hour a mail waits for what is still being computed
MOST_ROWS = 60


def period_told(every: str, day: dt.date, query: str = "") -> Period:
    """Return the days that a mail of that day tells of: the week or month that has just ended, unless its query has days.

    Raises BadAsk for impossible ones.
    """
    days = asked_days(query)
    if days:
        return read_period(days, "month", day - DAY)
    if every == ReportMail.Every.WEEK:
        return Period.custom(day - 7 * DAY, day - DAY)
    return Period.around("month", day - DAY)


def asked_days(query: str) -> dict[str, str]:
    """Return the parameters of a query that say of which days it tells."""
    return {name: str(value) for name, value in QueryDict(query).items() if name in PERIOD_PARAMS}


def with_days(query: str, days: Mapping[str, str]) -> str:
    """Return a query that tells of other days."""
    data = QueryDict(query).copy()
    for name in PERIOD_PARAMS:
        data.pop(name, None)
    data.update(days)
    return data.urlencode()


def send_due_report_mails(now: dt.datetime | None = None) -> int:
    """Queue the mails of reports that are due and return how many people get one; each once, whatever dies (W3)."""
    local = (now or timezone.now()).astimezone(Workspace.current().zone)
    count = 0
    for every in ReportMail.Every.values:
        day = due_day(every, local.date())
        if local.date() == day and local.hour < HOUR:
            continue
        late = Q(sent_for__isnull=True) | Q(sent_for__lt=day)
        for pk in ReportMail.objects.filter(late, every=every, owner__state=User.State.ACTIVE).values_list(
            "pk", flat=True
        ):
            count += _send(pk, day, patient=local.date() == day and local.hour < PATIENT)
    return count


def _send(pk: UUID, day: dt.date, *, patient: bool) -> int:
    """Queue one report's mails in one transaction, unless another worker has; 0 while a `patient` one waits for figures."""
    system = Actor.system("report mails")
    with transaction.atomic(), changeset(system, "reports.mail_sent"):
        late = Q(sent_for__isnull=True) | Q(sent_for__lt=day)
        mail = ReportMail.objects.filter(late, pk=pk).select_for_update(of=("self",), skip_locked=True).first()
        if mail is None:
            return 0
        people = User.objects.active().filter(pk__in=mail.recipients.values("user_id"), email__isnull=False)
        found = []
        for person in people.select_related("role", "team"):
            if person.level("report", "view") != "none":
                with override(person.locale):
                    found.append((person, *written_mail(mail, person, day)))
        if patient and any(waiting for *_mail, waiting in found):
            return 0  # what it asked for is computed meanwhile
        for person, subject, text, html, _waiting in found:
            queue_notice(
                user=person, subject=subject, text=text, html=html, key=f"report:{pk}:{day}:{person.pk}", actor=system
            )
        ReportMail.objects.filter(pk=pk).update(sent_for=day)
        return len(found)


def written_mail(mail: ReportMail, person: User, day: dt.date) -> tuple[str, str, str, bool]:
    """Return subject, text and HTML of a report for one person, with their rights; and whether figures are awaited."""
    report = registry.find(mail.report)
    title = str(report.title) if report else mail.report
    context: dict[str, Any] = {
        "title": title, "workspace_name": Workspace.current().name, "person": person,
        "site_url": settings.SITE_URL.rstrip("/"),
    }  # fmt: skip
    subject = title
    try:
        period = period_told(mail.every, day, mail.query)
        context["period"] = str(period)
        subject = _("%(report)s, %(period)s") % {"report": title, "period": period}
        if report is None:
            raise BadAsk(_("This report is not there any more."))
        ask = ask_of_mail(mail, report, person, period)
        context |= told(report, ask, report.build(ask), context["site_url"])
    except BadAsk as error:
        context["problem"] = error.message
    text, html = (render_to_string(f"emails/report.{kind}", context) for kind in ("txt", "html"))
    return subject, text, html, context.get("waiting", False)


def ask_of_mail(mail: ReportMail, report: Report, person: User, period: Period) -> Ask:
    """Return the question of a mailed report, asked by its reader; raises BadAsk for a filter that is gone."""
    data = QueryDict(with_days(mail.query, period.query()))
    actor = Actor.of(person, source="worker")
    return read_ask(actor, data, period=report.period, options=report.options(actor), filters=report.filters)


def told(report: Report, ask: Ask, result: Result, site: str) -> dict[str, Any]:
    """Return what a mail shows: the page's tables in words, also those behind estimates; notes; where the report is."""
    behind = [(chart.title, chart.table) for chart in result.charts if getattr(chart, "table", None)]
    return {
        "tables": [table_told(str(title), table) for title, table in [*behind, ("", result)] if table.rows],
        "notes": result.notes,
        "empty": result.empty,
        "numbers": report.numbers,
        "asked": asked_words(ask, report),
        "waiting": result.waiting,
        "link": f"{site}/reports/{report.key}/?{ask.query()}",
    }


def asked_words(ask: Ask, report: Report) -> list[str]:
    """Return what a report was asked besides its days, as the menus of its page say it: "Team: East"."""
    menus = [*narrowing(ask, report.filters, Names(ask.actor)), *option_menus(report, ask)]
    return [f"{menu.label}: {menu.words}" for menu in menus if menu.words]


def table_told(title: str, table: Result) -> dict[str, Any]:
    """Return a table as a mail shows it: the figures as the page writes them."""
    kinds = [column.kind for column in table.columns]
    rows = [
        [written(cell.value, cell.kind or kind) for kind, cell in zip(kinds, row.cells, strict=True)]
        for row in table.rows[:MOST_ROWS]
    ]
    heads = [f"{column.label} ({column.hint})" if column.hint else str(column.label) for column in table.columns]
    return {
        "title": title,
        "headings": heads,
        "rows": rows,
        "lines": [f"{row[0]}: {'; '.join(map(' '.join, zip(heads[1:], row[1:], strict=True)))}" for row in rows],
        "more": max(len(table.rows) - MOST_ROWS, 0),
    }
