"""A dry run equals what rules do when the same commands are given again at their times with the rules at work (W7).

`REPLAY_SEEDS=50` tells fifty stories instead of the one of the suite; `REPLAY_FIRST` names the first of them,
`REPLAY_LENGTH` says how many commands each has.
"""

import datetime as dt
import os
import random
from dataclasses import replace
from uuid import UUID

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from activities.models import Task
from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from crm.kernel.core.remember import forget
from crm.kernel.customfields.services import create_field
from crm.kernel.events.models import Event
from deals.models import Deal
from workflows.dryrun import dry_run, running
from workflows.dryrun.events import asked_by_events
from workflows.fields import MODELS
from workflows.models import Assignment, Run
from workflows.services import check_rule, create_rule, publish_rule
from workflows.triggers import trigger_named

from .conftest import document, look, work
from .stories import START, Story

pytestmark = pytest.mark.django_db
FIRST, SEEDS = int(os.environ.get("REPLAY_FIRST", "4")), int(os.environ.get("REPLAY_SEEDS", "1"))
LENGTH, REST = int(os.environ.get("REPLAY_LENGTH", "32")), dt.timedelta(days=4)

OWN = {
    "deal": [
        ("amount", "gte", 5000), ("amount", "filled", None), ("amount", "changed", None), ("amount", "changed_from", [10]),
        ("source", "is", "Fair"), ("source", "changed_to", "Web"), ("cf_region", "is", ["north"]), ("cf_region", "changed", None),
        ("company.industry", "is", "Tools"), ("company.city", "filled", None), ("contact.email", "contains", "vale"),
        ("contact.cf_tier", "is", ["gold"]), ("owner.name", "contains", "Raman"), ("title", "contains", "1"),
    ],
    "contact": [
        ("source", "is", "Fair"), ("source", "changed_from", "Web"), ("cf_tier", "is", ["gold"]), ("cf_tier", "changed", None),
        ("company.industry", "is", "Food"), ("job_title", "is", "Buyer"), ("lifecycle", "is", ["lead"]),
        ("status", "is_not", ["nurturing"]), ("email", "contains", "moor"), ("owner.name", "contains", "Okafor"),
    ],
    "company": [
        ("industry", "is", "Tools"), ("industry", "changed", None), ("city", "is", "Leeds"), ("owner.name", "filled", None),
    ],
    "task": [
        ("priority", "is", ["3"]), ("deal.amount", "gte", 5000), ("title", "contains", "1"), ("owner.name", "contains", "Raman"),
    ],
}  # fmt: skip
TIMED = ("changed", "changed_from", "changed_to")
TRIGGERS = {
    "deal.created": ("deal", [{}]), "deal.changed": ("deal", [{}, {"fields": ["amount"]}, {"fields": ["cf_region", "source"]}]),
    "deal.stage_changed": ("deal", [{}, {"to_stage": ["Proposal", "Negotiation"]}, {"from_stage": ["Qualified"]}]),
    "deal.won": ("deal", [{}]), "deal.lost": ("deal", [{}]), "deal.reopened": ("deal", [{}]),
    "lead.created": ("contact", [{}]), "lead.returned": ("contact", [{}]),
    "lead.status_changed": ("contact", [{}, {"to_status": ["working"]}]), "contact.created": ("contact", [{}]),
    "contact.changed": ("contact", [{}, {"fields": ["source"]}, {"fields": ["cf_tier"]}]),
    "company.created": ("company", [{}]), "company.changed": ("company", [{}, {"fields": ["industry"]}]),
    "deal.idle": ("deal", [{"days": 2}, {"days": 1, "calendar": "working", "time": "14:30"}]),
    "lead.idle": ("contact", [{"days": 3}]), "contact.idle": ("contact", [{"days": 2, "calendar": "working"}]),
    "task.overdue": ("task", [{}, {"days": 2}]),
    "date.approaching": (
        "deal", [{"field": "deal.expected_close", "days": 1}, {"field": "deal.expected_close", "side": "after", "days": 2}]
    ),
    "schedule": ("deal", [{"record": "deal", "every": "week", "weekdays": ["3", "6"], "time": "10:00"}]),
}  # fmt: skip
TITLES = {"deal": "See {title} of {company.name}", "task": "See {title}", "company": "See {name}", "contact": "See"}
BIRTHDAY = {"field": "contact.cf_birthday", "days": 1}


def conditions(dice, kind, *, timed):
    """Return conditions of a kind of record, nested once in a while."""
    pool = [each for each in OWN[kind] if not (timed and each[1] in TIMED)]

    def leaf():
        name, operator, value = dice.choice(pool)
        found = {"field": name, "operator": operator}
        return found if value is None else found | {"value": value}

    if dice.random() < 0.2:
        return {}
    parts = [leaf() for _number in range(dice.randint(1, 2))]
    if dice.random() < 0.4:
        parts.append({dice.choice(["any", "none"]): [leaf(), leaf()]})
    return {dice.choice(["all", "any"]): parts}


def documents(dice):
    """Return a rule for every trigger; what they do changes nothing that conditions ask for."""
    found = {}
    for key, (kind, options) in TRIGGERS.items():
        steps = [
            {
                "action": "create_task",
                "options": {"title": TITLES[kind], "due_days": 2},
            }
        ]
        steps.append({"action": "notify", "options": {"who": ["rule_owner"], "text": "Look"}})
        if (only := conditions(dice, kind, timed=True)) and dice.random() < 0.5:
            steps[1]["conditions"] = only
        timed = key.endswith((".idle", ".overdue", ".approaching")) or key == "schedule"
        found[key] = document(
            key, *steps, options=dice.choice(options), conditions=conditions(dice, kind, timed=timed),
            reentry=dice.choice(["event", "entry", "entry", "once"]),
        )  # fmt: skip
    tell = {"action": "notify", "options": {"who": ["rule_owner"], "text": "Good morning"}}
    found["birthday"] = document("date.approaching", steps[0] | {"options": {"title": "Greet"}}, options=BIRTHDAY)
    found["morning"] = document("schedule", tell, options={"every": "day", "time": "09:00"})
    return found


def names():
    """Return what each record is called."""
    found = dict(Deal.objects.values_list("pk", "title")) | dict(Contact.objects.values_list("pk", "last_name"))
    found |= dict(Company.objects.values_list("pk", "name")) | {None: ""}
    return found | dict(Task.objects.filter(title__startswith="T").values_list("pk", "title"))


def seen(trace):
    return [(line["path"], line["held"], line.get("seen"), line.get("before")) for line in trace]


def ran(rule, known):
    """Return what a rule did directly: record, values seen, which steps were done, and the task that it made."""
    found = []
    for run in Run.objects.filter(rule=rule, depth=0).order_by("event_id", "started_at").prefetch_related("steps"):
        if run.record_id not in known:
            continue  # a task that a rule has made
        assert run.state in ("done", "failed"), (rule.name, run.state, run.reason)
        steps = sorted(run.steps.all(), key=lambda step: step.index)
        made = (
            Task.objects.filter(pk=steps[0].result.get("task")).values_list("title", "assignee_id").first()
            if steps
            else None
        )
        found.append((known[run.record_id], seen(run.trace), [step.state == "done" for step in steps], made))
    return found


def planned(result, known):
    found = []
    for each in result.matches:
        first = each.steps[0] if each.steps else None
        made = (
            (first.data["title"], UUID(first.data["assignee_id"]))
            if first and first.done and "title" in first.data
            else None
        )
        found.append((known[each.record_id], seen(each.trace), [step.done for step in each.steps], made))
    return found


@pytest.fixture
def told(manager, rep, mate, stranger, pipeline, admin):
    """Return a function that tells the story of a seed."""
    boss = Actor.of(admin)
    create_field(record_kind="deal", label="Region", type="dropdown", options=["north", "south"], actor=boss)
    create_field(record_kind="contact", label="Tier", type="dropdown", options=["gold", "plain"], actor=boss)
    create_field(record_kind="contact", label="Birthday", type="date", actor=boss)
    forget()

    def tell(seed, after_each, people=(rep, rep, mate, stranger)):
        story = Story(random.Random(seed), people, list(pipeline.stages.open()))
        story.tell(LENGTH, after_each, REST)

    return tell


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_w7_a_dry_run_equals_the_replay_for_every_trigger(told, manager, database_diff, seed):
    actor, dice = Actor.of(manager), random.Random(1_000 + seed)
    with time_machine.travel(START - dt.timedelta(days=1), tick=True):
        rules = {key: create_rule(name=key, document=doc, actor=actor) for key, doc in documents(dice).items()}
    for rule in rules.values():
        assert not check_rule(rule).problems, (rule.name, [each.words for each in check_rule(rule).problems])
    now, point = timezone.now(), transaction.savepoint_create()
    with time_machine.travel(START - dt.timedelta(hours=2), tick=True):
        for rule in rules.values():
            publish_rule(rule_id=rule.pk, actor=actor)
    told(seed, look)
    known = names()
    expected = {key: ran(rule, known) for key, rule in rules.items()}
    transaction.savepoint_rollback(point)
    forget()
    told(seed, lambda: None)
    known, total = names(), 0
    last = Story.end(LENGTH, REST)
    for key, rule in rules.items():
        timed = trigger_named(rule.latest.document["trigger"]["kind"]).timed
        period = (START - dt.timedelta(hours=2), last) if timed else (now, timezone.now())
        with database_diff() as diff:
            result = dry_run(rule=rule, since=period[0], until=period[1])
        assert diff.empty
        found = planned(result, known)
        if timed:
            found, expected[key] = sorted(found, key=str), sorted(expected[key], key=str)
        assert found == expected[key], (seed, key, rule.latest.document)
        total += len(found)
    assert total > 15


SOON = [
    ("close", "next", "3"), ("close", "last", "4"), ("close", "beyond", "2"),
    ("contact.cf_birthday", "next", "5"), ("close", "in", "this-week"),
]  # fmt: skip
# They ask for what the rule itself writes too, and for changes: what commands themselves set, no rule writes.
CHANGING = {
    "deal": (
        ["deal.created", "deal.changed", "deal.stage_changed"],
        [
            *SOON, ("amount", "gte", 5000), ("source", "is", "Fair"), ("amount", "changed", None), ("source", "changed", None),
            ("owner.name", "contains", "Okafor"), ("owner", "changed", None),
        ],
    ),
    "contact": (
        ["contact.changed", "lead.status_changed"],
        [
            ("cf_birthday", "next", "5"), ("cf_birthday", "empty", None), ("email", "filled", None), ("job_title", "is", "Buyer"),
            ("source", "changed", None), ("cf_review", "filled", None), ("owner.name", "contains", "Okafor"),
        ],
    ),
    "company": (
        ["company.changed"],
        [("industry", "is", "Tools"), ("city", "filled", None), ("industry", "changed", None), ("cf_review", "changed", None)],
    ),
}  # fmt: skip


def changing(dice, people):
    """Return a rule for each kind of record that gives it to somebody or sets a field; conditions ask for both."""
    pool = [str(each.pk) for each in people]
    ways = [
        {"method": "round_robin", "people": pool}, {"method": "person", "person": pool[0]},
        {"method": "weighted", "people": pool, "weights": dict(zip(pool, (3, 1, 2), strict=True))},
        {"method": "by_field", "field": "source", "territories": {"Fair": pool[1]}, "fallback": pool[2]},
    ]  # fmt: skip
    found = {}
    for kind, (triggers, asked) in CHANGING.items():
        if kind == "deal" or (kind == "contact" and dice.random() < 0.5):
            step = {"action": "assign", "options": dice.choice(ways)}
        else:
            field, value = dice.choice([("description", "Seen"), ("cf_review", "+7")])
            step = {"action": "update_field", "options": {"field": field, "value": value}}
        one, other = (
            {"field": name, "operator": operator} | ({} if value is None else {"value": value})
            for name, operator, value in dice.sample(asked, 2)
        )
        group = dice.choice([{"all": [one]}, {"any": [one, {"none": [other]}]}])
        found[kind] = document(
            dice.choice(triggers), step, conditions=group, reentry=dice.choice(["event", "entry", "once"])
        )
    return found


def did(rule, known):
    """Return what a rule did directly, and check that it came into the record and into the ledger."""
    found = []
    for run in Run.objects.filter(rule=rule, depth=0).order_by("event_id").prefetch_related("steps"):
        (step,) = run.steps.all()
        model = MODELS[run.record_kind]
        row = history_of(model).objects.filter(pgh_context_id=run.changeset_id, pgh_obj_id=run.record_id).last()
        if step.action == "assign":
            given = Assignment.objects.select_related("user").get(run_id=run.pk)
            assert step.words == f"Given to {given.user.name}: {given.words}"
            assert row is None or row.owner_id == given.user_id
        elif step.state == "done":
            assert str(row.description or row.custom.get("review")) in step.words
        found.append((known[run.record_id], seen(run.trace), step.state == "done", step.words))
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_w7_who_would_be_given_a_record_and_what_would_be_set_equal_the_replay(
    told, rep, mate, stranger, admin, monkeypatch, seed
):
    """Alone among rules of their kind of record; days are counted from each command's time, as they were for the worker."""
    actor, dice = Actor.of(admin), random.Random(2_000 + seed)
    for kind in ("contact", "company"):
        create_field(record_kind=kind, label="Review", type="date", actor=actor)
    forget()
    with time_machine.travel(START - dt.timedelta(days=1), tick=True):
        made = changing(dice, [rep, mate, stranger])
        rules = {kind: create_rule(name=kind, document=each, actor=actor) for kind, each in made.items()}
    assert not [each.words for rule in rules.values() for each in check_rule(rule).problems]
    now, point = timezone.now(), transaction.savepoint_create()
    with time_machine.travel(START - dt.timedelta(hours=2), tick=True):
        for rule in rules.values():
            publish_rule(rule_id=rule.pk, actor=actor)
    told(seed, work, [admin])
    known = names()
    expected = {kind: did(rule, known) for kind, rule in rules.items()}
    transaction.savepoint_rollback(point)
    forget()
    told(seed, lambda: None, [admin])
    known, times = names(), dict(Event.objects.values_list("pk", "at"))

    def at_their_times(*args):
        for batch in asked_by_events(*args):
            yield [replace(each, at=times.get(each.event_id, each.at)) for each in batch]

    monkeypatch.setattr(running, "asked_by_events", at_their_times)
    for kind, rule in rules.items():
        matches = dry_run(rule=rule, since=now, until=timezone.now()).matches
        found = [(known[m.record_id], seen(m.trace), m.steps[0].done, m.steps[0].words) for m in matches]
        assert found == expected[kind], (seed, kind, rule.latest.document)
    assert SEEDS > 1 or any(expected.values())
