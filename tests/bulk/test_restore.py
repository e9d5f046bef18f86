"""Bins: each kind has one, with Restore for a row and for a selection (R8)."""

import datetime as dt

import pytest

from activities.models import Activity, Task
from activities.services.changing import bin_activities
from activities.services.recording import ActivityRow, log_activity
from activities.services.task_changes import bin_tasks
from activities.services.tasks import TaskRow, create_task
from contacts.models import Company, Contact
from contacts.services import bin_companies, bin_contacts, create_company, create_contact
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from deals.models import Deal
from deals.services import bin_deals, create_deal

from .conftest import refused

BINS = {
    "contact": "/contacts/bin/", "company": "/companies/bin/", "deal": "/deals/bin/", "task": "/tasks/bin/",
    "activity": "/activities/bin/",
}  # fmt: skip
LIVE = {path: path.removesuffix("bin/") for path in BINS.values()}


@pytest.fixture
def binned(rep, pipeline) -> dict:
    """Two records of each kind in the bin, `rep`'s."""
    me = Actor.of(rep)
    contacts = [create_contact(values={"first_name": f"Gone {n}", "owner": rep}, actor=me) for n in range(2)]
    companies = [create_company(values={"name": f"Gone {n}", "owner": rep}, actor=me) for n in range(2)]
    deals = [create_deal(actor=me, title=f"Gone {n}", owner=rep) for n in range(2)]
    tasks = [create_task(row=TaskRow(title=f"Gone {n}", due_on=dt.date(2030, 1, 1)), actor=me) for n in range(2)]
    logged = [log_activity(row=ActivityRow(type="note", body=f"Gone {n}"), actor=me) for n in range(2)]
    bin_tasks(task_ids=[each.pk for each in tasks], actor=me)
    bin_activities(activity_ids=[each.pk for each in logged], actor=me)
    bin_deals(deal_ids=[each.pk for each in deals], actor=me)
    bin_contacts(contact_ids=[each.pk for each in contacts], actor=me)
    bin_companies(company_ids=[each.pk for each in companies], actor=me)
    return {"contact": contacts, "company": companies, "deal": deals, "task": tasks, "activity": logged}


@pytest.mark.parametrize("kind", BINS)
def test_a_selection_of_a_bin_is_restored_and_that_can_be_undone(run_bulk, rep, binned, kind):
    model = {"contact": Contact, "company": Company, "deal": Deal, "task": Task, "activity": Activity}[kind]
    run = run_bulk(rep, f"{kind}-bin", "restore", None)
    assert run.counts["done"] == 2 and not model.objects.binned().exists()
    undo(changeset_id=run.changeset_id, actor=Actor.of(rep))
    assert model.objects.binned().count() == 2


def test_bins_are_reached_from_their_lists_and_restore_without_scripts(client_of, rep, viewer, binned):
    client = client_of(rep)
    for kind, path in BINS.items():
        assert path.encode() in client.get(LIVE[path]).content
        page = client.get(path)
        record = binned[kind][0]
        address = f"{LIVE[path]}{record.pk}/restore/"
        assert b"Gone 1" in page.content and address.encode() in page.content
        assert b'formaction="/bulk/restore/"' in page.content and b"/bulk/tag/" not in page.content
        seen = client_of(viewer).get(path).content
        assert b"Restore" not in seen.split(b"<main")[1]
        assert client.post(address).status_code == 302
        assert address.encode() not in client.get(path).content


def test_what_is_not_in_the_bin_is_not_restored_and_a_bin_knows_no_other_action(client_of, run_bulk, rep, binned):
    client = client_of(rep)
    chosen = [each.pk for each in binned["contact"]]
    assert client.post("/bulk/tag/", {"list": "contact-bin", "ids": chosen}).status_code == 404
    assert client.post("/bulk/restore/", {"list": "contacts", "ids": chosen}).status_code == 404


def test_a_contact_whose_address_is_taken_stays_in_the_bin_and_the_others_come_back(run_bulk, rep):
    me = Actor.of(rep)
    made = [
        create_contact(values={"first_name": name, "owner": rep, "emails": [f"{name}@x.example"]}, actor=me)
        for name in ("lena", "paul")
    ]
    bin_contacts(contact_ids=[each.pk for each in made], actor=me)
    create_contact(
        values={"first_name": "New", "owner": rep, "emails": ["lena@x.example"]}, despite_binned=True, actor=me
    )
    run = run_bulk(rep, "contact-bin", "restore", made)
    assert run.counts["done"] == 1 and "lena@x.example" in refused(run)[made[0].pk]
