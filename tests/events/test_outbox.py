"""The outbox: stored with the change, worked off exactly once, retried when a consumer fails (W2, W3)."""

import dataclasses
import datetime as dt
import threading
from typing import ClassVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.ids import uuid7
from crm.kernel.events import bus, drain
from crm.kernel.events.models import Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rang(bus.DomainEvent):
    """A test event."""

    name: ClassVar[str] = "test.rang"
    kind: ClassVar[str] = "contact"
    loud: bool = False


@pytest.fixture
def registries(monkeypatch):
    """Give the test registries of its own, so that it leaves no subscriber behind."""
    monkeypatch.setattr(bus, "_handlers", bus.defaultdict(list))
    monkeypatch.setattr(bus, "_consumers", bus.defaultdict(dict))
    monkeypatch.setattr(bus, "wake_worker", lambda: None)


def ring(**values) -> Event:
    actor = Actor.system("test")
    with changeset(actor, "test.ring"):
        return bus.publish(Rang(subject_id=uuid7(), **values), actor=actor)[0]


def test_publishing_outside_a_change_set_is_an_error(db, registries, system):
    with pytest.raises(RuntimeError):
        bus.publish(Rang(subject_id=uuid7()), actor=system)


def test_subscribers_get_all_events_of_a_class_in_one_call_with_their_author(db, registries, system):
    calls = []
    bus.subscribe(Rang, calls.append)
    with changeset(system, "test.ring") as change:
        bus.publish(*(Rang(subject_id=uuid7()) for _ in range(3)), actor=system)
    assert [len(events) for events in calls] == [3]
    assert all((e.actor, e.changeset_id) == (system, change.id) for e in calls[0])


def test_a_rolled_back_change_leaves_no_event(db, registries, system):
    with pytest.raises(ZeroDivisionError), changeset(system, "test.ring"):
        bus.publish(Rang(subject_id=uuid7()), actor=system)
        raise ZeroDivisionError
    assert not Event.objects.exists()


def test_a_subscriber_that_fails_takes_the_change_with_it(db, registries, system):
    def refuse(events):
        raise ValueError

    bus.subscribe(Rang, refuse)
    with pytest.raises(ValueError), changeset(system, "test.ring"):
        bus.publish(Rang(subject_id=uuid7()), actor=system)
    assert not Event.objects.exists()


def test_the_row_holds_ids_and_plain_values(db, registries):
    event = ring(loud=True)
    event.refresh_from_db()
    assert event.data == {"loud": True} and event.source == "worker" and event.processed_at is None


def test_every_consumer_runs_once_however_often_the_outbox_is_drained(db, registries):
    heard = []
    bus.consume(Rang, "test.first", lambda e: heard.append(("first", e.pk)))
    bus.consume(Rang, "test.second", lambda e: heard.append(("second", e.pk)))
    event = ring()
    assert drain.drain_outbox() == 1
    assert drain.drain_outbox() == 0
    assert heard == [("first", event.pk), ("second", event.pk)]
    event.refresh_from_db()
    assert event.processed_at and event.done == ["test.first", "test.second"] and event.attempts == 0


def test_events_that_nobody_consumes_are_marked_in_one_statement(db, registries, django_assert_num_queries):
    ids = [ring().pk for _ in range(5)]
    with django_assert_num_queries(2):
        assert drain.finish_unwatched(ids) == []
    assert not Event.objects.waiting().exists()


def test_a_failing_consumer_undoes_its_writes_and_is_retried_later(db, registries):
    def write_and_fail(event):
        ring()
        raise ValueError("no paper")

    bus.consume(Rang, "test.fails", write_and_fail)
    event = ring()
    assert drain.process(drain.claim()[0]) is False
    assert Event.objects.count() == 1
    event.refresh_from_db()
    assert "no paper" in event.error and event.processed_at is None and event.leased_until > timezone.now()
    assert drain.claim() == []


def test_after_eight_failures_the_event_rests_with_its_error(db, registries):
    def fail(event):
        raise ValueError("broken")

    bus.consume(Rang, "test.fails", fail)
    event = ring()
    for _ in range(Event.MAX_ATTEMPTS):
        Event.objects.update(leased_until=None)
        drain.drain_outbox()
    event.refresh_from_db()
    assert event.failed_at and event.attempts == Event.MAX_ATTEMPTS
    Event.objects.update(leased_until=None)
    assert drain.claim() == []


def test_a_lease_that_ran_out_is_claimed_again(db, registries):
    event = ring()
    for _ in range(Event.MAX_ATTEMPTS):
        assert drain.claim() == [event.pk]
        assert drain.claim() == []
        Event.objects.update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    event.refresh_from_db()
    assert event.attempts == 0  # killed workers are no failures of the event


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_double_nothing(registries):
    heard: list[int] = []
    lock = threading.Lock()

    def hear(event):
        with lock:
            heard.append(event.pk)

    bus.consume(Rang, "test.hears", hear)
    ids = [ring().pk for _ in range(60)]

    def work():
        drain.drain_outbox()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(heard) == ids


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_woken_after_the_commit_and_only_if_somebody_consumes(registries, monkeypatch):
    woken = []
    monkeypatch.setattr(bus, "wake_worker", lambda: woken.append(transaction.get_connection().in_atomic_block))
    ring()
    assert woken == []
    bus.consume(Rang, "test.hears", lambda e: None)
    ring()
    assert woken == [False]
