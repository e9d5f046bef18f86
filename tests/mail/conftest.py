"""What the tests of mail share: Maya of `rep`, with an address, and a deal with her; templates."""

import pytest

from activities.mail.services.templates import create_template
from contacts.services.contacts import create_contact
from crm.kernel.core.changes import Actor
from tests.activities.conftest import as_rep, company, deal, make_deal  # noqa: F401  the same people and records


@pytest.fixture
def maya(as_rep, rep, company):  # noqa: F811
    """A contact of `rep` at the company, with an address."""
    values = {
        "first_name": "Maya",
        "last_name": "Lindqvist",
        "company_id": company.pk,
        "owner_id": rep.pk,
        "emails": ["Maya@Nordhavn.example"],
    }
    return create_contact(values=values, actor=as_rep)


@pytest.fixture
def make_template(as_rep):  # noqa: F811
    """Return a function that makes a template of `rep`."""

    def make(actor: Actor = as_rep, **values):
        given = {
            "name": "Welcome",
            "subject": "Hello {{ contact.first_name | there }}",
            "text": "Hi {{ contact.name }}",
        }
        return create_template(values={**given, **values}, actor=actor)

    return make


@pytest.fixture
def template(make_template):
    """A template of `rep`."""
    return make_template()
