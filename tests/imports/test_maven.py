"""A real data set of 8,800 deals, imported by its plan; run by `.ci/maven` where the folder is there."""

import csv
import datetime as dt
import io
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from activities.mail.models import OutgoingMail
from contacts.models import Company, Contact
from contacts.services import create_company, create_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.audit.undo.changes import columns_of
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.history import TRACKED
from crm.kernel.listing.imports import services, work
from crm.kernel.listing.imports.models import ImportRun
from crm.kernel.users.models import Team, User
from crm.kernel.workspace.models import Workspace
from crm.reports.mailing import MOST_ROWS, send_due_report_mails, written_mail
from crm.reports.models import ReportMail
from crm.reports.registry import find
from crm.reports.services import create_report_mail
from deals.models import Deal

FOLDER = os.environ.get("MAVEN_DIR", "")
PLAN = Path(__file__).parents[2] / "docs" / "import" / "maven.yaml"
WON_BY_MONTH = [531, 285, 438, 531, 308, 446, 503, 279, 406, 511]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FOLDER, reason="MAVEN_DIR names no folder; .ci/maven sets it")]


@pytest.mark.parametrize("zone", ["Europe/London", "America/Los_Angeles", "Pacific/Auckland"])
def test_the_plan_gives_the_figures_of_the_source(admin, system, zone, capsys):
    with changeset(system, "test.zone"):
        Workspace.objects.update(timezone=zone)
    Workspace.forget()
    call_command("import_csv", FOLDER, plan=PLAN)
    assert Company.objects.count() == 85
    assert Company.objects.filter(parent__isnull=False).count() == 15
    assert not Company.objects.filter(industry="technolgy").exists()
    assert User.objects.filter(state=User.State.WITHOUT_LOGIN).count() == 35
    teams = Team.objects.filter(import_source="maven")
    assert (teams.filter(parent=None).count(), teams.filter(parent__isnull=False).count()) == (3, 6)
    won = Deal.objects.won()
    assert (Deal.objects.count(), won.count(), won.aggregate(total=Sum("amount"))["total"]) == (8800, 4238, 10_005_534)
    assert Deal.objects.lost().filter(lost_reason__name="Not recorded (import)").count() == 2473
    months = won.annotate(month=TruncMonth("closed_on")).values("month").annotate(n=Count("id")).order_by("month")
    assert [row["n"] for row in months] == WON_BY_MONTH
    products = Counter(Deal.objects.values_list("custom__product", flat=True))
    assert sum(products.values()) == 8800 and len(products) == 7 and products["gtx_pro"] == 1480
    _reports(admin)
    if zone == "Europe/London":
        _nothing_new(capsys)


def _reports(admin):
    """The reports tell the figures of the source, on the page, in the file and in the mail alike."""
    year = {"from": "2016-01-01", "to": "2017-12-31"}
    client = Client()
    client.force_login(admin)

    def lines(name: str, **data: str) -> list[list[str]]:
        answer = client.get(f"/reports/{name}/", {**year, **data, "format": "csv"})
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]

    total = next(row for row in lines("win-loss", by="owner") if row[0] == "All")
    assert (total[1], total[2], total[3], total[4]) == (
        "4238",
        "2473",
        "63.15",
        "",
    )  # lost ones have no amount: withheld
    assert Decimal(total[5]) == 10_005_534
    sellers = [Decimal(row[2]) for row in lines("leaderboard")]
    assert sellers[:3] == [1_153_214, 478_396, 454_298]
    months = {row[0]: row for row in lines("won-by-month")}
    assert [
        int(months[f"{name} 2017"][1])
        for name in ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    ] == WON_BY_MONTH
    assert Decimal(months["All"][5]) == 57
    page = client.get("/reports/win-loss/", {**year, "by": "owner"}).content.decode()
    assert "$10,005,534" in page and "63.2%" in page
    board = client.get("/reports/", year).content.decode()
    assert "63%" in board and "57" in board
    mail = ReportMail(report="win-loss", query="by=owner", every="month", owner=admin)
    _subject, text, html, _waiting = written_mail(mail, admin, dt.date(2017, 4, 1))
    assert "531" in text and "531" in html  # March alone
    _mailed(admin, client, year)


def _mailed(admin, client, year):
    """What goes out by mail is, cell by cell, what the file for spreadsheets holds."""
    wanted = {"win-loss": {"by": "owner"}, "leaderboard": {}, "won-by-month": {}}
    for name, more in wanted.items():
        create_report_mail(
            report=name, query=urlencode(year | more), every="month", recipients=[admin], actor=Actor.of(admin)
        )
    assert send_due_report_mails(timezone.now() + dt.timedelta(days=32)) == len(wanted)
    mails = {each.subject.partition(",")[0]: each for each in OutgoingMail.objects.all()}
    for name, more in wanted.items():
        answer = client.get(f"/reports/{name}/", {**year, **more, "format": "xlsx"})
        book = load_workbook(io.BytesIO(answer.content), read_only=True)
        rows = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
        text = mails[str(find(name).title)].text
        html = mails[str(find(name).title)].html
        lines = {line.partition(": ")[0]: line for line in text.splitlines() if ": " in line}
        for row in rows[:MOST_ROWS]:
            money = [f"{cell:,.0f}" for cell in row[1:] if isinstance(cell, int | float) and cell >= 100]
            assert all(each in lines[str(row[0])] and each in html for each in money), row
    assert "$10,005,534" in mails["Won and lost"].text


def _nothing_new(capsys):
    """The same files a second time change nothing."""
    before = ChangeSet.objects.count()
    call_command("import_csv", FOLDER, plan=PLAN)
    assert "8,800 unchanged" in capsys.readouterr().out
    assert ChangeSet.objects.count() == before


def test_undone_whole_it_leaves_every_business_table_as_it_was(admin, system):
    """H2: file by file, last first; what was here before is as it was, derived lifecycles too."""
    Workspace.forget()
    with changeset(system, "test.zone"):
        Workspace.objects.update(timezone="Europe/London")
    known = create_company(values={"name": "Acme Corporation", "tags": ["ours"]}, actor=Actor.of(admin))
    create_contact(values={"first_name": "Wile", "company_id": known.pk}, actor=Actor.of(admin))
    before = _business_rows()
    call_command("import_csv", FOLDER, plan=PLAN)
    known.refresh_from_db()
    assert known.industry and Contact.objects.get().lifecycle == "customer" and Deal.objects.count() == 8800
    for run in ImportRun.objects.order_by("-created_at", "-id"):
        services.start_undo(actor=Actor.of(run.user), run_id=run.pk)
        work.work_on(run.pk)
        run.refresh_from_db()
        assert (run.state, run.report["undo"]["kept"], run.report["undo"]["binned"]) == ("undone", 0, 0)
    # The field that the plan declares is a command of its own, before those of the files.
    for made in ChangeSet.objects.filter(command="fields.create"):
        undo(changeset_id=made.pk, actor=Actor.of(admin))
    after = _business_rows()
    assert {name for name in before if before[name] != after[name]} == set()


def _business_rows() -> dict[str, list[tuple[object, ...]]]:
    """Return all recorded columns of all rows, by model: what H2 calls equal."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list(*columns_of(model))) for model in TRACKED
    }
