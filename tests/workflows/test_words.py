"""What rules say: texts that stay, who gave somebody something, what a run page links to, which conditions spoke against it."""

import datetime as dt
import re

import pytest
import time_machine
from django.utils import timezone

from activities.models import Task
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.notifications.models import Notification
from workflows.conditions import RuleContext, judge, read_conditions
from workflows.explaining import told
from workflows.models import Rule, Run, Step
from workflows.problems import Problems
from workflows.services import duplicate_rule, rename_rule, start_run
from workflows.snapshots import Snapshot

from .conftest import look, work

pytestmark = pytest.mark.django_db


def test_texts_that_stay_say_days_by_their_date_and_leave_no_gap_for_what_is_empty(publish, new_deal):
    title = "Ask {company.name} about {title} by {close}"
    publish("deal.created", {"action": "create_task", "options": {"title": title, "notes": "a  b\n {company.name} c"}})
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    new_deal("Renewal", expected_close=tomorrow)
    work()
    task = Task.objects.get()
    assert task.title == f"Ask about Renewal by {tomorrow.day} {tomorrow:%B %Y}" and task.notes == "a  b\n c"


def test_w9_whoever_owns_a_rule_is_told_what_it_gives_them_and_all_are_told_that_it_was_a_rule(
    publish, new_deal, manager, rep
):
    publish("deal.created", {"action": "create_task", "options": {"title": "Look", "who": "rule_owner"}}, name="Watch")
    publish("deal.created", {"action": "create_task", "options": {"title": "Call", "who": "owner"}}, name="Begin")
    new_deal()
    work()
    assert set(Notification.objects.filter(topic="task_assigned").values_list("user", "text")) == {
        (manager.pk, "The rule “Watch” gave you a task: Look"), (rep.pk, "The rule “Begin” gave you a task: Call"),
    }  # fmt: skip


def test_a_second_click_starts_nothing_twice_and_a_wait_that_is_over_is_done(
    publish, new_deal, rep, client_of, manager
):
    steps = [
        {"action": "wait", "options": {"unit": "hours", "amount": 2}},
        {"action": "create_deal", "options": {"title": "X"}},
    ]
    rule, deal = publish("manual", *steps, options={"record": "deal"}, name="By hand"), new_deal()
    with time_machine.travel("2026-03-02 12:00+00:00", tick=True) as clock:
        start_run(rule_id=rule.pk, record_id=deal.pk, actor=Actor.of(rep))
        with pytest.raises(Refused, match="By hand has just been started"):
            start_run(rule_id=rule.pk, record_id=deal.pk, actor=Actor.of(rep))
        work()
        page = client_of(manager).get(f"/workflows/runs/{Run.objects.get().pk}/").content.decode()
        assert "until" in page and "Waited until" not in page
        assert re.search(r"goes on today \d\d:00", client_of(manager).get("/workflows/runs/").content.decode())
        clock.shift(dt.timedelta(hours=3))
        look()
        start_run(rule_id=rule.pk, record_id=deal.pk, actor=Actor.of(rep))
    run = Run.objects.order_by("started_at").first()
    assert [step.state for step in Step.objects.filter(run=run).order_by("index")] == ["done", "done"]
    page = client_of(manager).get(f"/workflows/runs/{run.pk}/").content.decode()
    assert re.search(r"Waited until 2 March 2026, \d\d:00", page)
    assert re.search(r'<a class="link" href="/deals/[0-9a-f-]{36}/">X</a>', page)  # what it made is one click away


def test_w6_the_timeline_tells_on_demand_what_rules_did_and_why(publish, new_deal, rep, stranger, client_of, manager):
    publish("deal.created", name="Begin <b>")
    deal = new_deal()
    work()
    address = f"/timeline/deal/{deal.pk}/"
    mine = client_of(rep).get(f"{address}?rules=1", headers={"HX-Request": "true"}).content.decode()
    assert "Begin &lt;b&gt;" in mine and "because a deal is created:" in mine and "Task for" in mine
    assert "/workflows/runs/" not in mine and f"/deals/{deal.pk}/?changes=1&amp;rules=1" in mine  # both can be on
    theirs = client_of(manager).get(f"{address}?rules=1&changes=1", headers={"HX-Request": "true"}).content.decode()
    assert f"/workflows/runs/{Run.objects.get().pk}/" in theirs
    assert "Begin" not in client_of(rep).get(address, headers={"HX-Request": "true"}).content.decode()
    assert client_of(stranger).get(f"{address}?rules=1", headers={"HX-Request": "true"}).status_code == 404


def test_a_long_name_can_be_copied_again_and_again(publish, manager):
    rule, actor = publish("deal.created"), Actor.of(manager)
    rename_rule(rule_id=rule.pk, name="x" * 120, actor=actor)
    for _number in range(3):
        duplicate_rule(rule_id=rule.pk, actor=actor)
    assert Rule.objects.count() == 4 and {len(each.name) for each in Rule.objects.all()} == {120}


def line(field, value):
    return {"field": field, "operator": "is", "value": value}


@pytest.mark.parametrize(
    ("conditions", "against"),
    [
        ({"all": [line("title", "A"), line("title", "B")]}, ["title is B"]),
        ({"any": [line("title", "A"), line("title", "B")]}, []),
        ({"any": [line("title", "C"), line("title", "B")]}, ["any of: title is C", "any of: title is B"]),
        ({"none": [line("title", "A"), line("title", "B")]}, ["none of: title is A"]),
        ({"none": [{"all": [line("title", "A"), line("title", "B")]}]}, []),
        ({"all": [line("title", "A"), {"none": [line("title", "B"), line("title", "A")]}]}, ["none of: title is A"]),
    ],
)
def test_w6_what_spoke_against_a_rule_is_told_from_what_merely_did_not_hold(manager, conditions, against):
    context, problems = RuleContext(Actor.of(manager), timezone.now()), Problems()
    group = read_conditions(conditions, "deal", context, problems)
    assert not problems.found
    verdict = judge(group, Snapshot("deal", manager.pk, {"title": "A"}), context)
    lines = told(group, verdict.trace, context, {"title": "A"})
    found = [f"{each.of} {each.field} {each.wanted}".strip() for each in lines if each.against]
    assert [each.replace("Title", "title") for each in found] == against and bool(verdict.held) is not bool(against)
