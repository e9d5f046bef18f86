"""A look at a record beside its list: what its own address answers the drawer, by the rights of its page (U3)."""

import pytest
from django.test import Client

from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.search.models import RecentView
from deals.services import create_deal

DRAWER = {"hx-request": "true", "hx-target": "drawer-body"}


@pytest.fixture
def records(rep, pipeline) -> dict[str, str]:
    """A company, a contact and a deal of the rep: words of each by its address."""
    actor = Actor.of(rep)
    company = create_company(
        values={"name": "Atlas Logistics", "owner_id": rep.pk, "industry": "Transport"}, actor=actor
    )
    values = {"first_name": "Maya", "last_name": "Lindqvist", "company_id": company.pk, "owner_id": rep.pk}
    contact = create_contact(values={**values, "job_title": "Buyer"}, actor=actor)
    deal = create_deal(actor=actor, title="Atlas rollout", owner=rep, company=company)
    return {
        f"/contacts/{contact.pk}/": "Buyer, Atlas Logistics",
        f"/companies/{company.pk}/": "Transport",
        f"/deals/{deal.pk}/": "Qualified",
    }


def test_the_drawer_gets_fields_and_timeline_without_a_frame_and_nobody_has_opened_the_record(client_of, rep, records):
    client: Client = client_of(rep)
    for address, words in records.items():
        shown = client.get(address, headers=DRAWER).content.decode()
        assert words in shown and 'id="drawer-title"' in shown and 'id="timeline-feed"' in shown
        assert "<html" not in shown and "fld-edit" not in shown and f'href="{address}"' in shown
    assert not RecentView.objects.exists()


def test_who_may_not_see_a_record_may_not_peek_at_it(client_of, stranger, records):
    contact, _company, deal = records
    for address in (contact, deal):
        assert client_of(stranger).get(address, headers=DRAWER).status_code == 404


def test_lists_of_records_can_be_peeked_at_and_others_not(client_of, rep, records):
    for path, can in (
        ("/contacts/", True),
        ("/leads/", True),
        ("/companies/", True),
        ("/deals/", True),
        ("/tasks/", False),
    ):
        assert (b'table-list" data-peek' in client_of(rep).get(path).content) is can, path
