"""A dry run writes nothing, compares a draft with what is published, and names what failed (W6, W7); see `test_replay`."""

import datetime as dt
import random

import pytest
from django.db import connection
from django.utils import timezone

from crm.kernel.core.changes import Actor
from deals.models import Deal
from workflows.conditions import RuleContext, judge, read_conditions
from workflows.dryrun import compare, dry_run
from workflows.problems import Problems
from workflows.services import save_draft
from workflows.snapshots import Snapshot

from .conftest import document

pytestmark = pytest.mark.django_db


def titles():
    return dict(Deal.objects.values_list("pk", "title"))


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
