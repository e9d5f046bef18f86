"""What rules know of records that become one, and two again: a merge takes no record in, nor out (M3, M4, W4)."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from activities.services.recording import ActivityRow, log_activity
from contacts.models import Contact
from contacts.services import edit_contact
from contacts.services.merging import merge_contacts
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.events.models import Event
from deals.services import edit_deal
from workflows.dryrun import dry_run
from workflows.models import Run

from .conftest import look, work

pytestmark = pytest.mark.django_db
FAIR = [{"field": "source", "operator": "is", "value": "Fair"}]


@pytest.fixture
def boss(manager) -> Actor:
    return Actor.of(manager)


def edit(contact, actor, **values):
    edit_contact(contact_id=contact.pk, values=values, actor=actor)
    work()


def merge(survivor, loser, actor, **choices):
    merge_contacts(survivor_id=survivor.pk, loser_id=loser.pk, actor=actor, choices=choices)
    work()


def ran(rule, *contacts):
    return [Run.objects.filter(rule=rule, record_id=each.pk, state="done").count() for each in contacts]


def test_w4_a_merge_and_its_undo_take_no_record_in_or_out(publish, new_lead, rep, boss):
    """What took the survivor out of the conditions lets it come in again; what took it in does not let the next edit run."""
    rule, since = publish("contact.changed", conditions=FAIR), timezone.now()
    ada, ann, bob, ben = (
        new_lead(name, owner=rep, source=source, emails=[f"{name}@example.com"])
        for name, source in (("ada", "Web"), ("ann", "Web"), ("bob", "Fair"), ("ben", "Web"))
    )
    edit(ada, boss, source="Fair")
    merge(ada, ann, boss, source="loser")
    taken_out = boss.last_change
    edit(ada, boss, source="Fair")
    assert ran(rule, ada) == [2]
    edit(ben, boss, source="Fair")
    edit(ben, boss, source="Phone")
    merge(ben, bob, boss, source="loser")
    edit(ben, boss, job_title="Head")
    assert ran(rule, ben) == [1]
    undo(changeset_id=taken_out, actor=boss, force=True)
    assert Contact.objects.get(pk=ann.pk).merged_into_id is None
    edit(ann, boss, source="Fair")
    assert ran(rule, ann) == [1]
    assert [each.record_id for each in dry_run(rule=rule, since=since, until=timezone.now()).matches] == [
        ada.pk, ada.pk, ben.pk, ann.pk,
    ]  # fmt: skip


def test_m4_the_undo_of_a_merge_sets_off_nothing_and_the_survivor_stands_where_it_stood(publish, new_lead, rep, boss):
    rule = publish("contact.changed", conditions=FAIR)
    hears = publish("contact.changed", reentry="event", listens_to=["undo"])
    ada, ann = (new_lead(name, owner=rep, source=source) for name, source in (("ada", "Fair"), ("ann", "Web")))
    for _again in range(2):  # out by the merge, which the next edit notes; in again by its undo, which is no entry
        merge(ada, ann, boss, source="loser")
        merged = boss.last_change
        edit(ada, boss, job_title="Head")
        before = Run.objects.count()
        undo(changeset_id=merged, actor=boss)
        work()
        assert Run.objects.count() == before
        edit(ada, boss, job_title="")
    told = Event.objects.filter(name="record.merge_undone", source="undo")
    assert set(told.values_list("subject_id", flat=True)) == {ada.pk, ann.pk} and not told.filter(done__len__gt=0)
    assert ran(rule, ada, ann) == [0, 0] and ran(hears, ada, ann) == [4, 0]


def test_w4_once_ever_holds_for_what_became_part_of_a_record(publish, new_lead, rep, boss):
    rule, since = publish("contact.changed", reentry="once"), timezone.now()
    ada, ann, amy = (new_lead(name, owner=rep) for name in ("ada", "ann", "amy"))
    edit(amy, boss, source="Fair")
    merge(ann, amy, boss)
    merge(ada, ann, boss)
    first_of_both = boss.last_change
    edit(ada, boss, job_title="Head")
    assert ran(rule, ada, ann, amy) == [0, 0, 1]
    undo(changeset_id=first_of_both, actor=boss, force=True)
    edit(ann, boss, source="Web")
    edit(ada, boss, source="Web")
    assert ran(rule, ada, ann, amy) == [1, 0, 1]
    undo(changeset_id=boss.last_change, actor=boss)  # of Ada's edit; then both become one again
    undo(changeset_id=Event.objects.filter(name="record.merge_undone").first().changeset_id, actor=boss, force=True)
    edit(ada, boss, source="Phone")
    assert [each.record_id for each in dry_run(rule=rule, since=since, until=timezone.now()).matches] == [
        amy.pk,
        ada.pk,
    ]
    assert ran(rule, ada, ann, amy) == [1, 0, 1]


def test_w1_no_second_reminder_for_the_spell_of_one_who_became_part(publish, new_lead, rep, boss):
    start = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=True):
        rule = publish("contact.idle", options={"days": 2})
        ada = new_lead("ada", owner=rep)
    with time_machine.travel(start + dt.timedelta(days=1), tick=True):
        ann = new_lead("ann", owner=rep)
        log_activity(row=ActivityRow(type="note", body="Talked", contact_ids=[ann.pk]), actor=Actor.of(rep))
    for days in (3, 4, 5):
        with time_machine.travel(start + dt.timedelta(days=days, hours=2), tick=True):
            look()
    assert ran(rule, ada, ann) == [1, 1]
    with time_machine.travel(start + dt.timedelta(days=6), tick=True):
        merge(ada, ann, boss)
        look()
        assert ran(rule, ada, ann) == [1, 1]
        undo(changeset_id=boss.last_change, actor=boss)
        look()
    assert ran(rule, ada, ann) == [1, 1]


@pytest.mark.parametrize("kind", ["add_tag", "update_field"])
def test_w4_each_change_enters_a_condition_that_asks_for_it(publish, new_deal, rep, kind):
    """Whatever happens in between, the rule's own change among it; a dry run says the same (W7)."""
    options = {"tags": ["seen"]} if kind == "add_tag" else {"field": "source", "value": "Seen"}
    changed = {
        "any": [{"field": "amount", "operator": "changed"}, {"field": "source", "operator": "is", "value": "Fair"}]
    }
    rule = publish("deal.changed", {"action": kind, "options": options}, conditions=changed)
    deal, me, since = new_deal(amount=1), Actor.of(rep), timezone.now()
    story = [{"amount": 2}, {"amount": 3}, {"title": "New"}, {"source": "Fair"}, {"description": "x"}, {"amount": 4}]
    for values in story:
        edit_deal(deal_id=deal.pk, values=values, actor=me)
        work()
    runs = list(Run.objects.filter(rule=rule, depth=0).order_by("pk").values_list("event_id", flat=True))
    found = dry_run(rule=rule, since=since, until=timezone.now())
    assert len(runs) == (3 if kind == "add_tag" else 4)
    assert [each.event_id for each in found.matches if each.event_id in runs] == runs
    assert {each.depth for each in Event.objects.filter(pk__in=[m.event_id for m in found.matches])} == {0}
