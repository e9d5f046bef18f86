"""Undo of what is done to deals: business columns are as before, undone moves stay as marked rows (H2, P9)."""

from decimal import Decimal

import pytest

from contacts.models import Contact, Lifecycle
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict
from deals.models import Deal, DealContact, StageChange
from deals.services import (
    add_person,
    bin_deal,
    close_deal,
    create_deal,
    edit_deal,
    move_deal,
    qualify_lead,
    remove_person,
)


def business(model=Deal):
    """The rows of a table without versions, clocks and other derived columns."""
    derived = getattr(model, "derived", ())
    names = [f.attname for f in model._meta.concrete_fields if f.name not in derived]
    return list(model.objects.order_by("pk").values(*names))


@pytest.fixture
def state(db):
    """Return a function that takes the state of all business tables concerned."""
    return lambda: [business(model) for model in (Deal, DealContact, Contact)]


def test_undo_of_a_move_leads_back_by_a_row(deal, as_rep, stages, state):
    before = state()
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert state() == before
    first, moved, back = StageChange.objects.for_deal(deal)
    assert moved.undone_at == moved.until == back.at
    assert back.undoes == moved
    assert (back.from_stage, back.to_stage) == (stages[1], stages[0])
    assert list(StageChange.objects.for_deal(deal).counted()) == [first]


def test_stage_entered_at_returns_to_the_earlier_visit(deal, as_rep, stages):
    entered = deal.stage_entered_at
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    deal.refresh_from_db()
    assert deal.stage_entered_at == entered


def test_redo_is_an_ordinary_move_again(deal, as_rep, stages, state):
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    after = state()
    undone = undo(changeset_id=as_rep.last_change, actor=as_rep)
    undo(changeset_id=undone.changeset_id, actor=as_rep)
    assert state() == after
    counted = list(StageChange.objects.for_deal(deal).counted())
    assert [visit.to_stage for visit in counted] == [stages[0], stages[1]]
    assert counted[-1].until is None


def test_an_undone_move_does_not_make_the_next_one_stale(deal, as_rep, stages):
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    deal.refresh_from_db()
    assert deal.stage_version == deal.version
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep, version=deal.version)
    last = StageChange.objects.for_deal(deal).last()
    assert (last.from_stage, last.to_stage) == (stages[0], stages[2])


def test_undo_of_a_move_that_was_followed_by_another_conflicts(deal, as_rep, manager, stages, state):
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    first = as_rep.last_change
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=Actor.of(manager))
    before = state(), StageChange.objects.count()
    with pytest.raises(Conflict):
        undo(changeset_id=first, actor=as_rep)
    assert (state(), StageChange.objects.count()) == before
    undo(changeset_id=first, actor=as_rep, force=True)
    assert Deal.objects.get().stage == stages[2]
    assert StageChange.objects.filter(deal=deal, until__isnull=True).get().to_stage == stages[2]


def test_undo_of_a_win_opens_the_deal_and_returns_the_customers(deal, as_rep, contact, state):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    before = state()
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == Lifecycle.CUSTOMER
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert state() == before


def test_undo_of_a_creation_removes_the_deal_and_its_visits(as_rep, rep, pipeline, contact, company, state):
    before = state()
    create_deal(actor=as_rep, title="New", owner=rep, company=company, contacts=[(contact.pk, "Buyer")])
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert state() == before
    assert not StageChange.objects.exists()


def test_undo_of_a_creation_that_others_have_worked_on_bins_the_deal(as_rep, rep, manager, stages):
    deal = create_deal(actor=as_rep, title="New", owner=rep)
    made = as_rep.last_change
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=Actor.of(manager))
    undo(changeset_id=made, actor=as_rep, force=True)
    deal.refresh_from_db()
    assert deal.binned_at is not None
    assert StageChange.objects.for_deal(deal).count() == 2


def test_second_deal_keeps_the_contact_an_opportunity_when_the_first_is_undone(as_rep, rep, pipeline, contact):
    create_deal(actor=as_rep, title="One", owner=rep, contacts=[(contact.pk, "")])
    one = as_rep.last_change
    create_deal(actor=as_rep, title="Two", owner=rep, contacts=[(contact.pk, "")])
    two = as_rep.last_change
    undo(changeset_id=one, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == Lifecycle.OPPORTUNITY
    undo(changeset_id=two, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == Lifecycle.LEAD


def test_undo_of_edit_people_and_bin(deal, as_rep, contact, colleague, state):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep, role="Buyer")
    before = state()
    for change in (
        lambda: edit_deal(deal_id=deal.pk, values={"title": "X", "amount": Decimal("1.5")}, actor=as_rep),
        lambda: add_person(deal_id=deal.pk, contact_id=colleague.pk, actor=as_rep, primary=True),
        lambda: remove_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep),
        lambda: bin_deal(deal_id=deal.pk, actor=as_rep),
    ):
        change()
        assert state() != before
        undo(changeset_id=as_rep.last_change, actor=as_rep)
        assert state() == before


def test_undo_of_qualifying_leaves_the_lead_as_it_was(as_rep, contact, pipeline, state):
    before = state()
    qualify_lead(contact_id=contact.pk, actor=as_rep)
    assert state() != before
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert state() == before


def test_deal_made_and_moved_goes_for_good_with_its_visits_and_comes_back(as_rep, rep, stages, state):
    before = state()
    deal = create_deal(actor=as_rep, title="Oops", owner=rep)
    made = as_rep.last_change
    move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    result = undo(changeset_id=made, actor=as_rep)
    assert state() == before and not result.binned
    assert not StageChange.objects.filter(deal_id=deal.pk).exists()
    undo(changeset_id=result.changeset_id, actor=as_rep)
    assert StageChange.objects.filter(deal_id=deal.pk).count() == 3
    assert StageChange.objects.get(deal_id=deal.pk, until__isnull=True).to_stage_id == stages[0].pk


def test_moves_undone_one_by_one_count_no_more(deal, as_rep, stages, state):
    before = state()
    sets = []
    for stage in stages[1:3]:
        move_deal(deal_id=deal.pk, to_stage=stage, actor=as_rep)
        sets.append(as_rep.last_change)
    for changed in reversed(sets):
        undo(changeset_id=changed, actor=as_rep)
    assert state() == before and StageChange.objects.counted().filter(deal=deal).count() == 1
    assert StageChange.objects.get(deal=deal, until__isnull=True).to_stage_id == deal.stage_id
