"""Records that match already when a rule is published (W4): which, how many, and what is done for them."""

import datetime as dt

import pytest
import time_machine

from activities.models import Task
from contacts.services import edit_contact
from crm.kernel.core.changes import Actor
from deals.models import LostReason
from deals.services import close_deal
from workflows.models import Rule
from workflows.services import check_rule, create_rule, matching_now, pause_rule, publish_rule, resume_rule

from .conftest import document, look, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def matching(manager):
    """Return a function that counts what a rule on a trigger would find."""

    def count(kind, conditions=None, **options):
        rule = create_rule(
            name=f"Rule {Rule.objects.count()}", actor=Actor.of(manager),
            document=document(kind, conditions=conditions, options=options),
        )  # fmt: skip
        return matching_now(rule)

    return count


def test_only_what_stands_where_the_trigger_would_have_brought_it(matching, new_deal, new_lead, rep, stage):
    new_deal(stage=stage("Proposal"))
    new_deal()
    won = new_deal()
    close_deal(deal_id=won.pk, won=True, actor=Actor.of(rep))
    close_deal(deal_id=new_deal().pk, won=False, lost_reason=LostReason.objects.first(), actor=Actor.of(rep))
    edit_contact(contact_id=new_lead(owner=rep).pk, values={"lead_status": "working"}, actor=Actor.of(rep))
    assert (matching("deal.won"), matching("deal.lost"), matching("deal.created")) == (1, 1, 4)
    proposal = str(stage("Proposal").pk)
    assert (matching("deal.stage_changed", to_stage=[proposal]), matching("deal.stage_changed")) == (1, 0)
    assert (matching("lead.status_changed", to_status=["working"]), matching("lead.status_changed")) == (1, 0)
    assert matching("lead.status_changed", to_status=["new"]) == 0
    assert [matching(each) for each in ("deal.reopened", "lead.returned", "manual")] == [0, 0, 0]
    assert (
        matching("deal.changed"),
        matching("deal.changed", {"all": [{"field": "owner", "operator": "filled"}]}),
    ) == (0, 4)
    assert matching("schedule", record="deal", every="day") == 4


def test_a_rule_on_won_deals_leaves_open_ones_alone_when_it_runs_for_those_that_match(publish, new_deal, rep):
    open_deal, won = new_deal(), new_deal()
    close_deal(deal_id=won.pk, won=True, actor=Actor.of(rep))
    publish("deal.won", include_existing=True)
    work()
    assert Task.objects.filter(deal=won).count() == 1 and not Task.objects.filter(deal=open_deal).exists()


def test_of_idle_deals_those_count_that_are_idle_already_and_what_comes_due_in_a_pause_is_left_alone(
    publish, new_deal, rep, manager, matching
):
    start = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=True):
        old = new_deal("Old")
    with time_machine.travel(start + dt.timedelta(days=9), tick=True):
        new = new_deal("New")
        assert (matching("deal.idle", days=7), matching("deal.idle", days=10)) == (1, 0)
        rule = publish("deal.idle", options={"days": 7}, include_existing=True)
        look()
        assert matching_now(rule) == 0  # it has run for the old one
        pause_rule(rule_id=rule.pk, actor=Actor.of(manager))
    with time_machine.travel(start + dt.timedelta(days=20), tick=True):
        resume_rule(rule_id=rule.pk, actor=Actor.of(manager))
        look()
        assert Task.objects.filter(deal=old).count() == 1 and not Task.objects.filter(deal=new).exists()
        publish_rule(rule_id=rule.pk, actor=Actor.of(manager), include_existing=True)
        look()
        assert Task.objects.filter(deal=new).count() == 1


def test_w6_why_not_says_when_the_moment_of_an_idle_rule_is_or_was(publish, new_deal, rep, manager, client_of):
    start = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=True):
        old = new_deal("Old")
    with time_machine.travel(start + dt.timedelta(days=20), tick=True):
        rule, new, lost = publish("deal.idle", options={"days": 7}), new_deal("New"), new_deal("Lost")
        close_deal(deal_id=lost.pk, won=True, actor=Actor.of(rep))
        client, address = client_of(manager), f"/workflows/{rule.pk}/?panel=why&record="
        said = [client.get(f"{address}{deal.pk}").content.decode() for deal in (old, new, lost)]
        assert "Choose a deal from the suggestions." in client.get(address).content.decode()
        by_hand = publish("manual", options={"record": "deal"})
        assert "nothing in the past to try it on" in client.get(f"/workflows/{by_hand.pk}/?panel=dry").content.decode()
    assert "10 Mar" in said[0] and "before the rule was at work" in said[0]
    assert "Its moment has not come yet: Mon 30 Mar" in said[1] and "does not watch this record" in said[2]


def test_the_warning_of_a_rule_that_sets_itself_off_knows_which_fields_it_watches(manager):
    tag = {"action": "add_tag", "options": {"tags": ["x"]}}
    source = {"action": "update_field", "options": {"field": "source", "value": "x"}}
    found = []
    for number, options in enumerate(({}, {"fields": ["source"]}, {"fields": ["amount"]})):
        rule = create_rule(
            name=f"R{number}", actor=Actor.of(manager), document=document("deal.changed", tag, source, options=options)
        )
        found.append([each.where for each in check_rule(rule).warnings])
    assert found == [["steps.1", "steps.2"], ["steps.2"], []]
