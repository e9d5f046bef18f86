"""Assignments: turns, weights, loads, territories, sticky owners, absence, capacity; each in the ledger (W1)."""

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import connection

from contacts.services import create_contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.events.drain import drain_outbox
from crm.kernel.users.models import Absence
from deals.models import Deal
from workflows.models import Assignment, Run

from .conftest import TASK, work

pytestmark = pytest.mark.django_db


def assign(method, **options):
    return {"action": "assign", "options": {"method": method, **options}}


def away(person):
    with changeset(Actor.system("test"), "test.absence"):
        today = dt.datetime.now(dt.UTC).date()
        Absence.objects.create(user=person, starts_on=today - dt.timedelta(1), ends_on=today + dt.timedelta(1))


def owners():
    return [each.user.name.split()[0] for each in Assignment.objects.select_related("user").order_by("at")]


def make(new_lead, count, **values):
    for number in range(count):
        new_lead(f"Lead {len(Assignment.objects.all())}-{number}", **values)
    work()


def test_turns_pass_over_who_is_away_or_full_and_the_ledger_says_why(publish, new_lead, rep, mate, manager):
    people = [str(each.pk) for each in (rep, mate, manager)]
    publish("lead.created", assign("round_robin", people=people, load="leads", capacities={str(manager.pk): 1}))
    make(new_lead, 4)
    assert owners() == ["Ingrid", "Marcus", "Priya", "Marcus"]  # Ingrid is full after one
    away(mate)
    make(new_lead, 2)
    assert owners()[4:] == ["Priya", "Priya"]
    last = Assignment.objects.order_by("-at").first()
    pool = {each["user"]: each for each in last.pool}
    assert pool[str(mate.pk)]["absent"] and pool[str(manager.pk)]["full"] and last.words == "their turn"
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}


def test_weights_loads_territories_and_sticky(publish, new_lead, new_deal, company, rep, mate, manager):
    weights = {str(rep.pk): 3, str(mate.pk): 1}
    publish(
        "lead.created", assign("weighted", people=list(weights), weights=weights),
        conditions=[{"field": "source", "operator": "is", "value": "w"}],
    )  # fmt: skip
    publish(
        "lead.created", assign("by_field", field="city", territories={"Aarhus": str(mate.pk)}, fallback=str(rep.pk)),
        conditions=[{"field": "source", "operator": "is", "value": "f"}],
    )  # fmt: skip
    publish(
        "lead.created", assign("sticky", people=[str(mate.pk)]),
        conditions=[{"field": "source", "operator": "is", "value": "s"}],
    )  # fmt: skip
    make(new_lead, 8, source="w")
    assert Counter(owners()) == {"Priya": 6, "Marcus": 2}
    make(new_lead, 1, source="f", city="aarhus")
    make(new_lead, 1, source="f", city="Oslo")
    make(new_lead, 1, source="s", company=company)
    make(new_lead, 1, source="s")
    assert owners()[8:] == ["Marcus", "Priya", "Priya", "Marcus"]


def test_least_loaded_counts_open_deals_only(publish, new_deal, rep, mate, manager, stage):
    for _ in range(2):
        new_deal(owner=rep)
    publish("deal.created", assign("least_loaded", people=[str(rep.pk), str(mate.pk)], load="deals"))
    for number in range(3):
        new_deal(f"New {number}", owner=manager)
    work()
    assert dict(Counter(Deal.objects.values_list("owner__name", flat=True))) == {"Priya Raman": 3, "Marcus Okafor": 2}


def test_nobody_free_rests_as_failed_with_the_reason(publish, new_lead, mate):
    publish("lead.created", assign("round_robin", people=[str(mate.pk)]))
    away(mate)
    make(new_lead, 1)
    run = Run.objects.get()
    assert run.state == "failed" and "nobody of the pool is free" in run.reason


@pytest.mark.django_db(transaction=True)
def test_concurrent_leads_are_never_doubled_or_skipped(publish, rep, mate, manager, monkeypatch):
    people = [str(each.pk) for each in (rep, mate, manager)]
    publish("lead.created", assign("round_robin", people=people))
    for number in range(12):
        create_contact(values={"last_name": f"L{number}"}, actor=Actor.of(rep))

    def worker():
        drain_outbox()
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    work()
    assert Counter(Assignment.objects.values_list("user__name", flat=True)) == {
        "Priya Raman": 4, "Marcus Okafor": 4, "Ingrid Solberg": 4,
    }  # fmt: skip
    assert Assignment.objects.values("record_id").distinct().count() == 12


def test_w1_the_page_of_a_rule_shows_its_ledger(publish, new_lead, client_of, manager, mate, rep):
    """To whom it gave what, and why; who was passed over. A rule that gives nothing has no ledger."""
    away(mate)
    rule = publish("lead.created", assign("round_robin", people=[str(mate.pk), str(rep.pk)]))
    plain = publish("lead.created", TASK)
    new_lead("Lovelace")
    work()
    client = client_of(manager)
    page = client.get(f"/workflows/{rule.pk}/?panel=given").content.decode()
    assert "Lovelace" in page and f"{rep.name}: their turn" in page and f"Passed over: {mate.name} (away)" in page
    assert 'Runs <span class="count">1</span>' in page and 'Versions <span class="count">1</span>' in page
    assert "panel=given" not in client.get(f"/workflows/{plain.pk}/?panel=given").content.decode()
