"""Data for the performance tests: a few or many records through the services, and tens of thousands by SQL."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from activities.services.recording import ActivityRow, log_activities
from activities.services.tasks import TaskRow, create_tasks
from contacts.models import Company, Contact, DuplicatePair
from contacts.services import create_companies, create_contacts
from contacts.services.duplicates.rules import ordered
from crm.demo import setting
from crm.demo.bulk import Size, build_bulk
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.users.models import Role, User
from crm.kernel.users.policies import add_default_roles
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, LostReason, Pipeline, Stage
from deals.seeds import add_first_pipeline
from deals.services import create_deals
from deals.services.creation import NewDeal

BULK = Size(contacts=16_000, companies=3_000, deals=4_000, activities=16_000, teams=4, star=300)


@dataclass
class Desk:
    """A rep with so many of everything, and one record of each kind on which all of it hangs."""

    rep: User
    company: Company
    contact: Contact
    deal: Deal


@pytest.fixture
def desk_of(rep: User, mate: User, pipeline: Pipeline) -> Any:
    """Return a function that fills a rep's desk with a number of contacts, companies, deals, tasks and activities."""

    def fill(count: int) -> Desk:
        actor = Actor.of(rep)
        companies = create_companies(rows=[{"name": f"Company {n}", "owner": rep} for n in range(count)], actor=actor)
        contacts = create_contacts(rows=[_contact(n, companies[0], rep) for n in range(count)], actor=actor)
        leads = create_contacts(rows=[{"last_name": f"Lead {n}", "owner": None} for n in range(count)], actor=actor)
        stages = list(pipeline.stages.open().order_by("position"))
        rows = [_deal(n, stages[n % len(stages)], companies[0], contacts[0], rep) for n in range(count)]
        with dated_back(timezone.now() - dt.timedelta(days=3)):
            deals = create_deals(rows=rows, actor=actor)
            deals += create_deals(
                rows=[_deal(n, stages[0], companies[0], contacts[0], mate) for n in range(count)], actor=actor
            )
        _fill_days(count, contacts[0], deals, actor)
        _pair(contacts)
        assert len(leads) == count
        return Desk(rep, companies[0], contacts[0], deals[0])

    return fill


def _pair(contacts: list[Contact]) -> None:
    """Let the first contact look like all others."""
    first, *others = contacts
    DuplicatePair.objects.bulk_create(
        DuplicatePair(
            record_kind="contact", first_id=a, second_id=b, score=80, reasons=[{"field": "name", "how": "same"}]
        )
        for a, b in (ordered(first.pk, other.pk) for other in others)
    )


def _contact(number: int, company: Company, owner: User) -> dict[str, Any]:
    address = f"person{number}@desk.example"
    return {"first_name": "Person", "last_name": str(number), "company": company, "owner": owner, "emails": [address]}


def _deal(number: int, stage: Stage, company: Company, contact: Contact, owner: User) -> NewDeal:
    links = [(contact.pk, "Decision maker")]
    return NewDeal(
        title=f"Deal {number}", owner=owner, stage=stage, company=company, contacts=links, amount=1000 + number
    )


def _fill_days(count: int, contact: Contact, deals: list[Deal], actor: Actor) -> None:
    """Give the rep tasks of yesterday, today and later, calls of the past and meetings of today, all with one contact."""
    now, today = timezone.now(), actor.user.today()
    create_tasks(
        rows=[
            TaskRow(
                title=f"Task {n}",
                due_on=today + dt.timedelta(days=n % 3 - 1),
                contact_id=contact.pk,
                deal_id=deals[n].pk,
            )
            for n in range(count)
        ],
        actor=actor,
    )
    calls = [
        ActivityRow(
            type="call", subject=f"Call {n}", at=now - dt.timedelta(hours=n + 1), outcome="reached",
            contact_ids=(contact.pk,), deal_id=deals[0].pk,
        )
        for n in range(count)
    ]  # fmt: skip
    meetings = [
        ActivityRow(
            type="meeting", subject=f"Meeting {n}", done=False, scheduled_at=now + dt.timedelta(minutes=n),
            contact_ids=(contact.pk,), deal_id=deals[0].pk,
        )
        for n in range(count)
    ]  # fmt: skip
    log_activities(rows=calls + meetings, actor=actor)


@pytest.fixture(scope="module")
def bulk(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tens of thousands of records, committed and analysed: what the planner sees is what it would see at work."""
    with django_db_blocker.unblock():
        with changeset(Actor.system("test data"), "test.workspace"):
            add_default_roles(Role)
            add_first_pipeline(Pipeline, Stage, LostReason)
        setting.set_scene(password="a sample password", now=timezone.now())
        build_bulk(BULK, seed=1, say=lambda what: None)
        yield
        call_command("flush", interactive=False, verbosity=0)
        Workspace.forget()
        connection.close()
