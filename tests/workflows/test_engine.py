"""The engine on events: conditions, runs once per event, re-entry, chains, rights (W1-W6, W9)."""

import pytest

from activities.models import Task
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.events import drain
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from deals.services import create_deal, edit_deal, move_deal
from workflows.actions import REGISTRY
from workflows.models import Run
from workflows.problems import BadRule
from workflows.services import create_rule, publish_rule, retry_runs

from .conftest import TASK, document, work

pytestmark = pytest.mark.django_db


def edit(deal, person, **values):
    return edit_deal(deal_id=deal.pk, values=values, actor=Actor.of(person))


def test_w1_conditions_over_own_related_and_changed_fields_decide(publish, new_deal, company, rep):
    rule = publish(
        "deal.changed",
        {"action": "add_tag", "options": {"tags": ["big"]}},
        conditions={
            "all": [
                {"field": "amount", "operator": "gte", "value": 10000},
                {"any": [
                    {"field": "company.industry", "operator": "is", "value": "hardware"},
                    {"field": "source", "operator": "is", "value": "Fair"},
                ]},
                {"field": "amount", "operator": "changed"},
                {"none": [{"field": "owner.name", "operator": "contains", "value": "Nobody"}]},
            ]
        },
        reentry="event",
    )  # fmt: skip
    deal, other = new_deal(company=company, amount=500), new_deal(amount=500)
    for each in (deal, other):
        edit(each, rep, amount=20000)
        edit(each, rep, description="talked")
    work()
    deal.refresh_from_db()
    other.refresh_from_db()
    assert (deal.tags, other.tags) == (["big"], [])
    run = Run.objects.get(rule=rule)
    assert run.state == "done"
    seen = {(line["field"], line["operator"]): line for line in run.trace}
    assert seen["amount", "gte"]["seen"] == "20000" and seen["amount", "changed"]["before"] == "500"
    assert "seen" not in seen["company.industry", "is"]  # W2: a run keeps no text of a record


def test_w3_one_run_per_event_however_often_it_is_delivered(publish, new_deal, rep):
    publish("deal.created")
    new_deal()
    work()
    event = Event.objects.get(name="deal.created")
    Event.objects.filter(pk=event.pk).update(processed_at=None, done=[])
    drain.drain_outbox()
    assert Task.objects.count() == 1 and Run.objects.count() == 1


def test_w2_a_run_acts_as_its_owner_and_is_one_change_set(publish, new_deal, manager, rep):
    rule = publish("deal.created", TASK, {"action": "add_tag", "options": {"tags": ["new"]}})
    deal = new_deal()
    work()
    run = Run.objects.get()
    assert set(deal.history.filter(pgh_context_id=run.changeset_id).values_list("tags__len", flat=True)) == {1}
    task = Task.objects.get()
    assert (task.assignee, task.deal, task.created_by) == (rep, deal, manager)
    change = ChangeSet.objects.get(pk=run.changeset_id)
    assert (change.actor_kind, change.user, change.label) == ("workflow", manager, f"Rule: {rule.name}")
    assert [step.state for step in run.steps.all()] == ["done", "done"]


def test_w4_entry_runs_once_per_entry_and_leaves_alone_what_matched_before(publish, new_deal, rep):
    before = new_deal(amount=50000)
    work()
    rule = publish("deal.changed", conditions={"all": [{"field": "amount", "operator": "gt", "value": 10000}]})
    deal = new_deal(amount=1)
    edit(before, rep, description="matched already")
    edit(deal, rep, amount=20000)
    edit(deal, rep, description="still inside")
    work()
    assert list(Run.objects.values_list("record_id", flat=True)) == [deal.pk]
    edit(deal, rep, amount=5)
    edit(deal, rep, amount=30000)
    work()
    assert Run.objects.filter(rule=rule).count() == 2


def test_w4_once_ever_and_every_event(publish, new_deal, rep):
    publish("deal.changed", name="once", reentry="once")
    publish("deal.changed", name="each", reentry="event")
    deal = new_deal()
    for words in ("a", "b", "c"):
        edit(deal, rep, description=words)
    work()
    assert Run.objects.filter(rule__name="once").count() == 1
    assert Run.objects.filter(rule__name="each").count() == 3


def test_w4_stage_moves_enter_again_after_leaving(publish, new_deal, stage, rep):
    publish("deal.stage_changed", options={"to_stage": [str(stage("Proposal").pk)]})
    deal = new_deal()
    for name in ("Proposal", "Discovery", "Proposal"):
        move_deal(deal_id=deal.pk, to_stage=stage(name), actor=Actor.of(rep))
    work()
    assert Run.objects.count() == 2


def test_w4_imports_are_passed_over_unless_listened_to(publish, new_deal, rep):
    publish("deal.created", name="deaf")
    publish("deal.created", name="listens", listens_to=["import"])
    create_deal(actor=Actor(kind="import", user=rep, label="import", source="import"), title="Old", owner=rep)
    work()
    assert list(Run.objects.values_list("rule__name", flat=True)) == ["listens"]


def test_w5_a_rule_never_meets_a_record_twice_in_one_chain(publish, new_deal, rep):
    flip = {"action": "update_field", "options": {"field": "source", "value": "A"}}
    flop = {"action": "update_field", "options": {"field": "source", "value": "B"}}
    is_a, is_b = ({"all": [{"field": "source", "operator": "is", "value": each}]} for each in "AB")
    one = publish("deal.changed", flop, conditions=is_a, reentry="event")
    two = publish("deal.changed", flip, conditions=is_b, reentry="event")
    deal = new_deal(source="")
    edit(deal, rep, source="A")
    work()
    states = list(Run.objects.order_by("depth").values_list("rule", "state", "cause", "depth"))
    assert states == [(one.pk, "done", "", 0), (two.pk, "done", "", 1), (one.pk, "stopped", "loop", 2)]
    assert "same chain" in Run.objects.get(depth=2).reason


def test_w9_a_rule_of_a_rep_reaches_only_what_the_rep_may(publish, new_deal, rep, stranger, admin):
    with changeset(Actor.system("test"), "test.role"):
        rep.role.flags = [*rep.role.flags, "rules"]
        rep.role.save()
    rep.refresh_from_db()
    publish("deal.created", {"action": "add_tag", "options": {"tags": ["seen"]}}, owner=rep)
    mine, theirs = new_deal(), new_deal(owner=stranger)
    work()
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.tags, theirs.tags) == (["seen"], [])
    assert list(Run.objects.values_list("record_id", flat=True)) == [mine.pk]  # not even a trace of the other


def test_w9_the_right_is_asked_when_the_rule_runs(publish, new_deal, manager, rep, mate):
    publish("deal.created", {"action": "add_tag", "options": {"tags": ["x"]}})
    with changeset(Actor.system("test"), "test.role"):
        levels = manager.role.levels
        levels["deal"]["edit"] = "own"
        manager.role.save()
    new_deal()
    work()
    run = Run.objects.get()
    assert run.state == "failed" and run.steps.get().state == "failed"


def test_w8_a_failing_rule_does_not_stop_the_others_and_can_be_retried(publish, new_deal, rep, manager, monkeypatch):
    failing = publish("deal.created", TASK, {"action": "add_tag", "options": {"tags": ["x"]}})
    publish("deal.created", {"action": "notify", "options": {"who": ["owner"], "text": "New: {title}"}})
    real = REGISTRY["add_tag"].do

    def broken(step, plan):
        raise RuntimeError("disk full")

    monkeypatch.setattr(REGISTRY["add_tag"], "do", broken)
    deal = new_deal("Fleet")
    work()
    run = Run.objects.get(rule=failing)
    assert (run.state, run.attempts, run.position) == ("retrying", 1, 1) and Task.objects.count() == 1
    assert Notification.objects.get(topic="workflow").text == "New: Fleet"
    monkeypatch.setattr(REGISTRY["add_tag"], "do", real)
    assert retry_runs(actor=Actor.of(manager), run_ids=[run.pk]) == 1
    work()
    run.refresh_from_db()
    deal.refresh_from_db()
    assert run.state == "done" and deal.tags == ["x"] and Task.objects.count() == 1


def test_a_document_that_cannot_work_is_refused_with_step_and_reason(manager, pipeline):
    bad = document(
        "deal.changed",
        {"action": "update_field", "options": {"field": "amount", "value": "many"}},
        {"action": "move_stage", "options": {"stage": "Nowhere"}},
        {"action": "dance"},
        conditions={
            "all": [{"field": "cf_gone", "operator": "is", "value": "x"}, {"field": "amount", "operator": "bigger"}]
        },
    )
    rule = create_rule(name="Bad", document=bad, actor=Actor.of(manager))
    with pytest.raises(BadRule) as error:
        publish_rule(rule_id=rule.pk, actor=Actor.of(manager))
    places = {each.where for each in error.value.problems}
    assert places == {"conditions.1", "conditions.2", "steps.1.value", "steps.2.stage", "steps.3"}
