"""What the tests of activities share: a company with two people, and a deal of `rep` with one of them."""

from decimal import Decimal
from typing import Any

import pytest

from contacts.models import Company, Contact
from contacts.services.companies import create_company
from contacts.services.contacts import create_contact
from crm.kernel.core.changes import Actor
from deals.models import Deal
from deals.services import create_deal


@pytest.fixture
def as_rep(rep) -> Actor:
    """`rep`, acting."""
    return Actor.of(rep)


@pytest.fixture
def company(as_rep, rep) -> Company:
    """A company of `rep`."""
    return create_company(values={"name": "Nordhavn Ferries", "owner_id": rep.pk}, actor=as_rep)


@pytest.fixture
def maya(as_rep, rep, company) -> Contact:
    """A contact of `rep` at the company."""
    values = {"first_name": "Maya", "last_name": "Lindqvist", "company_id": company.pk, "owner_id": rep.pk}
    return create_contact(values=values, actor=as_rep)


@pytest.fixture
def henrik(as_rep, rep, company) -> Contact:
    """Her colleague, of `rep` too."""
    values = {"first_name": "Henrik", "last_name": "Dahl", "company_id": company.pk, "owner_id": rep.pk}
    return create_contact(values=values, actor=as_rep)


@pytest.fixture
def make_deal(as_rep, rep, company):
    """Return a function that makes a deal of `rep` with people."""

    def make(title: str, *people: Contact, **values: Any) -> Deal:
        named = {"owner": rep, "company": company, "amount": Decimal(84_000), **values}
        return create_deal(actor=as_rep, title=title, contacts=[(each.pk, "") for each in people], **named)

    return make


@pytest.fixture
def deal(make_deal, maya) -> Deal:
    """An open deal of `rep` with Maya."""
    return make_deal("Sensor renewal", maya)
