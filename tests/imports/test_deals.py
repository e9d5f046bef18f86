"""Import of deals with their own past (P3, P4, P9, R1, U4), people in teams (U1), activities and tasks (R5, R6)."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from activities.models import Activity, Task
from contacts.models import Contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.listing.imports import services, work
from crm.kernel.users.models import Team, User
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, Stage, StageChange

from .conftest import problems
from .test_runs import business_rows

TEAM = """sales_agent,manager,regional_office
Moses Frase,Dustin Brinkmann,Central
Anna Snelling,Dustin Brinkmann,Central
Cecily Lampkin,Summer Sewald,West
"""
DEALS = """opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
A1,Moses Frase,GTX Pro,Cancity,Won,2016-10-20,2017-03-01,1054
A2,Anna Snelling,MG Special,,Lost,2017-01-05,2017-03-07,0
A3,Moses Frase,GTX Pro,Isdom,Engaging,2017-02-01,,
A4,Moses Frase,GTX Pro,,Prospecting,,,
A5,Moses Frase,MG Special,Isdom,Won,2017-03-31,2017-03-31,55
"""
STAGES = {"Prospecting": "Qualified", "Engaging": "Discovery"}


@pytest.fixture
def agents(imported, admin):
    """Three agents without login, in two teams below two offices."""
    return imported("people", TEAM, admin)


@pytest.fixture
def deals(imported, admin, agents):
    """The five deals of the file, of which one was won on the day on which it began."""
    run = imported("deals", DEALS, admin, stages=STAGES, title_from=["product", "account"])
    assert run.counts["created"] == 5, problems(run)
    return run


def test_people_come_without_login_in_teams_named_after_managers(agents):
    moses = User.objects.get(name="Moses Frase")
    assert (moses.state, moses.email, moses.has_usable_password()) == ("without_login", None, False)
    assert (moses.team.name, moses.team.parent.name) == ("Dustin Brinkmann", "Central")
    assert Team.objects.filter(import_source="file").count() == 4


def test_closed_deals_keep_their_dates_and_skip_the_gates(deals):
    won = Deal.objects.get(external_id="A1")
    assert (won.stage.kind_of, won.closed_on, won.amount, won.owner.name) == (
        "won",
        dt.date(2017, 3, 1),
        Decimal(1054),
        "Moses Frase",
    )
    assert (won.title, won.tags, won.company.name) == ("GTX Pro · Cancity", ["GTX Pro"], "Cancity")
    zone = Workspace.current().zone
    assert won.created_at.astimezone(zone) == dt.datetime(2016, 10, 20, 12, tzinfo=zone)
    lost = Deal.objects.get(external_id="A2")
    assert (lost.lost_reason.name, lost.title) == ("Not recorded (import)", "MG Special")


def test_each_deal_has_its_visits_in_order_each_with_one_entry_on_the_timeline(deals):
    first, last = StageChange.objects.filter(deal__external_id="A5").order_by("at")
    assert first.until == last.at > first.at, "two visits on one day are still one after the other"
    assert last.until is None
    assert last.to_stage.kind_of == "won"
    assert Activity.objects.filter(stage_change__isnull=False).count() == StageChange.objects.count() == 8


def test_open_deals_go_to_somebody_who_can_log_in_with_the_owner_kept_in_words(deals, admin):
    deal = Deal.objects.get(external_id="A3")
    assert deal.owner == admin
    assert "Moses Frase" in deal.description
    assert deal.stage.name == "Discovery"
    assert not deal.created_unknown
    assert Deal.objects.get(external_id="A4").created_unknown


def test_history_is_dated_back_and_carries_both_times(deals):
    row = Deal.objects.get(external_id="A1").history.get()
    assert row.pgh_created_at.date() == dt.date(2016, 10, 20)
    assert row.recorded_at.date() == dt.datetime.now(dt.UTC).date()


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_dates_are_dates_wherever_the_workspace_is(imported, admin, agents, zone, system):
    """R1: a deal closed on 31 March counts in March in every zone."""
    with changeset(system, "test.zone"):
        Workspace.objects.update(timezone=zone)
    Workspace.forget()
    imported("deals", DEALS, admin, stages=STAGES, title_from=["product"])
    deal = Deal.objects.get(external_id="A5")
    assert deal.closed_on == dt.date(2017, 3, 31)
    assert deal.created_at.astimezone(ZoneInfo(zone)).date() == dt.date(2017, 3, 31)


def test_the_same_deals_a_second_time_change_nothing(imported, admin, deals, database_diff):
    with database_diff() as diff:
        run = imported("deals", DEALS, admin, stages=STAGES, title_from=["product", "account"])
    assert run.counts["unchanged"] == 5
    assert not [name for name in diff.tables if name.startswith(("deals_", "contacts_", "activities_", "audit_"))]


def test_undo_of_the_deals_leaves_every_business_table_equal(imported, admin, agents):
    before = business_rows()
    run = imported("deals", DEALS, admin, stages=STAGES, title_from=["product", "account"])
    services.start_undo(actor=Actor.of(admin), run_id=run.pk)
    work.work_on(run.pk)
    after = business_rows()
    for table, rows in before.items():
        assert after[table] == rows, table


def test_a_stage_that_nobody_has_matched_keeps_its_row_out(check, admin):
    run = check("deals", "Title,Stage\nOne,Somewhere\nTwo,closed won\n", admin)
    assert run.counts["errors"] == 2
    assert [message for _row, _column, message in problems(run)] == [
        "There is no stage “Somewhere”. Match it to one of yours.",
        "A closed deal needs the date of its close.",
    ]


BAD = [
    ("created", "2017-05-01", "2017-04-01", "5", "before the creation"),
    ("closed", "2017-05-01", "2117-04-01", "5", "in the future"),
    ("amount", "2017-05-01", "2017-06-01", "-5", "0 or more"),
    ("amount", "2017-05-01", "2017-06-01", "9999999999999999", "too large"),
    ("closed", "2017-05-01", "31 February 2017", "5", "no such day"),
]


@pytest.mark.parametrize(("column", "created", "closed", "amount", "words"), BAD)
def test_bad_dates_and_amounts_keep_their_row_out(check, admin, column, created, closed, amount, words):
    run = check("deals", f"Title,Stage,Created,Closed,Amount\nOne,Won,{created},{closed},{amount}\n", admin)
    assert run.counts["errors"] == 1
    assert words in problems(run)[0][2]


def test_a_deal_made_and_closed_late_on_one_day_of_another_zone_comes_in(imported, admin):
    """The day of the close is one of the file's zone: in ours the moment of the creation may be on the next (R1, P9)."""
    with changeset(Actor.system("test data"), "test.zone"):
        Workspace.objects.update(timezone="Europe/Oslo")
    Workspace.forget()
    imported("deals", "Title,Stage,Created,Closed\nOne,Won,2017-01-31T23:30:00+00:00,2017-01-31\n", admin)
    deal = Deal.objects.get()
    assert deal.closed_on == dt.date(2017, 1, 31)
    assert deal.closed_at > deal.created_at == dt.datetime(2017, 1, 31, 23, 30, tzinfo=dt.UTC)


def test_an_amount_of_a_million_million_fits(imported, admin):
    imported("deals", "Title,Amount\nBig,1000000000000\n", admin)
    assert Deal.objects.get().amount == Decimal(10) ** 12


def test_people_of_deals_are_found_or_made(imported, admin):
    imported("contacts", "Name,Email\nAnn Lee,ann@acme.example\n", admin)
    imported("deals", "Title,Company,Contact email,Contact\nOne,Acme,ann@acme.example,\nTwo,Acme,,Bo Moen\n", admin)
    assert [c.name for c in Deal.objects.get(title="One").contacts.all()] == ["Ann Lee"]
    bo = Deal.objects.get(title="Two").contacts.get()
    assert (bo.name, bo.company.name, bo.lifecycle) == ("Bo Moen", "Acme", "opportunity")
    assert Contact.objects.count() == 2


def test_an_overwriting_import_moves_known_deals_by_the_same_service(imported, admin):
    imported("deals", "Id,Title,Stage,Created\n1,One,Qualified,2026-01-01\n", admin)
    imported("deals", "Id,Title,Stage\n1,One and a half,Negotiation\n", admin, overwrite=True)
    deal = Deal.objects.get()
    assert (deal.title, deal.stage) == ("One and a half", Stage.objects.get(name="Negotiation"))
    assert StageChange.objects.for_deal(deal).count() == 2


def test_new_contacts_of_a_company_that_has_bought_are_customers(imported, admin):
    imported("deals", "Title,Company,Stage,Closed\nOne,Acme,Won,2026-01-01\n", admin)
    imported("contacts", "Name,Company\nAnn Lee,Acme\n", admin)
    assert Contact.objects.get().lifecycle == "customer"


# Activities and tasks -----------------------------------------------------------------------------------------------


def test_activities_notes_and_tasks_are_linked_to_what_they_name(imported, admin):
    imported("contacts", "Name,Email,Company\nAnn Lee,ann@acme.example,Acme\n", admin)
    imported("deals", "Id,Title,Company\nD1,Big one,Acme\n", admin)
    text = "Type,Subject,Date,Contact email,Deal id\nPhone call,Hello,2026-02-03 14:00,ann@acme.example,D1\n"
    run = imported("activities", text, admin)
    assert run.counts["created"] == 1, problems(run)
    call = Activity.objects.get(type="call")
    assert call.deal.title == "Big one"
    assert [c.name for c in call.contacts.all()] == ["Ann Lee"]
    assert call.completed_at == call.at
    assert call.company.name == "Acme"
    run = imported("notes", "Text,Contact email\nLikes tea,ann@acme.example\nWho,nobody@acme.example\n", admin)
    assert (run.counts["created"], run.counts["errors"]) == (1, 1)
    run = imported("tasks", "Title,Due,Contact email\nSend offer,2030-01-31,ann@acme.example\n", admin)
    task = Task.objects.get()
    assert (task.due_on, task.due_at, task.contact.name, task.assignee) == (
        dt.date(2030, 1, 31),
        None,
        "Ann Lee",
        admin,
    )
    for kind, rows in (
        ("activities", text),
        ("tasks", "Title,Due,Contact email\nSend offer,2030-01-31,ann@acme.example\n"),
    ):
        assert imported(kind, rows, admin).counts["unchanged"] == 1, kind


def test_a_column_of_notes_goes_to_the_timeline_once(imported, admin):
    for _time in range(2):
        imported("contacts", "Name,Email,Notat\nAnn Lee,ann@acme.example,Wants a demo\n", admin)
    assert Activity.objects.filter(type="note", contacts__primary_email="ann@acme.example").count() == 1
