"""Two contacts and two companies that are one, with everything that can hang on them, made through the services."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from activities.models import Activity, ActivityContact, Task
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.users.models import User
from deals.models import Deal, DealContact, StageChange
from deals.services import create_deal

TABLES = (
    Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone, Deal, DealContact,
    StageChange, Activity, ActivityContact, Task,
)  # fmt: skip
NOT_BUSINESS = {"version", "stage_version", "updated_at", "last_worked_at"}


def business() -> dict[str, list[Any]]:
    """Return every business table as H2 compares them: without versions and clocks of the machine."""
    return {
        model.__name__: list(
            model.objects.order_by("pk").values(
                *(f.attname for f in model._meta.concrete_fields if f.name not in NOT_BUSINESS)
            )
        )
        for model in TABLES
    }


@pytest.fixture
def boss(manager) -> Actor:
    """The manager of the east team, who may merge."""
    return Actor.of(manager)


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
def nordhavn(make_company) -> Company:
    return make_company(domains=["nordhavn.example"], emails=["info@nordhavn.example"], phones=["+4531550100"])


@pytest.fixture
def maya(make_contact, nordhavn) -> Contact:
    """The contact that stays."""
    return make_contact(
        "Maya", last_name="Lindqvist", company=nordhavn, job_title="Head of Operations", tags=["vip"],
        emails=["maya.lindqvist@nordhavn.example"], phones=["+45 31 55 01 87"],
    )  # fmt: skip


@pytest.fixture
def double(make_contact, mate) -> Contact:
    """The same person once more, of a team mate, with other addresses."""
    return make_contact(
        "Maya", last_name="Lindquist", by=mate, job_title="Operations", city="Aarhus", tags=["vip", "ferries"],
        emails=["maya@lindquist.example"], phones=["+45 31 55 01 87", "+45 20 20 20 20"], source="Trade fair",
    )  # fmt: skip


@pytest.fixture
def work(rep, mate, maya, double, nordhavn, pipeline) -> dict[str, Any]:
    """A call, a meeting with both, tasks, a deal of each and one with both in it."""
    mine, theirs = Actor.of(rep), Actor.of(mate)
    return {
        "call": log_activity(row=ActivityRow(type="call", contact_ids=(double.pk,)), actor=theirs),
        "meeting": log_activity(row=ActivityRow(type="meeting", contact_ids=(maya.pk, double.pk)), actor=theirs),
        "note": log_activity(row=ActivityRow(type="note", body="Hi", contact_ids=(maya.pk,)), actor=mine),
        "task": create_task(row=TaskRow(title="Ring back", contact_id=double.pk), actor=theirs),
        "deal": create_deal(actor=theirs, title="Two ferries", owner=mate, contacts=[(double.pk, "Buyer")]),
        "shared": create_deal(
            actor=mine, title="Atlas", owner=rep, company=nordhavn, amount=Decimal(1000),
            contacts=[(double.pk, "Legal"), (maya.pk, "Buyer")],
        ),
    }  # fmt: skip
