"""Contacts and companies for the tests of this folder, made through the services."""

from collections.abc import Callable
from typing import Any

import pytest

from contacts.models import Company, Contact
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.users.models import User


@pytest.fixture
def make_contact(rep) -> Callable[..., Contact]:
    """Return a function that adds a contact of the rep, or of another `by`."""

    def make(first_name: str = "Maya", *, by: User | None = None, **values: Any) -> Contact:
        person = by or rep
        return create_contact(values={"first_name": first_name, "owner": person, **values}, actor=Actor.of(person))

    return make


@pytest.fixture
def make_company(rep) -> Callable[..., Company]:
    """Return a function that adds a company of the rep."""

    def make(name: str = "Nordhavn Ferries", *, by: User | None = None, **values: Any) -> Company:
        person = by or rep
        return create_company(values={"name": name, "owner": person, **values}, actor=Actor.of(person))

    return make


@pytest.fixture
def maya(make_contact) -> Contact:
    """A contact of the rep with an e-mail address and a phone number."""
    return make_contact("Maya", last_name="Lindqvist", emails=["maya@nordhavn.example"], phones=["+45 31 55 01 87"])
