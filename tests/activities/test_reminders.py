"""Reminders of due tasks: in the person's zone, once, by whichever worker comes first (R6)."""

import datetime as dt
import threading
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction

from activities.models import Task
from activities.services.reminders import send_due_reminders
from activities.services.task_changes import complete_task, reassign_tasks
from activities.services.tasks import TaskRow, create_task, create_tasks
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.notifications.models import Notification
from crm.kernel.users.models import User

DAY = dt.date(2026, 11, 24)
AUCKLAND = ZoneInfo("Pacific/Auckland")


def at(zone: ZoneInfo, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute, tzinfo=zone)


@pytest.fixture
def auckland(mate):
    """The team mate, in Auckland."""
    with changeset(Actor.system("test data"), "test.zone"):
        mate.timezone = "Pacific/Auckland"
        mate.save()
    return mate


def test_it_is_sent_at_nine_where_the_assignee_is_and_only_once(as_rep, auckland):
    task = create_task(row=TaskRow(title="Call", due_on=DAY, remind=True, assignee_id=auckland.pk), actor=as_rep)
    with time_machine.travel(at(AUCKLAND, 8, 59), tick=False):
        assert send_due_reminders() == 0
    with time_machine.travel(at(AUCKLAND, 9), tick=False):
        assert send_due_reminders() == 1
        assert send_due_reminders() == 0
    note = Notification.objects.get()
    assert (note.user_id, note.topic, note.record_id) == (auckland.pk, "reminder", task.pk)
    assert "Call" in note.text


def test_what_is_done_binned_or_reassigned_is_not_reminded_of(as_rep, rep, auckland):
    done = create_task(row=TaskRow(title="Done", due_on=DAY, remind=True), actor=as_rep)
    complete_task(task_id=done.pk, actor=as_rep)
    given = create_task(row=TaskRow(title="Given", due_on=DAY, remind=True), actor=as_rep)
    reassign_tasks(task_ids=[given.pk], assignee_id=auckland.pk, actor=as_rep)
    with time_machine.travel(at(ZoneInfo("UTC"), 23), tick=False):
        send_due_reminders()
    assert list(Notification.objects.values_list("user_id", flat=True)) == [auckland.pk]


def test_somebody_who_left_is_not_told(as_rep, rep, mate):
    create_task(row=TaskRow(title="x", due_on=DAY, remind=True, assignee_id=mate.pk), actor=as_rep)
    with changeset(Actor.system("test data"), "test.leave"):
        User.objects.filter(pk=mate.pk).update(state=User.State.WITHOUT_LOGIN)
    with time_machine.travel(at(ZoneInfo("UTC"), 23), tick=False):
        assert send_due_reminders() == 1
    assert not Notification.objects.exists()


def test_sending_writes_no_history(as_rep):
    task = create_task(row=TaskRow(title="x", due_on=DAY, remind=True), actor=as_rep)
    before = task.history.count()
    with time_machine.travel(at(ZoneInfo("UTC"), 23), tick=False):
        send_due_reminders()
    task.refresh_from_db()
    assert task.reminded_at is not None
    assert (task.history.count(), task.version) == (before, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_reminder_once(as_rep):
    rows = [TaskRow(title=f"{n}", due_on=dt.date(2026, 1, 2), remind=True) for n in range(300)]
    create_tasks(rows=rows, actor=as_rep)
    start = threading.Barrier(2)
    sent: list[int] = []

    def work() -> None:
        start.wait()
        sent.append(send_due_reminders())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 300
    assert Notification.objects.count() == 300
    assert not Task.objects.filter(reminded_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_neither_mark_nor_message(as_rep):
    create_task(row=TaskRow(title="x", due_on=dt.date(2026, 1, 2), remind=True), actor=as_rep)

    def work_and_die() -> None:
        with transaction.atomic():
            send_due_reminders()
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        work_and_die()
    assert not Notification.objects.exists()
    assert send_due_reminders() == 1
