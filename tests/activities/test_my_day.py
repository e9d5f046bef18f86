"""My day: what stands where, in the person's zone, and what it costs."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from activities.myday import MyDay
from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import complete_task
from activities.services.tasks import TaskRow, create_task
from crm.kernel.core.changes import Actor, changeset
from deals.models import Deal

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
MONDAY = dt.date(2026, 11, 23)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _monday_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def titles(items):
    return [item.title for item in items]


def task_of(actor, title, due_on, **values):
    return create_task(row=TaskRow(title=title, due_on=due_on, **values), actor=actor)


def test_late_today_and_coming(as_rep):
    task_of(as_rep, "Late", MONDAY - DAY)
    task_of(as_rep, "Today", MONDAY)
    task_of(as_rep, "In a week", MONDAY + 7 * DAY)
    task_of(as_rep, "Too far", MONDAY + 8 * DAY)
    complete_task(task_id=task_of(as_rep, "Done", MONDAY).pk, actor=as_rep)
    day = MyDay(as_rep)
    assert (titles(day.late), titles(day.for_today), titles(day.coming)) == (["Late"], ["Today", "Done"], ["In a week"])
    assert day.left_today == 2


def test_days_are_cut_where_the_person_is(as_rep, rep):
    task_of(as_rep, "Monday", MONDAY)
    with timezone.override(ZoneInfo("Pacific/Auckland")):  # it is Tuesday there
        assert titles(MyDay(as_rep).late) == ["Monday"]
    with timezone.override(ZoneInfo("America/Los_Angeles")):
        assert titles(MyDay(as_rep).for_today) == ["Monday"]


def test_only_ones_own(as_rep, mate):
    task_of(as_rep, "Mine", MONDAY)
    task_of(as_rep, "Given away", MONDAY, assignee_id=mate.pk)
    assert titles(MyDay(as_rep).for_today) == ["Mine"]


def test_planned_calls_stand_with_the_tasks_and_in_the_agenda_with_a_line_for_now(as_rep, maya):
    for hour, subject in ((9, "Early"), (15, "Demo")):
        at = NOON.replace(hour=hour)
        row = ActivityRow(type="meeting", subject=subject, done=False, scheduled_at=at, contact_ids=(maya.pk,))
        log_activity(row=row, actor=as_rep)
    log_activity(row=ActivityRow(type="email", direction="in", subject="Mail"), actor=as_rep)
    day = MyDay(as_rep)
    assert titles(day.for_today) == ["Early", "Demo"]
    assert [(slot.what, slot.title) for slot in day.agenda] == [("slot", "Early"), ("now", ""), ("slot", "Demo")]
    assert day.meetings_today == 2


def idle(deal, days, **values):
    with changeset(Actor.system("test data"), "test.deal"):
        Deal.objects.filter(pk=deal.pk).update(created_at=NOON - days * DAY, last_activity_at=None, **values)


def test_gone_quiet_is_longer_idle_than_the_stage_allows_p8(as_rep, make_deal):
    limit = make_deal("At the limit").stage.idle_days
    idle(Deal.objects.get(title="At the limit"), limit)
    idle(make_deal("Quiet"), limit + 1)
    assert titles(MyDay(as_rep).quiet) == ["Quiet"]


def test_a_step_within_twice_the_limit_suppresses_the_mark_an_overdue_one_does_not_p8(as_rep, make_deal):
    deals = {name: make_deal(name) for name in ("Soon", "Far", "Overdue")}
    limit = deals["Soon"].stage.idle_days
    for name, step in (("Soon", 2 * limit - 1), ("Far", 2 * limit + 1), ("Overdue", -1)):
        idle(deals[name], limit + 5)
        task_of(as_rep, "Step", MONDAY + step * DAY, deal_id=deals[name].pk)
    assert set(titles(MyDay(as_rep).quiet)) == {"Far", "Overdue"}


def test_snoozed_binned_closed_and_others_deals_are_not_shown(as_rep, mate, make_deal):
    for name, values in (
        ("Snoozed", {"snoozed_until": MONDAY + DAY}),
        ("Binned", {"binned_at": NOON}),
        ("Closed", {"closed_at": NOON, "closed_on": MONDAY}),
        ("Not mine", {"owner": mate}),
    ):
        idle(make_deal(name), 90, **values)
    day = MyDay(as_rep)
    assert day.quiet == []
    assert titles_of(day.without_step) == ["Snoozed"]


def titles_of(rows):
    return [row["title"] for row in rows]


def test_deals_without_a_next_step_the_largest_first(as_rep, make_deal):
    make_deal("Small", amount=1)
    make_deal("Large", amount=100)
    planned = make_deal("Planned")
    task_of(as_rep, "Step", None, deal_id=planned.pk)
    assert titles_of(MyDay(as_rep).without_step) == ["Large", "Small"]


def test_the_page_costs_twelve_statements_at_most_whatever_there_is(
    as_rep, rep, client_of, maya, make_deal, django_assert_max_num_queries
):
    client = client_of(rep)
    for _ in range(2):
        for n in range(12):
            deal = make_deal(f"Deal {n}", maya)
            idle(deal, 60)
            task_of(as_rep, f"Task {n}", MONDAY + (n - 3) * DAY, deal_id=deal.pk if n % 2 else None, contact_id=maya.pk)
            at = NOON + dt.timedelta(hours=n)
            log_activity(
                row=ActivityRow(type="call", done=False, scheduled_at=at, contact_ids=(maya.pk,)), actor=as_rep
            )
        with django_assert_max_num_queries(12):
            assert client.get("/").status_code == 200


def test_move_all_to_today_is_one_command_with_undo(as_rep, rep, client_of):
    for n in range(3):
        task_of(as_rep, f"Late {n}", MONDAY - (n + 1) * DAY, due_time=dt.time(10) if n else None)
    client_of(rep).post("/day/move-late/")
    day = MyDay(as_rep)
    assert (len(day.late), len(day.for_today)) == (0, 3)


def test_a_viewer_may_look_and_is_offered_nothing(viewer, client_of):
    page = client_of(viewer).get("/").content.decode()
    assert "New task" not in page
