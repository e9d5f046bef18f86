"""Events that are taken in together: what one rule cannot do stops no other, and each event has its effect once (W3, W8)."""

import pytest
from django.utils import timezone

from activities.models import Task
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.events import drain
from crm.kernel.events.models import Event
from crm.kernel.users.models import User
from deals.models import StageChange
from deals.services import edit_deal, move_deal
from workflows.actions.records import MoveStage
from workflows.engine import events as engine
from workflows.engine.due import work_due_runs
from workflows.models import Run

from .conftest import work

pytestmark = pytest.mark.django_db
TAG = {"action": "add_tag", "options": {"tags": ["big"]}}


def test_w3_runs_of_many_events_are_one_command_that_is_undone_whole(publish, new_deal, manager):
    publish("deal.created", reentry="event")
    deals = [new_deal(f"Deal {number}") for number in range(5)]
    work()
    runs = Run.objects.all()
    assert {run.state for run in runs} == {"done"}
    assert {run.record_id for run in runs} == {deal.pk for deal in deals}
    made = {run.record_id: run.steps.get().result["task"] for run in runs}
    assert {task.deal_id: str(task.pk) for task in Task.objects.all()} == made
    (changeset_id,) = {run.changeset_id for run in runs}
    undo(changeset_id=changeset_id, actor=Actor.of(manager))
    assert not Task.objects.live().exists()


def test_w8_what_one_run_is_refused_takes_the_others_nowhere(publish, new_deal, mate):
    publish("deal.created", reentry="event")
    fine, orphaned = [new_deal(f"Deal {number}") for number in range(2)], new_deal("Orphan", owner=mate)
    with changeset(Actor.system("test data"), "test.people"):
        User.objects.filter(pk=mate.pk).update(state=User.State.WITHOUT_LOGIN)
    work()
    states = {run.record_id: run.state for run in Run.objects.all()}
    assert states == {fine[0].pk: "done", fine[1].pk: "done", orphaned.pk: "failed"}
    assert {task.deal_id for task in Task.objects.all()} == {deal.pk for deal in fine}


def test_w8_a_rule_that_cannot_be_asked_stops_no_other_and_is_asked_again(publish, new_deal, monkeypatch):
    sick, well = publish("deal.created"), publish("deal.created")
    asked = engine.holds

    def fail_for_one(conditions, snapshot, context):
        if context.actor.label.endswith(sick.name):
            raise ValueError("nobody thought of this")
        return asked(conditions, snapshot, context)

    monkeypatch.setattr(engine, "holds", fail_for_one)
    deals = [new_deal(f"Deal {number}") for number in range(3)]
    drain.drain_outbox()
    assert not Event.objects.filter(processed_at=None).exists()
    assert {run.state for run in Run.objects.filter(rule=well)} == {"done"}
    waiting = Run.objects.filter(rule=sick)
    assert {(run.state, run.cause, run.reason) for run in waiting} == {
        ("retrying", "asking", "ValueError: nobody thought of this")
    }
    Run.objects.filter(rule=sick).update(due_at=timezone.now())
    work_due_runs()
    assert {(run.record_id, run.state) for run in waiting.all()} == {(deal.pk, "done") for deal in deals}
    assert Task.objects.count() == 6


def test_w4_an_event_sees_what_the_one_before_it_set_off(publish, new_deal, rep):
    """Both are taken in together; the second must not read what was read for the first."""
    publish("deal.created", TAG, reentry="event")
    again = publish(
        "deal.changed",
        TAG,
        reentry="event",
        conditions={"all": [{"field": "tags", "operator": "none", "value": "big"}]},
    )
    deal = new_deal()
    work()
    edit_deal(deal_id=deal.pk, values={"amount": 5}, actor=Actor.of(rep))
    edit_deal(deal_id=deal.pk, values={"tags": []}, actor=Actor.of(rep))
    edit_deal(deal_id=deal.pk, values={"amount": 6}, actor=Actor.of(rep))
    work()
    deal.refresh_from_db()
    assert deal.tags == ["big"]
    runs = Run.objects.filter(rule=again).order_by("event_id")
    assert [(run.state, run.steps.get().state) for run in runs] == [("done", "done"), ("done", "skipped")]


def test_w6_a_step_for_which_a_person_was_faster_says_so(publish, new_deal, rep, stage, monkeypatch):
    """The move is planned, then somebody moves the deal there: nothing is done, and the run does not claim it."""
    there = stage("Proposal")
    publish("deal.created", {"action": "move_stage", "options": {"stage": str(there.pk)}})
    planned = MoveStage.plan

    def plan_slowly(self, step):
        plan = planned(self, step)
        move_deal(deal_id=step.record_id, to_stage=there, actor=Actor.of(rep))
        return plan

    monkeypatch.setattr(MoveStage, "plan", plan_slowly)
    deal = new_deal()
    work()
    assert StageChange.objects.filter(deal=deal, to_stage=there).count() == 1
    step = Run.objects.get().steps.get()
    assert (step.state, step.words) == ("skipped", "Somebody had done it in the meantime")
