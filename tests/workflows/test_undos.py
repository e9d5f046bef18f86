"""An undo is a source of events: marked, passed over by default, heard by the rules that listen to it (W4, H2)."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from activities.models import Activity, Task
from contacts.services import edit_contact
from contacts.services.bin import bin_contacts
from contacts.services.companies import create_company, edit_company
from crm.kernel.audit.undo import changes, commands, undo
from crm.kernel.core.changes import Actor
from crm.kernel.events import bus
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from deals.leaving import assign_deals
from deals.models import Deal, LostReason
from deals.services import close_deal, create_deal, edit_deal, move_deal
from workflows import whynot
from workflows.dryrun import dry_run
from workflows.engine import due, events
from workflows.engine.loading import load_rule
from workflows.models import Run

from .conftest import work

pytestmark = pytest.mark.django_db
HEARS = {"reentry": "event", "listens_to": ["undo"]}


def undo_last(actor: Actor):
    """Undo what the actor did last; return the events that this stored, in their order."""
    last = Event.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    undo(changeset_id=actor.last_change, actor=actor)
    return list(Event.objects.filter(pk__gt=last).order_by("pk"))


def names(events):
    assert {(each.source, each.changeset_id) for each in events} <= {("undo", events[0].changeset_id)}
    return [each.name for each in events]


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


def test_w4_only_a_rule_that_listens_runs_and_once_each_time(publish, new_deal, me):
    deaf = publish("deal.changed", options={"fields": ["source"]}, reentry="event")
    hears = publish("deal.changed", options={"fields": ["source"]}, **HEARS)
    deal = new_deal()
    edit_deal(deal_id=deal.pk, values={"source": "Fair"}, actor=me)
    work()
    count = {rule.pk: 1 for rule in (deaf, hears)}
    for _again in ("undo", "redo", "undo of the redo"):
        (event,) = undo_last(me)
        assert (event.name, event.source, event.data["fields"]) == ("deal.changed", "undo", ["source"])
        work()
        count[hears.pk] += 1
        assert {rule.pk: Run.objects.filter(rule=rule, state="done").count() for rule in (deaf, hears)} == count
        why = whynot.answer_at(load_rule(deaf), event).words
        assert why == "It was an undo, and the rule does not listen to undos."
        assert whynot.answer_at(load_rule(hears), event).ran
    assert Task.objects.count() == sum(count.values())


def test_w4_nobody_listens_so_no_worker_has_to_do_anything(publish, new_deal, me, django_capture_on_commit_callbacks):
    publish("deal.changed", reentry="event")
    edit_deal(deal_id=new_deal().pk, values={"source": "Fair"}, actor=me)
    work()
    with django_capture_on_commit_callbacks() as called:
        assert names(undo_last(me)) == ["deal.changed"]
    assert not Event.objects.waiting().exists()
    assert bus.wake_worker not in called


def test_p3_moves_and_their_meaning(publish, new_deal, stage, me, manager):
    rules = {kind: publish(kind, **HEARS) for kind in ("deal.reopened", "deal.won", "deal.lost")}
    deal = new_deal(amount=100)
    reason = LostReason.objects.first()
    move_deal(deal_id=deal.pk, to_stage=stage("Proposal"), version=Deal.objects.get(pk=deal.pk).version, actor=me)
    (moved,) = undo_last(me)
    assert moved.data["from_stage_id"] == str(stage("Proposal").pk)
    assert moved.data["to_stage_id"] == str(deal.stage_id)
    close_deal(deal_id=deal.pk, won=False, lost_reason=reason, version=Deal.objects.get(pk=deal.pk).version, actor=me)
    assert names(undo_last(me)) == ["deal.stage_changed", "deal.reopened"]
    assert names(undo_last(me)) == ["deal.stage_changed", "deal.lost"]
    work()
    ran = {kind: Run.objects.filter(rule=rule, state="done").count() for kind, rule in rules.items()}
    # The loss itself was undone before a worker came, so the rule was called off for it; it was done again after that.
    assert ran == {"deal.reopened": 0, "deal.won": 0, "deal.lost": 1}
    assert Run.objects.filter(cause="undone").count() == 2
    # The timeline tells what stands, once.
    assert sorted(Activity.objects.values_list("system", flat=True)) == ["deal_created", "deal_lost"]


def test_h2_undo_of_a_bulk_edit_is_heard_record_by_record(publish, new_deal, manager, mate, rep):
    rule = publish("deal.changed", options={"fields": ["owner"]}, **HEARS)
    actor = Actor.of(manager)
    deals = [new_deal(f"Deal {number}") for number in range(3)]
    assign_deals(deal_ids=[deal.pk for deal in deals[:2]], owner=mate, actor=actor)
    work()
    told = set(Notification.objects.values_list("key", flat=True))
    events = undo_last(actor)
    assert names(events) == ["deal.changed"] * 2
    assert {each.data["to_owner_id"] for each in events} == {str(rep.pk)}
    work()
    runs = Run.objects.filter(rule=rule, event_id__in=[each.pk for each in events])
    assert {run.record_id for run in runs} == {deal.pk for deal in deals[:2]}
    # Whoever has them again is told of the tasks of the rule, not that deals were given to them.
    fresh = Notification.objects.exclude(key__in=told)
    assert {each.record_kind for each in fresh} <= {"task"}


def test_r8_made_deleted_and_brought_back(pipeline, me, rep, new_lead):
    deal = create_deal(actor=me, title="Renewal", owner=rep)
    assert undo_last(me) == []  # gone for good: there is nothing that a rule could do anything with
    (again,) = undo_last(me)
    assert (again.name, again.subject_id, again.data["owner_id"]) == ("deal.created", deal.pk, str(rep.pk))
    lead = new_lead(owner=rep, emails=["ada@example.com"])
    bin_contacts(contact_ids=[lead.pk], actor=(actor := Actor.of(rep)))
    assert names(undo_last(actor)) == ["contact.restored"]
    assert names(undo_last(actor)) == ["contact.binned"]


def test_r2_fields_addresses_owner_and_status_are_named_as_an_edit_names_them(me, rep, mate, manager, new_lead):
    boss = Actor.of(manager)
    lead = new_lead(owner=rep, emails=["ada@example.com"])
    values = {"emails": ["ada@example.com", "a@example.com"], "job_title": "Head", "owner_id": mate.pk,
              "lead_status": "working"}  # fmt: skip
    edit_contact(contact_id=lead.pk, values=values, actor=boss)
    edited = list(Event.objects.filter(changeset_id=boss.last_change))
    undone = undo_last(boss)
    assert sorted(names(undone)) == sorted(each.name for each in edited)
    fields = [next(set(e.data["fields"]) for e in each if e.name == "contact.changed") for each in (edited, undone)]
    assert fields[0] == fields[1] == {"emails", "job_title", "owner_id", "lead_status"}
    status = next(each for each in undone if each.name == "lead.status_changed")
    assert (status.data["from_status"], status.data["to_status"]) == ("working", "new")
    company = create_company(values={"name": "Atlas", "domains": ["atlas.example"], "owner_id": rep.pk}, actor=me)
    edit_company(company_id=company.pk, values={"domains": ["atlas.test"], "city": "Kiel"}, actor=me)
    (event,) = undo_last(me)
    assert (event.name, set(event.data["fields"])) == ("company.changed", {"domains", "city"})


@pytest.mark.parametrize("late", [False, True])
def test_w4_what_an_undo_took_out_of_the_conditions_comes_in_again(publish, new_deal, stage, rep, late):
    """A rule that does not listen to undos runs when the deal really comes to the stage, late worker or not."""
    rule = publish("deal.stage_changed", options={"to_stage": [str(stage("Proposal").pk)]}, reentry="entry")
    deal, me = new_deal(amount=100), Actor.of(rep)

    def move():
        version = Deal.objects.get(pk=deal.pk).version
        move_deal(deal_id=deal.pk, to_stage=stage("Proposal"), version=version, actor=me)

    move()
    if not late:
        work()
    undo_last(me)
    work()
    move()
    work()
    states = list(Run.objects.filter(rule=rule).order_by("pk").values_list("state", flat=True))
    assert states == (["cancelled", "done"] if late else ["done", "done"])


@pytest.mark.parametrize("late", [False, True])
def test_w4_what_an_undo_brought_back_into_the_conditions_does_not_run_by_the_next_edit(publish, new_deal, rep, late):
    """Nor does what was undone keep a record from coming in again; the dry run says the same (W7)."""
    rule = publish("deal.changed", conditions=[{"field": "amount", "operator": "gte", "value": 1000}])
    deal, me = new_deal(amount=10), Actor.of(rep)
    since, found = timezone.now(), []
    story = [({"amount": 5000}, True), ({"amount": 7000}, False), ({"amount": 20}, True), ({"source": "Fair"}, False)]
    for values, taken_back in story:
        edit_deal(deal_id=deal.pk, values=values, actor=me)
        if not (late and taken_back):
            work()
        if taken_back:
            undo_last(me)
        work()
        found.append(Run.objects.filter(rule=rule, state="done").count())
    assert found == ([0, 1, 1, 1] if late else [1, 2, 2, 2])
    assert len(dry_run(rule=rule, since=since, until=timezone.now()).matches) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [False, True])
def test_h2_an_undo_and_a_worker_never_wait_for_each_other(publish, new_deal, me, monkeypatch, waits):
    """The worker holds what it knows of the record, or the run that waited, and needs the record that the undo holds."""
    steps = [{"action": "update_field", "options": {"field": "description", "value": "Seen"}}]
    if waits:
        steps.insert(0, {"action": "wait", "options": {"unit": "hours", "amount": 1}})
    rule = publish("deal.changed", *steps, conditions=[{"field": "amount", "operator": "gte", "value": 1000}])
    deal = new_deal(amount=2000)
    edit_deal(deal_id=deal.pk, values={"amount": 10}, actor=me)
    work()
    edit_deal(deal_id=deal.pk, values={"amount": 5000}, actor=me)
    work()
    if not waits:  # the rule knows the deal, which comes in once more while something else is undone
        edit_deal(deal_id=deal.pk, values={"amount": 10, "description": ""}, actor=me)
        edit_deal(deal_id=deal.pk, values={"source": "Fair"}, actor=me)
        work()
    taken_back = me.last_change
    if waits:
        Run.objects.filter(rule=rule).update(due_at=timezone.now())
    else:
        edit_deal(deal_id=deal.pk, values={"amount": 7000}, actor=me)
    holds, locked = threading.Event(), threading.Event()
    module, name = (due, "_go_on") if waits else (events, "run_now")
    go_on = getattr(module, name)

    def worker_goes_on(*args):
        holds.set()
        locked.wait(0.4 if waits else 5)  # an undo that comes second waits for the run before it locks anything
        return go_on(*args)

    def plan_of(*args):
        found = changes.plan_of(*args)
        locked.set()
        return found

    monkeypatch.setattr(module, name, worker_goes_on)
    monkeypatch.setattr(commands, "plan_of", plan_of)

    def worker():
        work()
        connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    assert holds.wait(5)
    undo(changeset_id=taken_back, actor=me)
    thread.join()
    run = Run.objects.filter(rule=rule).order_by("pk").last()
    assert (run.state, run.attempts) == ("done", 0)
    deal.refresh_from_db()
    assert deal.description == "Seen" and (deal.amount == 10 if waits else deal.source == "")
