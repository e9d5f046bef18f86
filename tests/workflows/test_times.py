"""What time brings: waits, retries, idle spells, overdue tasks, dates, schedules; in zones and over holidays (W1, P8, R6)."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from activities.models import Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import reschedule_tasks
from activities.services.tasks import TaskRow, create_task
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Holiday
from deals.models import LostReason
from deals.services import close_deal, edit_deal
from workflows.models import DueTime, Run

from .conftest import look, work

pytestmark = pytest.mark.django_db
UTC = dt.UTC


def at(*when):
    """Travel to a moment, given in UTC; time runs on from there."""
    return time_machine.travel(dt.datetime(*when, tzinfo=UTC), tick=True)


def move_to_zone(person, zone):
    with changeset(Actor.system("test"), "test.zone"):
        User.objects.filter(pk=person.pk).update(timezone=zone)


def reminders():
    return list(Task.objects.filter(title="Call").order_by("created_at").values_list("created_at", flat=True))


def look_often(start, hours, step):
    """Look every so many hours, as beat does every half minute."""
    for number in range(0, hours, step):
        with time_machine.travel(start + dt.timedelta(hours=number), tick=True):
            look()


@pytest.mark.parametrize(
    ("zone", "last", "due"),
    [
        # Seven full days after the day of the last activity, 09:00 where the owner is.
        ("Europe/London", (2026, 3, 23, 15), (2026, 3, 31, 8)),  # clocks go forward on the 29th
        ("America/New_York", (2026, 10, 28, 15), (2026, 11, 5, 14)),  # clocks go back on the 1st
        ("Asia/Kolkata", (2026, 5, 4, 19), (2026, 5, 13, 3, 30)),  # already the 5th there
        ("Pacific/Auckland", (2026, 9, 22, 20), (2026, 9, 30, 20)),  # the 23rd there; clocks go forward on the 27th
        ("Europe/London", (2028, 2, 22, 10), (2028, 3, 1, 9)),  # over a leap day
    ],
)
def test_idle_reminds_once_at_nine_where_the_owner_is(publish, new_deal, rep, zone, last, due):
    move_to_zone(rep, zone)
    with at(*last):
        publish("deal.idle", options={"days": 7})
        new_deal()
        look()
    moment = dt.datetime(*due, tzinfo=UTC)
    look_often(moment - dt.timedelta(hours=8, minutes=1), 9, 4)
    assert reminders() == []
    look_often(moment, 60, 12)
    assert len(reminders()) == 1 and reminders()[0] - moment < dt.timedelta(minutes=5)


def test_idle_counts_working_days_and_comes_again_after_a_new_spell(publish, new_deal, rep):
    with changeset(Actor.system("test"), "test.holiday"):
        Holiday.objects.create(day=dt.date(2026, 4, 3), name="Good Friday")
        Holiday.objects.create(day=dt.date(2026, 4, 6), name="Easter Monday")
    with at(2026, 3, 31, 10):  # a Tuesday
        publish("deal.idle", options={"days": 2, "calendar": "working"})
        deal = new_deal()
        look()
    with at(2026, 4, 7, 8, 50):
        look()
    assert reminders() == []  # Wednesday, Thursday; Friday and Monday are holidays, Tuesday is the day after: at nine
    with at(2026, 4, 7, 9, 1):
        look()
    assert len(reminders()) == 1
    with at(2026, 4, 9, 9):
        log_activity(row=ActivityRow(type="note", body="Talked", deal_id=deal.pk), actor=Actor.of(rep))
    with at(2026, 4, 13, 12):
        look()
    assert len(reminders()) == 1
    with at(2026, 4, 14, 12):
        look()
    assert len(reminders()) == 2


def test_deals_idle_already_at_publishing_are_left_alone_and_new_owners_zones_count(publish, new_deal, rep, mate):
    with at(2026, 5, 1, 10):
        old, deal = new_deal("Old"), new_deal("New")
    with at(2026, 5, 20, 10):
        log_activity(row=ActivityRow(type="note", body="Talked", deal_id=deal.pk), actor=Actor.of(rep))
        publish("deal.idle", options={"days": 7})
        look()
    move_to_zone(mate, "Pacific/Auckland")
    with at(2026, 5, 27, 12):
        edit_deal(deal_id=deal.pk, values={"owner": mate}, actor=Actor.of(rep))
    with at(2026, 5, 27, 21, 30):  # 09:30 on the 28th in Auckland
        look()
    assert list(Task.objects.values_list("deal__title", "assignee__name")) == [("New", "Marcus Okafor")]
    assert old.title == "Old"


def test_overdue_follows_the_due_date_wherever_it_goes(publish, new_deal, rep):
    tell = {"action": "notify", "options": {"who": ["owner"], "text": "Late: {title}"}}
    with at(2026, 5, 1, 10):
        publish("task.overdue", tell)
        row = TaskRow(title="Offer", due_on=dt.date(2026, 5, 20), deal_id=new_deal().pk)
        task = create_task(row=row, actor=Actor.of(rep))
        look()
        reschedule_tasks(task_ids=[task.pk], due_on=dt.date(2026, 5, 4), actor=Actor.of(rep))
    with at(2026, 5, 4, 23, 30):
        look()
    assert Run.objects.count() == 0
    with at(2026, 5, 5, 0, 1):
        look()
        look()
    assert Run.objects.get().state == "done"


def test_a_date_comes_up_once_and_again_when_it_moves(publish, new_deal, rep):
    with at(2026, 5, 1, 10):
        publish("date.approaching", options={"field": "deal.expected_close", "days": 3})
        deal = new_deal(expected_close=dt.date(2026, 5, 20))
        new_deal("No date")
        look()
    with at(2026, 5, 17, 7):
        look()
    assert reminders() == []
    with at(2026, 5, 17, 9, 30):
        look()
        look()
    assert len(reminders()) == 1
    with at(2026, 5, 17, 10):
        edit_deal(deal_id=deal.pk, values={"expected_close": dt.date(2026, 6, 20)}, actor=Actor.of(rep))
        look()
    with at(2026, 6, 17, 12):
        look()
    assert len(reminders()) == 2


def test_a_schedule_runs_for_each_match_and_without_a_record(publish, new_deal, rep, manager):
    with at(2026, 5, 4, 10):
        tell = {"action": "notify", "options": {"who": ["rule_owner"], "text": "Good morning"}}
        publish("schedule", tell, options={"every": "day", "time": "09:00"})
        publish(
            "schedule", options={"record": "deal", "every": "week", "weekdays": ["3"], "time": "09:00"},
            conditions=[{"field": "amount", "operator": "gt", "value": 100}],
        )  # fmt: skip
        new_deal("Big", amount=500)
        new_deal("Small", amount=5)
        look()
    with at(2026, 5, 6, 12):  # a Wednesday
        look()
        look()
    assert list(Task.objects.values_list("deal__title", flat=True)) == ["Big"]
    assert Run.objects.filter(record_id=None).count() == 1


def test_a_wait_goes_on_later_and_undo_calls_it_off(publish, new_deal, rep):
    wait = {"action": "wait", "options": {"unit": "working_days", "amount": 2, "time": "10:00"}}
    with at(2026, 5, 1, 9):  # a Friday
        publish("deal.changed", wait, {"action": "add_tag", "options": {"tags": ["later"]}}, reentry="event")
        deal, other = new_deal(), new_deal()
        actor = Actor.of(rep)
        edit_deal(deal_id=deal.pk, values={"source": "Fair"}, actor=Actor.of(rep))
        edit_deal(deal_id=other.pk, values={"source": "Fair"}, actor=actor)
        work()
        assert set(Run.objects.values_list("state", flat=True)) == {"waiting"}
        undone = undo(changeset_id=actor.last_change, actor=actor)
        assert undone.stopped.count == 1
    with at(2026, 5, 5, 9, 59):
        work()
        deal.refresh_from_db()
        assert deal.tags == []
    with at(2026, 5, 5, 10, 1):
        work()
    deal.refresh_from_db()
    other.refresh_from_db()
    assert (deal.tags, other.tags) == (["later"], [])
    states = Run.objects.exclude(cause="loop").values_list("state", flat=True)  # its own tag is a change too
    assert sorted(states) == ["cancelled", "done"]


def test_due_rows_are_found_by_their_index(publish, new_deal, django_assert_max_num_queries):
    publish("deal.idle", options={"days": 7})
    for number in range(5):
        new_deal(f"D{number}")
    look()
    assert DueTime.objects.filter(at__gt=timezone.now()).count() == 5
    with django_assert_max_num_queries(12):  # savepoints included: nothing is due, nothing is scanned
        look()


def test_whoever_is_a_lead_again_after_a_lost_deal_is_watched_again(publish, new_deal, new_lead, rep):
    with at(2026, 5, 4, 10):
        publish("lead.idle", options={"days": 3})
        lead = new_lead(owner=rep)
        deal = new_deal(contacts=[(lead.pk, "")])
        look()
    with at(2026, 5, 12, 10):
        look()
    assert reminders() == []  # an opportunity, no lead
    with at(2026, 5, 12, 11):
        close_deal(deal_id=deal.pk, won=False, lost_reason=LostReason.objects.first(), actor=Actor.of(rep))
        look()
    assert len(reminders()) == 1
