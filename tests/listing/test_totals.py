"""Totals by currency, of the page and of all that match; counts that cost no full scan; rows drawn again after an edit."""

import re
from decimal import Decimal

import pytest

from contacts.models import Contact
from contacts.services import create_contact, create_contacts
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing import pages
from crm.kernel.listing.totals import words
from deals.models import Deal
from deals.services import create_deal


def test_sums_are_by_currency_the_greatest_first_and_leave_out_what_has_no_amount():
    assert (
        words([(Decimal("10"), "EUR"), (None, "USD"), (Decimal("2.5"), "EUR"), (Decimal("40"), "USD")])
        == "$40 +\N{NO-BREAK SPACE}€12.50"
    )
    assert words([(Decimal("1.50"), ""), (Decimal("2"), None)]) == "3.5"
    assert words([]) == ""


def test_deals_show_the_sum_of_the_page_and_then_of_all(client_of, rep, stranger, pipeline, monkeypatch):
    for n in range(30):
        create_deal(actor=Actor.of(rep), title=f"D{n}", owner=rep, amount=Decimal(100))
    create_deal(actor=Actor.of(rep), title="E", owner=rep, amount=Decimal(70), currency="EUR")
    create_deal(actor=Actor.of(stranger), title="Hidden", owner=stranger, amount=Decimal(9999))
    client = client_of(rep)
    client.post("/lists/deals/layout/", {"column": ["title", "amount"], "size": "25", "density": "compact"})
    body = client.get("/deals/?sort=-amount").content.decode()
    assert "Sum of this page" in body
    assert re.search(r'id="total-amount">\$2,400 \+\s€70<', body)
    counts = client.get("/deals/?sort=-amount&count=1").content.decode()
    assert '<td class="num" id="total-amount" hx-swap-oob="true">$3,000 +\N{NO-BREAK SPACE}€70</td>' in counts
    assert "Sum of all" in counts
    monkeypatch.setattr(pages, "COUNTED", 3)
    assert "Sum of all" not in client.get("/deals/?count=1").content.decode()
    assert Deal.objects.count() == 32


def test_a_custom_number_is_added_up_where_it_fits(client_of, rep):
    with changeset(Actor.system("test data"), "test.fields"):
        CustomField.objects.create(record_kind="contact", key="seats", label="Seats", type="number")
    create_contacts(rows=[{"last_name": f"N{i}", "owner": rep} for i in range(4)], actor=Actor.of(rep))
    with changeset(Actor.system("test data"), "test.fill"):
        for name, value in (("N0", "9"), ("N1", "10.5"), ("N2", "many")):
            Contact.objects.filter(last_name=name).update(custom={"seats": value})
    client = client_of(rep)
    client.post("/lists/contacts/layout/", {"column": ["cf_seats"], "density": "compact", "size": "25"})
    assert 'id="total-cf_seats">19.5<' in client.get("/contacts/").content.decode()
    assert 'id="total-cf_seats" hx-swap-oob="true">19.5<' in client.get("/contacts/?count=1").content.decode()


def test_beyond_ten_thousand_the_number_is_an_estimate_and_says_so(client_of, rep, monkeypatch):
    create_contacts(rows=[{"last_name": f"N{i}", "owner": rep} for i in range(5)], actor=Actor.of(rep))
    monkeypatch.setattr(pages, "COUNTED", 3)
    monkeypatch.setattr(pages, "estimated_rows", lambda rows: 241_873.0)
    assert "about 240,000" in client_of(rep).get("/contacts/?count=1").content.decode()


@pytest.mark.parametrize("person", ["rep", "stranger"])
def test_a_row_is_drawn_again_for_who_may_see_it(client_of, rep, stranger, person):
    contact = create_contact(values={"last_name": "Holm", "owner": rep}, actor=Actor.of(rep))
    client = client_of({"rep": rep, "stranger": stranger}[person])
    response = client.get(f"/contacts/?panel=row&focus={contact.pk}&stage=customer")
    assert response.status_code == (200 if person == "rep" else 404)
    assert (f'<tr id="row-{contact.pk}"' in response.content.decode()) is (person == "rep")
    assert client.get("/contacts/?panel=row&focus=x").status_code == 400


def test_cells_can_be_edited_only_by_those_who_may_edit_something(client_of, rep, viewer):
    create_contact(values={"last_name": "Holm", "owner": rep}, actor=Actor.of(rep))
    body = client_of(rep).get("/contacts/").content.decode()
    assert 'data-fields="/contacts/PK/fields/KEY/"' in body
    assert 'data-edit="owner"' in body
    assert "data-fields" not in client_of(viewer).get("/contacts/").content.decode()
    assert "data-fields" not in client_of(rep).get("/contacts/bin/").content.decode()


@pytest.mark.parametrize("path", ["/contacts/", "/companies/", "/deals/"])
def test_every_cell_that_offers_an_editor_has_one(client_of, rep, path, desk_of):
    desk = desk_of(1)
    client = client_of(rep)
    kind = path.strip("/")
    keys = re.findall(r'name="column" value="([^"]+)"', client.get(f"{path}?panel=columns").content.decode())
    client.post(f"/lists/{kind}/layout/", {"column": keys, "density": "compact", "size": "25"})
    body = client.get(path).content.decode()
    pk = {"contacts": desk.contact, "companies": desk.company, "deals": desk.deal}[kind].pk
    edits = set(re.findall(r'data-edit="([^"]+)"', body))
    assert len(edits) > 3
    for key in edits:
        form = client.get(f"/{kind}/{pk}/fields/{key}/?edit=1", headers={"HX-Request": "true", "HX-Target": "cell"})
        assert form.status_code == 200, key
        assert "<form" in form.content.decode(), key
