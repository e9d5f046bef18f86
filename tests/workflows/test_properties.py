"""What must hold whatever the rules: they come to rest and say why (W5); the brake, broken rules, the house (W8, W9).

`GRAPHS=50` tries fifty graphs of rules; `--hypothesis-seed=1` chooses them, `--hypothesis-show-statistics` says how deep they go.
"""

import os

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from activities.models import Task
from contacts.services import create_contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.remember import forget
from crm.kernel.customfields.services import create_field, remove_field
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from deals.models import Deal
from deals.services import create_deal, edit_deal
from workflows.engine.running import MAX_DEPTH
from workflows.models import Rule, Run
from workflows.problems import BadRule
from workflows.services import (
    create_rule,
    dismiss_runs,
    publish_rule,
    resume_rule,
    save_draft,
    start_run,
    transfer_rule,
)

from .conftest import document, work

pytestmark = pytest.mark.django_db
LETTERS = "ABC"
NODES = st.lists(
    st.tuples(
        st.sampled_from(["", *LETTERS]), st.sampled_from(LETTERS), st.sampled_from(["source", "description", "deal"])
    ),
    min_size=1,
    max_size=6,
)
RATE = 12  # rules that make deals, which set off others that do, grow until the brake
EXAMPLES = int(os.environ.get("GRAPHS", "12"))


def effect(what, to):
    if what == "deal":
        return {"action": "create_deal", "options": {"title": "Next", "who": "owner"}}
    return {"action": "update_field", "options": {"field": what, "value": to}}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nodes=NODES)
def test_w5_random_graphs_of_rules_come_to_rest_and_say_why(publish, pipeline, rep, manager, nodes):
    with changeset(Actor.system("test"), "test.clear"):
        Run.objects.all().delete()
        Rule.objects.all().delete()
    for number, (seen, to, what) in enumerate(nodes):
        conditions = [{"field": "source", "operator": "is", "value": seen}] if seen else {}
        trigger = "deal.created" if what == "deal" else "deal.changed"
        more = {"reentry": "event", "rate_per_hour": RATE}
        publish(trigger, effect(what, to), conditions=conditions, name=f"N{number}", **more)
        if what == "deal":  # it sets itself off: each new deal makes another
            publish("deal.changed", effect(what, to), name=f"M{number}", **more)
    deal = create_deal(actor=Actor.of(rep), title="Start", owner=rep, source="A")
    edit_deal(deal_id=deal.pk, values={"description": "go"}, actor=Actor.of(rep))
    work()
    assert not Event.objects.waiting().exists()
    held = Run.objects.filter(state="held")  # what the brake holds back is all that is left, and says so
    assert set(Run.objects.pending().values_list("pk", flat=True)) == set(held.values_list("pk", flat=True))
    for run in held:
        assert run.cause == "rate" and run.reason and run.due_at is not None
        assert Run.objects.filter(rule=run.rule_id).exclude(state="held").count() >= RATE
    assert set(Run.objects.values_list("state", flat=True)) <= {"done", "stopped", "held"}
    assert all(depth <= MAX_DEPTH for depth in Run.objects.values_list("depth", flat=True))
    for run in Run.objects.filter(state="stopped"):
        assert run.cause in ("loop", "depth") and run.reason
        assert run.cause == "loop" or run.depth == MAX_DEPTH
    for run in Run.objects.filter(state="done"):
        assert len(run.chain) == len(set(run.chain)) == run.depth + 1
    event(f"deepest run: {max(Run.objects.values_list('depth', flat=True), default=0)}")
    for cause in set(Run.objects.exclude(state="done").values_list("cause", flat=True)):
        event(f"stopped by: {cause}")


def test_w5_a_chain_over_ever_new_records_ends_at_its_depth_and_says_so(publish, new_deal):
    publish("deal.created", effect("deal", ""), reentry="event")
    new_deal("Start")
    work()
    runs = list(Run.objects.order_by("depth").values_list("depth", "state", "cause"))
    assert runs == [(depth, "done", "") for depth in range(MAX_DEPTH)] + [(MAX_DEPTH, "stopped", "depth")]
    assert str(MAX_DEPTH) in Run.objects.get(cause="depth").reason and Deal.objects.count() == MAX_DEPTH + 1


def test_the_brake_holds_runs_back_visibly_and_lets_them_go_on(publish, new_deal, rep, manager):
    rule = publish("deal.created", rate_per_hour=3)
    for number in range(5):
        new_deal(f"D{number}")
    work()
    assert sorted(Run.objects.values_list("state", flat=True)) == ["done"] * 3 + ["held"] * 2
    assert Notification.objects.filter(topic="workflow", user=manager).count() == 1
    held = Run.objects.filter(state="held", rule=rule).first()
    assert "more than 3 runs" in held.reason and Task.objects.count() == 3


def test_a_rule_broken_later_pauses_itself_tells_and_loses_nothing(publish, new_deal, rep, manager, admin):
    boss = Actor.of(admin)
    field = create_field(record_kind="deal", label="Region", type="text", actor=boss)
    forget()
    rule = publish("deal.created", conditions=[{"field": "cf_region", "operator": "empty"}])
    new_deal("Before")
    work()
    remove_field(field_id=field.pk, actor=boss)
    forget()
    new_deal("Meanwhile")
    work()
    rule.refresh_from_db()
    assert rule.state == "paused" and rule.broken and "no field" in rule.pause_reason
    assert Notification.objects.filter(user=manager, text__contains="paused itself").count() == 1
    assert Run.objects.get(cause="broken").state == "held"
    with pytest.raises(BadRule):
        resume_rule(rule_id=rule.pk, actor=Actor.of(manager))
    save_draft(rule_id=rule.pk, document=document("deal.created"), actor=Actor.of(manager))
    publish_rule(rule_id=rule.pk, actor=Actor.of(manager))
    work()
    assert set(Task.objects.values_list("deal__title", flat=True)) == {"Before", "Meanwhile"}


def test_w9_the_house_may_do_what_was_named_and_nobody_lends_themself_rights(new_lead, rep, manager, admin):
    boss, lead = Actor.of(admin), Actor.of(manager)
    steps = [{"action": "add_tag", "options": {"tags": ["x"]}}]
    with pytest.raises(Exception, match="no right"):
        create_rule(name="H", document=document("lead.created", *steps), actor=lead, as_house=True)
    with pytest.raises(Exception, match="no right"):
        create_rule(name="H", document=document("lead.created", *steps), actor=lead, owner=admin)
    rule = create_rule(
        name="H", document=document("lead.created", *steps), actor=boss, as_house=True, house_rights=["contact.view"]
    )
    with pytest.raises(BadRule, match="no right to do this"):
        publish_rule(rule_id=rule.pk, actor=boss)
    transfer_rule(rule_id=rule.pk, as_house=True, house_rights=["contact.edit"], actor=boss)
    publish_rule(rule_id=rule.pk, actor=boss)
    person = new_lead()
    work()
    person.refresh_from_db()
    assert person.tags == ["x"]
    assert transfer_rule(rule_id=create_rule(name="M", actor=boss).pk, owner=manager, actor=lead).owner == manager


def test_started_by_hand_dismissed_and_for_records_that_match_already(publish, new_deal, rep, manager):
    big = [{"field": "amount", "operator": "gt", "value": 10}]
    hand = publish("manual", options={"record": "deal"}, conditions=big)
    small, large = new_deal(amount=1), new_deal(amount=100)
    with pytest.raises(Exception, match="Amount is more than 10"):
        start_run(rule_id=hand.pk, record_id=small.pk, actor=Actor.of(rep))
    start_run(rule_id=hand.pk, record_id=large.pk, actor=Actor.of(rep))
    publish("deal.changed", conditions=big, include_existing=True, name="existing")
    work()
    assert Task.objects.filter(deal=large).count() == 2 and not Task.objects.filter(deal=small).exists()
    assert dismiss_runs(actor=Actor.of(manager)) == 0
    assert create_contact(values={"last_name": "Left"}, actor=Actor.of(rep)).owner is None
