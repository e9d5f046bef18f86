"""Reports by mail: due once, to whom they were promised, with the figures of whoever reads (U3, W3)."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from activities.mail.models import OutgoingMail
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.reports import registry
from crm.reports.estimates import Bands, Foretold
from crm.reports.mailing import due_day, period_told, send_due_report_mails
from crm.reports.models import ReportMail
from crm.reports.registry import Report
from crm.reports.services import change_report_mail, create_report_mail
from crm.reports.tables import Column, Result, written

MONDAY = dt.datetime(2030, 1, 7, 7, 30, tzinfo=ZoneInfo("Europe/London"))


def test_days_and_periods():
    assert due_day("week", dt.date(2030, 1, 9)) == dt.date(2030, 1, 7)
    assert due_day("month", dt.date(2030, 1, 9)) == dt.date(2030, 1, 1)
    week = period_told("week", dt.date(2030, 1, 7))
    assert (week.start, week.end) == (dt.date(2029, 12, 31), dt.date(2030, 1, 6))
    assert period_told("month", dt.date(2030, 1, 1)).start == dt.date(2029, 12, 1)


def test_days_of_its_own(workspace):
    so_far = period_told("week", dt.date(2030, 1, 7), "period=quarter&by=owner")
    assert (so_far.start, so_far.end) == (dt.date(2030, 1, 1), dt.date(2030, 3, 31))
    assert period_told("month", dt.date(2030, 1, 1), "period=year").start == dt.date(2029, 1, 1)  # the whole year, once
    always = period_told("week", dt.date(2030, 1, 7), "from=2016-01-01&to=2017-12-31")
    assert (always.start, always.end) == (dt.date(2016, 1, 1), dt.date(2017, 12, 31))


def test_each_reads_their_own_figures_and_gets_it_once(scene, admin, rep, stranger):
    create_report_mail(
        report="pipeline", query="", every="week", recipients=[admin, rep, stranger], actor=Actor.of(admin)
    )
    assert send_due_report_mails() == 0  # the first is that of the next Monday
    assert send_due_report_mails(MONDAY.replace(hour=6)) == 0
    assert send_due_report_mails(MONDAY) == 3
    assert send_due_report_mails(MONDAY + dt.timedelta(hours=1)) == 0
    texts = {mail.to_address: mail.text for mail in OutgoingMail.objects.all()}
    assert "$6,500" in texts[admin.email]
    assert "$1,500" in texts[rep.email]
    assert "$5,000" in texts[stranger.email]
    assert "$5,000" not in texts[rep.email]
    assert "/reports/pipeline/" in texts[rep.email]
    assert "By: Stage" in texts[rep.email] and "What these figures mean" in texts[rep.email]


class Estimates(Report):
    """A report with a chart of estimates, at first still being computed."""

    key, title, text, group = "estimates", "Estimates", "", "x"
    ready = False

    def build(self, ask):
        outlook = {"won": "50", "open": "70", "new": "30", "low": "100", "high": "2345", "median": "150"}
        result = Result([Column("month", "Month"), Column("won", "Won", "money")], waiting=not self.ready)
        result.add("November", Decimal(50))
        if self.ready:
            result.charts.append(Bands.of("Won total", [Foretold("November", outlook, Decimal(777))]))
        return result


def test_tables_behind_estimates_go_along_and_a_mail_waits_for_what_is_computed(workspace, admin, monkeypatch):
    report = Estimates()
    monkeypatch.setattr(registry, "find", lambda key: report)
    create_report_mail(report="estimates", query="", every="week", recipients=[admin], actor=Actor.of(admin))
    assert send_due_report_mails(MONDAY) == 0
    assert not OutgoingMail.objects.exists()
    report.ready = True
    assert send_due_report_mails(MONDAY + dt.timedelta(minutes=5)) == 1
    mail = OutgoingMail.objects.get()
    (chart,) = report.build(None).charts
    (row,) = chart.table.rows
    told = [written(cell.value, column.kind) for column, cell in zip(chart.table.columns, row.cells, strict=True)]
    assert "$2,345" in told
    assert "November: Won already $50; From open deals $70; " in mail.text and "Won total" in mail.text
    assert all(f">{each}</font>" in mail.html for each in told)
    assert "November: Won $50\n" in mail.text
    report.ready = False
    assert send_due_report_mails(MONDAY + dt.timedelta(days=7, hours=3)) == 1  # at ten it goes as it is


def test_a_filter_that_is_gone_says_so_and_others_go_out(scene, admin):
    gone = "person=00000000-0000-0000-0000-000000000000"
    create_report_mail(report="pipeline", query=gone, every="week", recipients=[admin], actor=Actor.of(admin))
    assert send_due_report_mails(MONDAY) == 1
    assert "There is no such person." in OutgoingMail.objects.get().text


def test_only_those_who_can_log_in_get_one(admin, rep, client_of):
    with pytest.raises(Refused):
        create_report_mail(report="pipeline", query="", every="week", recipients=[], actor=Actor.of(admin))
    posted = {"every": "month", "days": "ended", "recipients": [str(rep.pk)]}
    page = client_of(rep).post("/reports/pipeline/mail/", posted)
    assert page.status_code == 302
    mail = ReportMail.objects.get()
    assert "from" not in mail.query
    change_report_mail(mail_id=mail.pk, every="week", recipients=[admin], actor=Actor.of(rep))
    assert [each.user_id for each in mail.recipients.all()] == [admin.pk]
    assert client_of(rep).post("/reports/pipeline/mail/", {"every": "never"}).status_code == 422


def test_its_days_are_chosen_kept_and_changed(rep, client_of):
    shown = "/reports/win-loss/mail/?by=owner&from=2016-01-01&to=2017-12-31"
    posted = {"every": "month", "days": "shown", "recipients": [str(rep.pk)]}
    page = client_of(rep)
    assert page.post(shown, posted).status_code == 302
    mail = ReportMail.objects.get()
    assert "from=2016-01-01" in mail.query and "by=owner" in mail.query
    url = f"/reports/mails/{mail.pk}/"
    assert '<option value="shown" selected>' in page.get(url).content.decode()
    assert page.post(url, posted).status_code == 302
    assert page.post(url, posted | {"days": "never"}).status_code == 422
    mail.refresh_from_db()
    assert "to=2017-12-31" in mail.query  # changed into what it was
    assert page.post(url, posted | {"days": "year"}).status_code == 302
    mail.refresh_from_db()
    assert "period=year" in mail.query and "from" not in mail.query and "by=owner" in mail.query
    assert page.post(url, posted | {"days": "ended"}).status_code == 302
    mail.refresh_from_db()
    assert "period" not in mail.query and "by=owner" in mail.query
    assert page.post(url, posted | {"days": "shown"}).status_code == 422  # no days are kept any more
