"""Idle, last worked and next step: which acts reset them, and which do not (P8)."""

import datetime as dt

import pytest
from django.utils import timezone

from activities.services.changing import bin_activity, complete_activity, edit_activity, restore_activity
from activities.services.clocks import refresh_clocks
from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import complete_task
from activities.services.tasks import TaskRow, create_task
from contacts.services.contacts import edit_contact
from crm.kernel.core.changes import Actor, changeset
from deals.services import move_deal

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def log(actor, **values):
    return log_activity(row=ActivityRow(**values), actor=actor)


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"type": "note", "body": "x"}, True),
        ({"type": "email", "direction": "in"}, True),
        ({"type": "email", "direction": "out"}, True),
        ({"type": "call", "outcome": "reached"}, True),
        ({"type": "call"}, True),
        ({"type": "call", "outcome": "no_answer"}, False),
        ({"type": "meeting", "outcome": "held"}, True),
        ({"type": "meeting", "outcome": "no_show"}, False),
        ({"type": "meeting", "outcome": "cancelled"}, False),
    ],
)
def test_what_resets_the_idle_clock(as_rep, maya, deal, company, values, counts):
    at = timezone.now() - 3 * DAY
    log(as_rep, at=at, contact_ids=(maya.pk,), **values)
    for record, column in ((deal, "last_activity_at"), (maya, "last_touch_at"), (company, "last_touch_at")):
        record.refresh_from_db()
        assert getattr(record, column) == (at if counts else None)


def test_a_plan_resets_nothing_until_it_is_held(as_rep, maya, deal):
    at = timezone.now() - HOUR
    call = log(as_rep, type="call", done=False, scheduled_at=at, contact_ids=(maya.pk,))
    deal.refresh_from_db()
    assert deal.last_activity_at is None
    assert (deal.next_step_at, deal.next_step_type) == (at, "call")
    complete_activity(activity_id=call.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.last_activity_at == at
    assert deal.next_step_at is None


def test_a_move_and_an_edit_are_work_but_no_activity(as_rep, deal, maya):
    stage = deal.pipeline.stages.order_by("position")[2]
    move_deal(deal_id=deal.pk, to_stage=stage, actor=as_rep)
    edit_contact(contact_id=maya.pk, values={"job_title": "CEO"}, actor=as_rep)
    refresh_clocks(deal_ids=[deal.pk], contact_ids=[maya.pk])
    deal.refresh_from_db()
    maya.refresh_from_db()
    assert (deal.last_activity_at, maya.last_touch_at) == (None, None)
    assert timezone.now() - deal.last_worked_at < dt.timedelta(minutes=1)
    assert timezone.now() - maya.last_worked_at < dt.timedelta(minutes=1)


def test_an_automation_or_import_is_not_work(as_rep, rep, deal):
    refresh_clocks(deal_ids=[deal.pk])
    deal.refresh_from_db()
    before = deal.last_worked_at
    importer = Actor(kind="import", user=rep, label="file.csv", source="import")
    with changeset(importer, "test.import"):
        deal.description = "From a file"
        deal.save(update_fields=["description"])
    refresh_clocks(deal_ids=[deal.pk])
    deal.refresh_from_db()
    assert deal.last_worked_at == before


def test_the_last_of_several_counts_and_binning_it_gives_the_one_before(as_rep, maya, deal):
    first, last = timezone.now() - 5 * DAY, timezone.now() - DAY
    log(as_rep, type="note", body="a", at=first, contact_ids=(maya.pk,))
    note = log(as_rep, type="note", body="b", at=last, contact_ids=(maya.pk,))
    bin_activity(activity_id=note.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.last_activity_at == first
    restore_activity(activity_id=note.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.last_activity_at == last


def test_moving_an_activity_to_another_deal_sets_both_right(as_rep, maya, make_deal, deal):
    other = make_deal("Other")
    note = log(as_rep, type="note", body="a", contact_ids=(maya.pk,))
    edit_activity(activity_id=note.pk, actor=as_rep, changes={"deal_id": other.pk})
    deal.refresh_from_db()
    other.refresh_from_db()
    assert deal.last_activity_at is None
    assert other.last_activity_at == note.at


def test_the_next_step_is_the_earliest_open_task_or_planned_activity(as_rep, rep, maya, deal):
    today = timezone.localdate()
    create_task(row=TaskRow(title="Later", deal_id=deal.pk, due_on=today + 5 * DAY), actor=as_rep)
    create_task(row=TaskRow(title="Some day", deal_id=deal.pk), actor=as_rep)
    soon = timezone.now() + DAY
    log(as_rep, type="meeting", subject="Demo", done=False, scheduled_at=soon, contact_ids=(maya.pk,))
    deal.refresh_from_db()
    maya.refresh_from_db()
    assert (deal.next_step_text, deal.next_step_type, deal.next_step_at) == ("Demo", "meeting", soon)
    assert maya.next_step_at == soon


def test_a_date_only_step_is_overdue_from_the_next_midnight_of_its_assignee_r6(as_rep, mate, deal):
    with changeset(Actor.system("test data"), "test.zone"):
        mate.timezone = "Pacific/Auckland"
        mate.save()
    row = TaskRow(title="T", deal_id=deal.pk, due_on=dt.date(2026, 11, 30), assignee_id=mate.pk)
    create_task(row=row, actor=as_rep)
    deal.refresh_from_db()
    assert deal.next_step_due == dt.date(2026, 11, 30)
    assert deal.next_step_at == dt.datetime(2026, 12, 1, tzinfo=mate.zone)


def test_an_undated_task_is_a_next_step_too(as_rep, deal):
    task = create_task(row=TaskRow(title="Some day", deal_id=deal.pk), actor=as_rep)
    deal.refresh_from_db()
    assert (deal.next_step_text, deal.next_step_at) == ("Some day", None)
    complete_task(task_id=task.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.next_step_text == ""


def test_clocks_raise_no_version_and_write_no_history_p3(as_rep, maya, deal):
    history = deal.history.count()
    log(as_rep, type="note", body="x", contact_ids=(maya.pk,))
    version = deal.version
    deal.refresh_from_db()
    assert (deal.version, deal.history.count()) == (version, history)
