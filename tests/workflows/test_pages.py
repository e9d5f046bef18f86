"""The pages of automation: list, builder, publishing, versions, runs, and the box on records (W1, W4, W6, W8, W9)."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.users.policies import KINDS, VERBS
from crm.kernel.users.services import create_role
from deals.services import edit_deal, move_deal
from tests.conftest import make_user
from workflows.house import HOUSE
from workflows.models import Rule, Run
from workflows.services import check_rule, create_rule, pause_rule

from .conftest import TASK, document, work

pytestmark = pytest.mark.django_db

LIST, RUNS = 5, 5  # statements, session and person included
BIG = {"all": [{"field": "amount", "operator": "gte", "value": "1000"}]}


def builder(client: Client, rule: Rule, **changes: object) -> object:
    """Send the builder of a rule as its page shows it, with changes."""
    page = client.get(reverse("workflows:rule_page", args=[rule.pk])).content.decode()
    form = page[page.index('<form id="rule-form"') : page.index("</form>", page.index('<form id="rule-form"'))]
    data: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        ticks = 'type="checkbox"' in tag
        if name and (not ticks or " checked" in tag):
            data.setdefault(name[1], []).append(value[1] if value else "")
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        data.setdefault(name, []).extend(re.findall(r'value="([^"]*)" selected', body) or [""])
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        data.setdefault(name, []).append(body)
    data.update({name: [str(value)] for name, value in changes.items()})
    return client.post(reverse("workflows:rule_page", args=[rule.pk]), data)


def test_a_rule_is_made_built_and_published_without_a_script(client_of, manager, new_deal):
    client = client_of(manager)
    new_deal(amount=5_000)
    assert client.get("/workflows/new/").status_code == 200
    assert client.post("/workflows/new/", {"name": "", "trigger": "gone"}).status_code == 422
    client.post("/workflows/new/", {"name": "Big deals", "trigger": "deal.created"})
    rule = Rule.objects.get(name="Big deals")
    page = builder(client, rule, do="step:create_task")
    assert "s0-title" in page.content.decode() and rule.latest.document["steps"] == []
    refused = builder(client, rule, **{"do": "publish", "s0-action": "create_task", "s0-title": ""})
    assert refused.status_code == 422 and "Title is missing" in refused.content.decode()
    given = {"s0-action": "create_task", "s0-title": "Call {title}", "c-g": "all", "c-0-f": "amount", "c-0-o": "gte"}
    assert builder(client, rule, **given, **{"c-0-v": "1000", "do": "publish"}).status_code == 302
    shown = client.get(reverse("workflows:rule_publish", args=[rule.pk])).content.decode()
    assert "1 record matches already" in shown and "Amount is at least 1,000" in shown
    version = rule.latest
    assert client.post(reverse("workflows:rule_publish", args=[rule.pk]), {"version": version.stamp}).status_code == 302
    rule.refresh_from_db()
    assert rule.state == "live" and rule.current == version and version.document["conditions"] == BIG
    work()
    assert not Run.objects.exists()  # the record that matched already was not ticked
    deal = new_deal("Sensors", amount=2_000)
    work()
    run = Run.objects.get()
    seen = client.get(reverse("workflows:run_page", args=[run.pk])).content.decode()
    assert "Amount is at least 1,000" in seen and "2,000" in seen and "Sensors" in seen and "Task for" in seen
    assert (
        client.get(reverse("workflows:record_rules", args=["deal", deal.pk])).content.decode().count("Big deals") == 1
    )


def test_a_draft_is_kept_beside_the_published_version_and_compared_with_it(client_of, manager, publish):
    client, rule = client_of(manager), publish("deal.created", conditions=BIG)
    old = rule.current
    builder(client, rule, **{"do": "save", "c-0-v": "2500"})
    rule.refresh_from_db()
    draft = rule.draft
    assert (
        rule.current == old
        and draft.number == 2
        and "Draft, 1 change" in client.get(f"/workflows/{rule.pk}/").content.decode()
    )
    compared = client.get(reverse("workflows:rule_version", args=[rule.pk, 2])).content.decode()
    assert "Amount is at least 1,000" in compared and "Amount is at least 2,500" in compared
    for seen in (old.stamp, draft.stamp):  # a draft that is saved over keeps its id
        builder(client, rule, **{"do": "save", "c-0-v": "2600"})
        lost = builder(client, rule, **{"do": "save", "seen": seen, "c-0-v": "1"})
        assert lost.status_code == 409 and 'value="1"' in lost.content.decode()  # what was typed is still there
        assert f'name="seen" value="{rule.draft.stamp}"' in lost.content.decode()  # told once: saving again replaces it
        stale = client.post(reverse("workflows:rule_publish", args=[rule.pk]), {"version": seen})
        rule.refresh_from_db()
        assert stale.status_code == 302 and rule.current == old
    wrong = builder(client, rule, **{"do": "publish", "c-0-v": "many"})
    assert wrong.status_code == 422 and f'name="seen" value="{rule.draft.stamp}"' in wrong.content.decode()
    client.post(reverse("workflows:rule_discard", args=[rule.pk]))
    assert rule.draft is None
    client.post(reverse("workflows:rule_restore", args=[rule.pk, 1]))
    client.post(reverse("workflows:rule_copy", args=[rule.pk]))
    assert Rule.objects.filter(name__startswith="Copy of", owner=manager).exists()
    assert client.get(reverse("workflows:rule_version", args=[rule.pk, 9])).status_code == 404


def test_pausing_and_resuming_stand_in_the_list_and_a_broken_rule_says_why(client_of, manager, admin, publish):
    client, rule = client_of(manager), publish("deal.created")
    here = {"next": "/workflows/"}
    assert client.post(reverse("workflows:rule_pause", args=[rule.pk]), here).headers["Location"] == "/workflows/"
    assert "Paused" in client.get("/workflows/").content.decode()
    client.post(reverse("workflows:rule_resume", args=[rule.pk]), {"next": "//evil.example/"})
    rule.refresh_from_db()
    assert rule.state == "live"
    with changeset(Actor.system("test data"), "test.break"):
        Rule.objects.filter(pk=rule.pk).update(state="paused", broken=True, pause_reason="Step 1: gone")
    page = client.get("/workflows/").content.decode()
    assert "Paused itself" in page and "Step 1: gone" in page
    theirs = create_rule(name="Admin's", document=document("deal.won"), actor=Actor.of(admin))
    shown = client.get(f"/workflows/{theirs.pk}/").content.decode()
    assert "only they or an admin may change it" in shown and "Save draft" not in shown
    assert client.post(f"/workflows/{theirs.pk}/", {"do": "save", "trigger": "deal.lost"}).status_code == 403
    assert client.post(reverse("workflows:rule_owner", args=[theirs.pk])).status_code == 302
    theirs.refresh_from_db()
    assert theirs.owner == manager and theirs.latest.document["trigger"]["kind"] == "deal.won"


def test_h2_publishing_and_pausing_offer_undo(client_of, manager, publish):
    client, rule = client_of(manager), publish("deal.created")

    def undo(page):
        address = re.search(r"/undo/[0-9a-f-]{36}/", page.content.decode())
        assert address is not None and client.post(address[0]).status_code == 302
        rule.refresh_from_db()

    paused = client.post(reverse("workflows:rule_pause", args=[rule.pk]), follow=True)
    rule.refresh_from_db()
    assert rule.state == "paused"
    undo(paused)
    assert rule.state == "live"
    old = rule.current
    builder(client, rule, **{"do": "save", "s0-title": "Call twice"})
    new = rule.latest
    published = client.post(reverse("workflows:rule_publish", args=[rule.pk]), {"version": new.stamp}, follow=True)
    rule.refresh_from_db()
    assert rule.current == new
    undo(published)
    assert rule.current == old and rule.draft == new and rule.state == "live"


def test_an_admin_names_the_rights_of_the_house(client_of, admin, publish):
    client, rule = client_of(admin), publish("deal.created")
    address = reverse("workflows:rule_owner", args=[rule.pk])
    assert client.post(address, {"owner": ""}).status_code == 422
    client.post(address, {"as_house": "on", "house_rights": ["deal.view", "task.edit"]})
    rule.refresh_from_db()
    assert rule.as_house and rule.house_rights == ["deal.view", "task.edit"]
    assert "the house" in client.get("/workflows/").content.decode()


def test_failed_runs_are_retried_and_dismissed_one_by_one_and_in_bulk(client_of, manager, publish, new_deal, stage):
    client, rule = client_of(manager), publish("deal.created")
    for number in range(3):
        new_deal(f"Deal {number}")
    work()
    Run.objects.update(state=Run.State.FAILED, cause="step", reason="It could not be done.")
    page = client.get("/workflows/runs/?state=failed").content.decode()
    assert page.count("It could not be done.") >= 3 and "Deal 1" in page
    assert "3 runs failed" in client.get("/workflows/").content.decode()
    first = Run.objects.earliest("started_at")
    client.post("/workflows/runs/steer/", {"do": "dismiss", "ids": first.pk})
    first.refresh_from_db()
    assert first.state == "dismissed"
    client.post("/workflows/runs/steer/", {"do": "retry", "list": "runs", "query": "state=failed", "all": "1"})
    assert Run.objects.filter(state=Run.State.RETRYING).count() == 2
    assert client.get(f"/workflows/runs/?rule={rule.pk}&record={first.record_id}&started=last-7").status_code == 200
    assert client.get("/workflows/runs/?state=gone").status_code == 400


def test_a_run_for_a_record_that_one_may_not_see_tells_nothing_of_it(client_of, admin, publish, new_deal):
    rule = publish("deal.created", owner=admin, conditions=BIG)
    new_deal("Secret plan", amount=9_000)
    work()
    run = Run.objects.get(rule=rule)
    none = {kind: dict.fromkeys(VERBS, "none") for kind in KINDS}
    role = create_role(name="Rule maker", levels=none, flags=["rules"], actor=Actor.of(admin))
    client = client_of(make_user("blind@test.example", "Bo Lind", role.key))
    for address in ("/workflows/runs/", f"/workflows/runs/{run.pk}/", f"/workflows/{rule.pk}/", "/workflows/"):
        page = client.get(address).content.decode()
        assert "Secret plan" not in page and "9,000" not in page, address
    assert client.get(f"/workflows/runs/?record={run.record_id}").status_code == 400


def test_a_rule_is_started_by_hand_from_the_record(client_of, rep, viewer, publish, new_deal):
    rule, deal = publish("manual"), new_deal()
    address = reverse("workflows:record_start", args=["deal", deal.pk])
    assert rule.name in client_of(rep).get(reverse("workflows:record_rules", args=["deal", deal.pk])).content.decode()
    assert client_of(viewer).post(address, {"rule": rule.pk}).status_code == 403 and not Run.objects.exists()
    assert client_of(rep).post(address, {"rule": rule.pk}).status_code == 302
    work()
    assert Run.objects.get().state == "done"
    pause_rule(rule_id=rule.pk, actor=Actor.of(rule.owner))
    assert client_of(rep).post(address, {"rule": rule.pk}).status_code == 302 and Run.objects.count() == 1
    assert client_of(rep).post(address, {"rule": "x"}).status_code == 404


def test_a_chain_is_told_from_its_beginning(client_of, manager, publish, new_deal, stage):
    first = publish(
        "deal.created", {"action": "move_stage", "options": {"stage": str(stage("Proposal").pk)}}, name="First"
    )
    publish("deal.stage_changed", TASK, name="Second", options={"to_stage": [str(stage("Proposal").pk)]})
    new_deal()
    work()
    run = Run.objects.get(rule__name="Second")
    page = client_of(manager).get(f"/workflows/runs/{run.pk}/").content.decode()
    assert (
        page.index(first.name) < page.index("this run") and f"/workflows/runs/{Run.objects.get(rule=first).pk}/" in page
    )


@pytest.mark.parametrize("count", [2, 9])
def test_the_list_costs_as_many_statements_for_many_rules(
    client_of, manager, publish, new_deal, stage, django_assert_num_queries, count
):
    client = client_of(manager)
    for number in range(count):
        publish("deal.stage_changed", name=f"Rule {number}", options={"to_stage": [str(stage("Proposal").pk)]})
        deal = new_deal(f"Deal {number}")
        move_deal(deal_id=deal.pk, to_stage=stage("Proposal"), actor=Actor.of(manager))
    work()
    assert Run.objects.count() == count * (count + 1) / 2
    for address in ("/workflows/", "/workflows/runs/"):
        client.get(address)  # what a process reads once is not the page's
    with django_assert_num_queries(LIST):
        client.get("/workflows/")
    with django_assert_num_queries(RUNS):
        client.get("/workflows/runs/")


def test_why_a_rule_did_not_run_for_a_record_names_every_failed_condition(client_of, manager, publish, new_deal):
    conditions = {
        "all": [
            *BIG["all"],
            {"field": "source", "operator": "is", "value": "Fair"},
            {"field": "amount", "operator": "filled"},
        ]
    }
    rule, deal = publish("deal.created", conditions=conditions), new_deal(amount=500, source="Web")
    work()
    client, address = client_of(manager), f"/workflows/{rule.pk}/?panel=why"
    assert "Why did it not run for this deal?" in client.get(address).content.decode()
    page = client.get(f"{address}&record={deal.pk}").content.decode()
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>.*?(yes|no)</span></td></tr>", page)
    assert [(words, held) for words, _seen, held in rows] == [
        ("Amount is at least 1,000", "no"), ("Source is Fair", "no"), ("Amount is not empty", "yes"),
    ]  # fmt: skip
    assert "Web" in rows[1][1] and "It has never run for this record." in page
    pause_rule(rule_id=rule.pk, actor=Actor.of(manager))
    assert "The rule is not at work" in client.get(f"{address}&record={deal.pk}").content.decode()
    assert client.get(f"{address}&record=x").status_code == 200
    assert client.get(address, headers={"HX-Request": "true", "HX-Target": "rule-panel"}).content.startswith(
        b"\n    <div id"
    )


def test_w6_why_not_is_asked_for_what_happened_to_the_record(client_of, manager, rep, publish, new_deal):
    old = new_deal("Old", amount=50)
    rule = publish(
        "deal.changed", TASK, options={"fields": ["amount"]},
        conditions=[*BIG["all"], {"field": "source", "operator": "changed_to", "value": "Fair"}],
    )  # fmt: skip
    deal, actor = new_deal(amount=500, source="Web"), Actor.of(rep)
    for values in (
        {"amount": 900, "source": "Fair"}, {"amount": 4_000}, {"source": "Web"},
        {"amount": 5_000, "source": "Fair"}, {"amount": 5},
    ):  # fmt: skip
        edit_deal(deal_id=deal.pk, values=values, actor=actor)
        work()
    client, address = client_of(manager), f"/workflows/{rule.pk}/?panel=why&record={deal.pk}"
    events = re.findall(r'<option value="([0-9]+)">[^<]*: ([^<]*)<', client.get(address).content.decode())
    assert [words.partition(" (")[0] for _pk, words in events] == ["A deal is edited"] * 5 + ["A deal is created"]
    found = []
    for pk, _words in reversed(events):
        page = client.get(f"{address}&event={pk}").content.decode()
        rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>.*?(yes|no)</span></td></tr>", page)
        found.append(([seen for _field, seen, _held in rows], [held for *_words, held in rows]))
    assert [held for _seen, held in found] == [[], ["no", "yes"], ["yes", "no"], [], ["yes", "yes"], ["no", "no"]]
    assert found[1][0][0] == "900" and found[4][0][0] == "5,000" and Run.objects.filter(state="done").count() == 1
    created, quiet, ran = (client.get(f"{address}&event={events[n][0]}").content.decode() for n in (5, 2, 1))
    assert "waits for something else" in created and "The trigger did not mean it" in quiet
    assert "the rule runs for this" in ran
    before = client.get(f"/workflows/{rule.pk}/?panel=why&record={old.pk}").content.decode()
    first = re.search(r'<option value="([0-9]+)">', before)[1]
    assert client.get(f"/workflows/{rule.pk}/?panel=why&record={old.pk}&event={first}").status_code == 200
    assert client.get(f"{address}&event={first}").status_code == 200  # another record's: as it is now


def test_the_rules_of_the_house_are_taken_up_once_each_and_say_what_is_to_be_chosen(client_of, manager):
    client, words = client_of(manager), {"new-lead": "Choose a team or people.", "closed-won": "Template is missing."}
    for each in HOUSE:
        assert f"/workflows/house/{each.key}/" in client.get("/workflows/").content.decode()
        page = client.post(f"/workflows/house/{each.key}/", follow=True).content.decode()
        rule = Rule.objects.get(house_key=each.key)
        assert rule.owner == manager and rule.state == "draft"
        problems = [problem.message for problem in check_rule(rule).problems]
        assert problems == [words[each.key]] if each.key in words else not problems
        assert all(problem in page for problem in problems)
    client.post("/workflows/house/quiet/")
    assert Rule.objects.count() == len(HOUSE) and "Rules of the house" not in client.get("/workflows/").content.decode()
