"""Tasks: making, doing, moving, handing over (R6), rights (U2-U4), timeline (R7), undo (H2)."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from activities.models import Activity, Task
from activities.services.task_changes import (
    bin_task,
    complete_task,
    edit_task,
    reassign_tasks,
    reopen_task,
    reschedule_tasks,
    restore_task,
)
from activities.services.tasks import TaskRow, create_task, create_tasks
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.events.models import Event
from tests.conftest import make_user

MONDAY = dt.date(2026, 11, 23)
NEW_YORK = ZoneInfo("America/New_York")
AUCKLAND = ZoneInfo("Pacific/Auckland")


def moved_to(user, zone: str):
    """Return the person, now living in another zone."""
    with changeset(Actor.system("test data"), "test.zone"):
        user.timezone = zone
        user.save()
    return user


@pytest.fixture
def auckland(mate):
    """The team mate, in Auckland."""
    return moved_to(mate, "Pacific/Auckland")


def task_of(actor, **values) -> Task:
    return create_task(row=TaskRow(**{"title": "Send terms", **values}), actor=actor)


def test_it_is_the_actors_unless_given_to_somebody(as_rep, rep, mate):
    assert task_of(as_rep).assignee_id == rep.pk
    given = task_of(as_rep, assignee_id=mate.pk)
    assert (given.assignee_id, given.created_by_id) == (mate.pk, rep.pk)
    assert Event.objects.filter(name="task.assigned").count() == 1


def test_a_time_is_a_time_where_the_assignee_is(as_rep, auckland):
    task = task_of(as_rep, due_on=MONDAY, due_time=dt.time(15), assignee_id=auckland.pk)
    assert task.due_at == dt.datetime(2026, 11, 23, 15, tzinfo=AUCKLAND)


def test_it_reminds_at_nine_where_the_assignee_is(as_rep, auckland):
    task = task_of(as_rep, due_on=MONDAY, remind=True, assignee_id=auckland.pk)
    assert task.remind_at == dt.datetime(2026, 11, 23, 9, tzinfo=AUCKLAND)
    assert task_of(as_rep, due_on=MONDAY).remind_at is None


def test_a_date_only_task_is_overdue_from_the_next_midnight_of_its_assignee(as_rep, auckland):
    task = Task.objects.select_related("assignee").get(pk=task_of(as_rep, due_on=MONDAY, assignee_id=auckland.pk).pk)
    midnight = dt.datetime(2026, 11, 24, tzinfo=AUCKLAND)
    assert not task.is_overdue(midnight - dt.timedelta(seconds=1))
    assert task.is_overdue(midnight)


def test_a_timed_one_from_its_time_and_a_done_one_never(as_rep):
    task = task_of(as_rep, due_on=MONDAY, due_time=dt.time(15))
    task = Task.objects.select_related("assignee").get(pk=task.pk)
    assert not task.is_overdue(task.due_at)
    assert task.is_overdue(task.due_at + dt.timedelta(seconds=1))
    task.done_at = timezone.now()
    assert not task.is_overdue(task.due_at + dt.timedelta(days=1))


def test_open_work_needs_somebody_who_can_sign_in_u4(as_rep, teams):
    ghost = make_user("", "Old Agent", "rep", teams["east"], state="without_login")
    with pytest.raises(Refused, match="sign in"):
        task_of(as_rep, assignee_id=ghost.pk)
    assert task_of(as_rep, assignee_id=ghost.pk, done_at=timezone.now()).done_by_id == ghost.pk


def test_a_contacts_task_is_stamped_with_its_company(as_rep, maya, company):
    assert task_of(as_rep, contact_id=maya.pk).company_id == company.pk


def test_done_by_whom_and_when_and_a_line_on_the_timeline_r7(as_rep, rep, maya, deal, company):
    task = task_of(as_rep, contact_id=maya.pk, deal_id=deal.pk)
    done = complete_task(task_id=task.pk, actor=as_rep)
    assert done.done_by_id == rep.pk
    entry = Activity.objects.get(system="task_done")
    assert (entry.deal_id, entry.company_id, entry.data["title"]) == (deal.pk, company.pk, "Send terms")
    assert list(entry.contacts.values_list("pk", flat=True)) == [maya.pk]


def test_done_twice_is_done_once(as_rep, deal, database_diff):
    task = task_of(as_rep, deal_id=deal.pk)
    complete_task(task_id=task.pk, actor=as_rep)
    with database_diff() as diff:
        complete_task(task_id=task.pk, actor=as_rep)
    assert diff.empty


def test_open_again_takes_the_line_back(as_rep, deal):
    task = task_of(as_rep, deal_id=deal.pk)
    complete_task(task_id=task.pk, actor=as_rep)
    reopen_task(task_id=task.pk, actor=as_rep)
    assert not Activity.objects.filter(system="task_done").exists()


def test_moving_takes_the_reminder_along(as_rep):
    task = task_of(as_rep, due_on=MONDAY, remind=True)
    (moved,) = reschedule_tasks(task_ids=[task.pk], actor=as_rep, due_on=MONDAY + dt.timedelta(days=7))
    assert moved.due_on == dt.date(2026, 11, 30)
    assert moved.remind_at == dt.datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("UTC"))


def test_over_a_change_of_the_clocks_nine_stays_nine(as_rep, rep):
    moved_to(rep, "America/New_York")
    task = task_of(Actor.of(rep), due_on=dt.date(2026, 10, 30), remind=True)  # summer time ends on 1 November 2026
    (moved,) = reschedule_tasks(task_ids=[task.pk], actor=as_rep, due_on=dt.date(2026, 11, 2))
    assert moved.remind_at.astimezone(NEW_YORK).time() == dt.time(9)


@time_machine.travel(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC), tick=False)
def test_a_sent_reminder_is_sent_again_if_the_new_one_lies_ahead(as_rep):
    task = task_of(as_rep, due_on=MONDAY, remind=True)
    Task.objects.filter(pk=task.pk).update(reminded_at=timezone.now())
    (moved,) = reschedule_tasks(task_ids=[task.pk], actor=as_rep, due_on=MONDAY + dt.timedelta(days=1))
    assert moved.reminded_at is None


def test_keep_time_keeps_the_time_of_those_that_have_one(as_rep):
    task = task_of(as_rep, due_on=MONDAY, due_time=dt.time(15, 30))
    (moved,) = reschedule_tasks(task_ids=[task.pk], actor=as_rep, due_on=MONDAY + dt.timedelta(days=1), keep_time=True)
    assert moved.due_at == dt.datetime(2026, 11, 24, 15, 30, tzinfo=dt.UTC)


def test_reassigning_replans_an_unsent_reminder_r6(as_rep, auckland):
    task = task_of(as_rep, due_on=MONDAY, remind=True)
    (given,) = reassign_tasks(task_ids=[task.pk], assignee_id=auckland.pk, actor=as_rep)
    assert given.due_on == MONDAY
    assert given.remind_at == dt.datetime(2026, 11, 23, 9, tzinfo=AUCKLAND)


def test_reassigning_keeps_the_instant_of_a_time(as_rep, auckland):
    task = task_of(as_rep, due_on=MONDAY, due_time=dt.time(20))
    (given,) = reassign_tasks(task_ids=[task.pk], assignee_id=auckland.pk, actor=as_rep)
    assert given.due_at == task.due_at
    assert given.due_on == dt.date(2026, 11, 24)  # it is Tuesday there by then


def test_a_sent_reminder_is_not_replanned_by_reassigning(as_rep, auckland):
    task = task_of(as_rep, due_on=MONDAY, remind=True)
    Task.objects.filter(pk=task.pk).update(reminded_at=timezone.now())
    (given,) = reassign_tasks(task_ids=[task.pk], assignee_id=auckland.pk, actor=as_rep)
    assert given.remind_at == task.remind_at


def test_two_edits_of_one_field_conflict_p3(as_rep):
    task = task_of(as_rep)
    edit_task(task_id=task.pk, actor=as_rep, changes={"title": "Theirs"}, seen={"title": "Send terms"})
    with pytest.raises(Conflict) as conflict:
        edit_task(task_id=task.pk, actor=as_rep, changes={"title": "Mine"}, seen={"title": "Send terms"})
    assert conflict.value.theirs == {"title": {"mine": "Mine", "theirs": "Theirs"}}


def test_an_edit_is_one_command_and_can_be_undone_h2(as_rep, mate, maya, deal):
    task = task_of(as_rep, due_on=MONDAY, remind=True)
    names = ("title", "due_on", "due_at", "assignee_id", "remind_at", "deal_id", "company_id", "priority")
    before = Task.objects.filter(pk=task.pk).values(*names).get()
    edit_task(
        task_id=task.pk,
        actor=as_rep,
        changes={"title": "Call", "deal_id": deal.pk, "priority": 3},
        due=(MONDAY + dt.timedelta(days=2), dt.time(10)),
        remind=False,
        assignee_id=mate.pk,
    )
    deal.refresh_from_db()
    assert deal.next_step_text == "Call"
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert Task.objects.filter(pk=task.pk).values(*names).get() == before
    deal.refresh_from_db()
    assert deal.next_step_text == ""


@pytest.mark.parametrize("service", [complete_task, bin_task])
def test_rights_own_team_all_u2(service, as_rep, mate, manager, viewer, stranger, maya, database_diff):
    task = task_of(as_rep, contact_id=maya.pk)
    for person in (mate, viewer):
        with database_diff() as diff, pytest.raises(PermissionDenied):
            service(task_id=task.pk, actor=Actor.of(person))
        assert diff.empty
    with pytest.raises(Task.DoesNotExist):
        service(task_id=task.pk, actor=Actor.of(stranger))
    if service is complete_task:
        assert complete_task(task_id=task.pk, actor=Actor.of(manager)).done_at


def test_whoever_made_a_task_may_still_change_it(as_rep, mate):
    task = task_of(as_rep, assignee_id=mate.pk)
    assert complete_task(task_id=task.pk, actor=as_rep).done_at


def test_bin_and_restore_r8(as_rep, deal):
    task = task_of(as_rep, deal_id=deal.pk, due_on=MONDAY)
    bin_task(task_id=task.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.next_step_due is None
    restore_task(task_id=task.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.next_step_due == MONDAY


def test_undo_of_done_takes_the_line_back_h2(as_rep, deal):
    task = task_of(as_rep, deal_id=deal.pk)
    complete_task(task_id=task.pk, actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    task.refresh_from_db()
    assert task.done_at is None
    assert not Activity.objects.filter(system="task_done").exists()


def test_many_cost_the_same_number_of_statements(as_rep, deal, maya, django_assert_max_num_queries):
    rows = [TaskRow(title=f"{n}", deal_id=deal.pk, contact_id=maya.pk) for n in range(60)]
    with django_assert_max_num_queries(16):
        create_tasks(rows=rows, actor=as_rep)
