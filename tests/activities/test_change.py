"""Completing, moving, editing, pinning and binning activities (R5, R8), with conflicts (P3) and undo (H2)."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from activities.models import Activity, ActivityContact, ActivityMention
from activities.services.changing import (
    bin_activity,
    complete_activity,
    edit_activity,
    pin_activity,
    reopen_activity,
    reschedule_activity,
    restore_activity,
)
from activities.services.recording import ActivityRow, log_activity
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict, Refused


def ahead(**delta: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(**delta)


@pytest.fixture
def call(as_rep, maya):
    """A call that was planned for an hour ago."""
    row = ActivityRow(type="call", done=False, scheduled_at=ahead(hours=-1), contact_ids=(maya.pk,), infer_deal=False)
    return log_activity(row=row, actor=as_rep)


def test_completing_puts_it_at_its_planned_time_if_that_has_passed(as_rep, call):
    done = complete_activity(activity_id=call.pk, actor=as_rep)
    assert (done.completed_at, done.outcome, done.version) == (call.scheduled_at, "reached", 2)


def test_completing_early_puts_it_at_now(as_rep, maya):
    row = ActivityRow(type="meeting", done=False, scheduled_at=ahead(days=1), contact_ids=(maya.pk,))
    done = complete_activity(activity_id=log_activity(row=row, actor=as_rep).pk, actor=as_rep)
    assert done.completed_at <= timezone.now()
    assert done.outcome == "held"
    assert ActivityContact.objects.get(activity=done).at == done.completed_at


def test_completing_twice_changes_nothing(as_rep, call, database_diff):
    complete_activity(activity_id=call.pk, actor=as_rep, outcome="no_answer")
    with database_diff() as diff:
        again = complete_activity(activity_id=call.pk, actor=as_rep)
    assert again.outcome == "no_answer"
    assert diff.empty


def test_it_can_be_planned_again_but_only_if_it_ever_was(as_rep, call):
    complete_activity(activity_id=call.pk, actor=as_rep)
    again = reopen_activity(activity_id=call.pk, actor=as_rep)
    assert (again.completed_at, again.outcome, again.at) == (None, "", call.scheduled_at)
    note = log_activity(row=ActivityRow(type="note", body="x"), actor=as_rep)
    with pytest.raises(Refused):
        reopen_activity(activity_id=note.pk, actor=as_rep)


def test_rescheduling_moves_it_on_every_timeline(as_rep, call, workspace):
    at = ahead(days=3)
    reschedule_activity(activity_id=call.pk, actor=as_rep, at=at)
    assert ActivityContact.objects.get(activity=call).at == at
    day = timezone.localdate() + dt.timedelta(days=9)
    moved = reschedule_activity(activity_id=call.pk, actor=as_rep, day=day)
    assert (moved.scheduled_at, moved.scheduled_on, moved.at) == (None, day, workspace.noon(day))


def test_what_is_done_is_not_rescheduled(as_rep, call):
    complete_activity(activity_id=call.pk, actor=as_rep)
    with pytest.raises(Refused):
        reschedule_activity(activity_id=call.pk, actor=as_rep, at=ahead(days=1))


def test_an_edit_of_something_else_meanwhile_is_no_conflict(as_rep, call):
    edit_activity(activity_id=call.pk, actor=as_rep, changes={"body": "theirs"}, seen={"body": ""})
    edit_activity(activity_id=call.pk, actor=as_rep, changes={"duration": 10}, seen={"duration": None, "body": ""})
    call.refresh_from_db()
    assert (call.body, call.duration, call.version) == ("theirs", 10, 3)


def test_two_edits_of_one_field_conflict_with_both_values_p3(as_rep, call):
    edit_activity(activity_id=call.pk, actor=as_rep, changes={"body": "theirs"}, seen={"body": ""})
    with pytest.raises(Conflict) as conflict:
        edit_activity(activity_id=call.pk, actor=as_rep, changes={"body": "mine"}, seen={"body": ""})
    assert conflict.value.theirs == {"body": {"mine": "mine", "theirs": "theirs"}}
    call.refresh_from_db()
    assert call.body == "theirs"


def test_editing_the_moment_of_something_done_takes_its_completion_along(as_rep, maya):
    note = log_activity(row=ActivityRow(type="call", contact_ids=(maya.pk,)), actor=as_rep)
    at = ahead(days=-4)
    edit_activity(activity_id=note.pk, actor=as_rep, changes={"at": at})
    note.refresh_from_db()
    assert (note.at, note.completed_at) == (at, at)
    with pytest.raises(Refused):
        edit_activity(activity_id=note.pk, actor=as_rep, changes={"at": ahead(days=1)})


def test_only_new_mentions_are_told_of_and_removed_ones_go(as_rep, mate, manager, maya):
    row = ActivityRow(type="note", body=f"@{mate.name}", contact_ids=(maya.pk,))
    note = log_activity(row=row, actor=as_rep)
    edit_activity(activity_id=note.pk, actor=as_rep, changes={"body": f"@{manager.name}"})
    assert ActivityMention.objects.get(activity=note).user_id == manager.pk
    edit_activity(activity_id=note.pk, actor=as_rep, changes={"body": "nobody"})
    assert not ActivityMention.objects.filter(activity=note).exists()


def test_people_can_be_changed(as_rep, call, maya, henrik):
    edit_activity(activity_id=call.pk, actor=as_rep, changes={}, contact_ids=(henrik.pk,))
    assert list(call.contact_links.values_list("contact_id", flat=True)) == [henrik.pk]


def test_a_team_mate_sees_it_but_may_not_change_it_and_nothing_is_written_u3(mate, manager, call, database_diff):
    with database_diff() as diff, pytest.raises(PermissionDenied):
        complete_activity(activity_id=call.pk, actor=Actor.of(mate))
    assert diff.empty
    assert complete_activity(activity_id=call.pk, actor=Actor.of(manager)).completed_at


def test_a_stranger_does_not_even_find_it_u3(stranger, call):
    with pytest.raises(Activity.DoesNotExist):
        complete_activity(activity_id=call.pk, actor=Actor.of(stranger))


def test_nobody_edits_a_system_entry(admin, deal):
    entry = Activity.objects.get(system="deal_created")
    with pytest.raises(PermissionDenied):
        edit_activity(activity_id=entry.pk, actor=Actor.of(admin), changes={"body": "x"})


def test_pin_and_unpin(as_rep, maya):
    note = log_activity(row=ActivityRow(type="note", body="x", contact_ids=(maya.pk,)), actor=as_rep)
    assert pin_activity(activity_id=note.pk, actor=as_rep, pinned=True).pinned_at
    assert pin_activity(activity_id=note.pk, actor=as_rep, pinned=False).pinned_at is None


def test_bin_and_restore_r8(as_rep, call):
    bin_activity(activity_id=call.pk, actor=as_rep)
    assert not Activity.objects.live().filter(pk=call.pk).exists()
    assert restore_activity(activity_id=call.pk, actor=as_rep).binned_at is None


def test_undo_of_logging_leaves_nothing_h2(as_rep, maya, mate, deal):
    log_activity(row=ActivityRow(type="note", body=f"@{mate.name}", contact_ids=(maya.pk,)), actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert not Activity.objects.filter(type="note").exists()
    deal.refresh_from_db()
    maya.refresh_from_db()
    assert (deal.last_activity_at, maya.last_touch_at) == (None, None)


def test_undo_of_completing_and_of_binning_h2(as_rep, call, maya):
    for service in (complete_activity, bin_activity):
        before = Activity.objects.filter(pk=call.pk).values("completed_at", "outcome", "at", "binned_at").get()
        service(activity_id=call.pk, actor=as_rep)
        undo(changeset_id=as_rep.last_change, actor=as_rep)
        after = Activity.objects.filter(pk=call.pk).values("completed_at", "outcome", "at", "binned_at").get()
        assert after == before
    maya.refresh_from_db()
    assert maya.last_touch_at is None
