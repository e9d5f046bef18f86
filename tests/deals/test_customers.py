"""New people at a company that has bought are customers from their first moment (R4)."""

import pytest

from contacts.models import Contact, Lifecycle
from contacts.services import create_company, create_contact, edit_contact
from crm.kernel.core.changes import Actor
from deals.services import close_deal, create_deal


@pytest.fixture
def buyer(rep, pipeline):
    """A company with a deal that stands won."""
    actor = Actor.of(rep)
    company = create_company(values={"name": "Atlas", "owner": rep}, actor=actor)
    deal = create_deal(actor=actor, title="Sensors", owner=rep, company=company)
    close_deal(deal_id=deal.pk, won=True, actor=actor)
    return company


def stage(contact: Contact) -> str:
    contact.refresh_from_db()
    return contact.lifecycle


def test_a_new_contact_of_a_buyer_is_a_customer(buyer, rep):
    made = create_contact(values={"last_name": "Quinn", "company": buyer}, actor=Actor.of(rep))
    assert stage(made) == Lifecycle.CUSTOMER
    assert made.history.count() == 1


def test_a_new_contact_of_anybody_else_is_a_lead(buyer, rep):
    other = create_company(values={"name": "Kestrel"}, actor=Actor.of(rep))
    assert stage(create_contact(values={"last_name": "Holm", "company": other}, actor=Actor.of(rep))) == Lifecycle.LEAD
    assert stage(create_contact(values={"last_name": "Solo"}, actor=Actor.of(rep))) == Lifecycle.LEAD


def test_who_was_said_to_be_something_else_stays_it(buyer, rep):
    values = {"last_name": "Press", "company": buyer, "lifecycle": Lifecycle.OTHER}
    assert stage(create_contact(values=values, actor=Actor.of(rep))) == Lifecycle.OTHER


def test_who_moves_to_a_buyer_becomes_a_customer(buyer, rep):
    made = create_contact(values={"last_name": "Vega", "owner": rep}, actor=Actor.of(rep))
    edit_contact(contact_id=made.pk, values={"company": buyer}, actor=Actor.of(rep))
    assert stage(made) == Lifecycle.CUSTOMER
