"""A dry run equals what the rule does when the same commands are given again with it at work, and writes nothing (W7)."""

import datetime as dt
import random
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from activities.models import Task
from activities.services.recording import ActivityRow, log_activity
from contacts.services import create_company, create_contact, edit_company
from crm.kernel.core.changes import Actor, dated_back
from deals.models import Deal
from deals.services import create_deal, edit_deal, move_deal
from workflows.conditions import RuleContext, judge, read_conditions
from workflows.dryrun import compare, dry_run
from workflows.models import Run
from workflows.problems import Problems
from workflows.services import create_rule, publish_rule, save_draft
from workflows.snapshots import Snapshot

from .conftest import document, look, work

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)


def story(dice, rep, mate, stages, after_each):
    """Give the same commands at the same times, whatever the rules do in between."""
    with time_machine.travel(START - dt.timedelta(hours=1), tick=True), dated_back(START - dt.timedelta(hours=1)):
        company = create_company(values={"name": "Harbour", "industry": "Tools", "owner": rep}, actor=Actor.of(rep))
    person = create_contact(
        values={"last_name": "Vale", "owner": rep, "emails": ["v@vale.example"]}, actor=Actor.of(rep)
    )
    deals = []
    for number in range(20):
        moment = START + dt.timedelta(hours=8 * number)
        with time_machine.travel(moment, tick=True), dated_back(moment):
            after_each()  # beat comes more often than commands do
            roll = dice.random()
            if roll < 0.3 or not deals:
                values = {"amount": dice.choice([None, 50, 5000, 90000]), "source": dice.choice(["", "Fair", "Web"])}
                links = {"company": dice.choice([None, company]), "contacts": dice.choice([(), [(person.pk, "")]])}
                deals.append(create_deal(actor=Actor.of(rep), title=f"D{number}", owner=rep, **values, **links))
            elif roll < 0.5:
                wanted = {"amount": dice.choice([10, 5000, 70000]), "source": dice.choice(["Fair", "Web"])}
                edit_deal(deal_id=dice.choice(deals).pk, values=wanted, actor=Actor.of(rep))
            elif roll < 0.75:
                move_deal(deal_id=dice.choice(deals).pk, to_stage=dice.choice(stages), actor=Actor.of(rep))
            elif roll < 0.85:
                edit_company(
                    company_id=company.pk, values={"industry": dice.choice(["Tools", "Food"])}, actor=Actor.of(rep)
                )
            else:
                row = ActivityRow(type="note", body="Talked", deal_id=dice.choice(deals).pk)
                log_activity(row=row, actor=Actor.of(rep))
            after_each()
    with time_machine.travel(START + dt.timedelta(days=14), tick=True):
        after_each()


STEPS = [
    {"action": "create_task", "options": {"title": "See {title} of {company.name}", "due_days": 2}},
    {
        "action": "notify", "options": {"who": ["owner"], "text": "{title}"},
        "conditions": [{"field": "source", "operator": "is", "value": "Fair"}],
    },
]  # fmt: skip
RULES = {
    "changed": document(
        "deal.changed", *STEPS,
        conditions={"all": [
            {"field": "amount", "operator": "gte", "value": 5000},
            {"any": [
                {"field": "company.industry", "operator": "is", "value": "Tools"},
                {"field": "contact.email", "operator": "contains", "value": "vale"},
                {"field": "amount", "operator": "changed_from", "value": [10]},
            ]},
        ]},
    ),
    "every edit": document("deal.changed", *STEPS, options={"fields": ["amount"]}, reentry="event"),
    "stage": document(
        "deal.stage_changed", *STEPS, options={"to_stage": ["Proposal"]},
        conditions=[{"field": "amount", "operator": "filled"}],
    ),
    "created": document("deal.created", *STEPS, conditions=[{"field": "amount", "operator": "gt", "value": 60}]),
    "idle": document("deal.idle", STEPS[0], options={"days": 2}),
}  # fmt: skip


def titles():
    return dict(Deal.objects.values_list("pk", "title"))


def seen(trace):
    return [(line["path"], line["held"], line.get("seen")) for line in trace]


def test_w7_a_dry_run_equals_the_replay(manager, rep, mate, pipeline):
    stages = list(pipeline.stages.open())
    expected = {}
    with time_machine.travel(START - dt.timedelta(days=1), tick=True):
        rules = {name: create_rule(name=name, document=doc, actor=Actor.of(manager)) for name, doc in RULES.items()}
    since, until = START - dt.timedelta(hours=1), START + dt.timedelta(days=14, hours=1)
    # The stored order of events follows the clock of the database, so the period of events is the present.
    now = timezone.now()
    for name, rule in rules.items():
        with transaction.atomic():
            point = transaction.savepoint_create()
            with time_machine.travel(START - dt.timedelta(hours=2), tick=True):
                publish_rule(rule_id=rule.pk, actor=Actor.of(manager))
            story(random.Random(7), rep, mate, stages, look if name == "idle" else work)
            known = titles()
            runs = Run.objects.filter(rule=rule, state="done", depth=0).order_by("pk")
            tasks = dict(Task.objects.values_list("pk", "title"))
            expected[name] = [
                (known[run.record_id], seen(run.trace), [s.state == "done" for s in run.steps.order_by("index")],
                 tasks[UUID(run.steps.get(index=0).result["task"])])
                for run in runs
            ]  # fmt: skip
            transaction.savepoint_rollback(point)
    story(random.Random(7), rep, mate, stages, lambda: None)
    known = titles()
    total = 0
    for name, rule in rules.items():
        timed = name == "idle"
        period = {"since": since if timed else now, "until": until if timed else timezone.now()}
        result = dry_run(rule=rule, **period)
        found = [
            (known[each.record_id], seen(each.trace), [s.done for s in each.steps], each.steps[0].data["title"])
            for each in result.matches
        ]
        key = (lambda each: (each[0], each[3])) if timed else None
        assert sorted(found, key=key) == sorted(expected[name], key=key) if timed else found == expected[name], name
        total += len(found)
    assert total > 10


def test_w7_nothing_is_written_and_the_database_sees_to_it(publish, new_deal, rep, manager, database_diff):
    rule = publish("deal.created", {"action": "assign", "options": {"method": "round_robin", "people": [str(rep.pk)]}})
    publish("deal.changed", name="listener")
    new_deal()
    now = timezone.now()
    with database_diff() as diff:
        result = dry_run(rule=rule, since=now - dt.timedelta(days=1), until=now)
    assert diff.empty and len(result.matches) == 1 and result.sets_off == ["listener"]
    assert result.matches[0].steps[0].words.startswith("Given to Priya Raman")
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)


def test_w7_a_draft_is_compared_with_what_is_published(publish, new_deal, rep, manager):
    rule = publish("deal.created", conditions=[{"field": "amount", "operator": "gt", "value": 100}])
    for amount in (50, 150, 500):
        new_deal(f"D{amount}", amount=amount)
    changed = document("deal.created", conditions=[{"field": "amount", "operator": "lt", "value": 200}])
    save_draft(rule_id=rule.pk, document=changed, actor=Actor.of(manager))
    now = timezone.now()
    found = compare(rule=rule, since=now - dt.timedelta(days=1), until=now)
    known = titles()
    assert [known[each.record_id] for each in found.only_draft] == ["D50"]
    assert [known[each.record_id] for each in found.only_published] == ["D500"]
    assert found.both == 1
    miss = next(each for each in found.draft.misses if known[each.record_id] == "D500")
    assert miss.why == "conditions" and miss.trace[0]["seen"] == "500"


def test_w6_fifty_generated_cases_name_exactly_the_conditions_that_failed(manager, pipeline):
    dice = random.Random(50)
    context = RuleContext(Actor.of(manager), timezone.now())
    truths = {
        "amount": lambda op, want, have: have is not None and {"gt": have > want, "lte": have <= want}[op],
        "source": lambda op, want, have: (have.casefold() == want.casefold()) is (op == "is"),
        "tags": lambda op, want, have: bool(set(want) & set(have)) is (op == "any"),
    }
    for _case in range(50):
        have = {
            "amount": dice.choice([None, 5, 50, 500]), "source": dice.choice(["", "Web", "fair"]),
            "tags": dice.choice([[], ["vip"], ["vip", "eu"]]),
        }  # fmt: skip
        leaves = []
        for _number in range(dice.randint(1, 6)):
            name = dice.choice(list(truths))
            operator, want = {
                "amount": (dice.choice(["gt", "lte"]), dice.choice([1, 50, 400])),
                "source": (dice.choice(["is", "is_not"]), dice.choice(["web", "Fair"])),
                "tags": (dice.choice(["any", "none"]), dice.choice([["vip"], ["eu", "us"]])),
            }[name]
            leaves.append({"field": name, "operator": operator, "value": want})
        problems = Problems()
        group = read_conditions({dice.choice(["all", "any", "none"]): leaves}, "deal", context, problems)
        assert not problems.found
        verdict = judge(group, Snapshot("deal", None, have), context)  # type: ignore[arg-type]
        true = [truths[e["field"]](e["operator"], e["value"], have[e["field"]]) for e in leaves]
        assert {line["path"] for line in verdict.failed} == {str(n) for n, held in enumerate(true) if not held}
        assert verdict.held is {"all": all(true), "any": any(true), "none": not any(true)}[group.mode]
