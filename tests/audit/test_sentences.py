"""The history of a record reads as sentences and is filtered by field (H3); hidden names stay hidden (U3)."""

import datetime as dt
from decimal import Decimal

import pytest

from contacts.models import Contact
from contacts.services.bin import bin_contacts
from contacts.services.contacts import create_contact, edit_contact
from crm.kernel.audit.sentences import fields_of, record_changes
from crm.kernel.core.changes import Actor, changeset
from deals.models import Deal
from deals.services import add_person, create_deal, edit_deal


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


@pytest.fixture
def contact(me) -> Contact:
    return create_contact(values={"first_name": "Lena", "owner_id": me.id, "emails": ["lena@atlas.example"]}, actor=me)


@pytest.fixture
def deal(me, rep) -> Deal:
    return create_deal(actor=me, title="Atlas rollout", owner=rep, amount=Decimal(148_000))


def told(entries):
    return [[(s.what, s.label, s.before, s.after) for s in entry.sentences] for entry in entries]


def test_who_what_from_and_to(me, deal, manager):
    edit_deal(deal_id=deal.pk, values={"amount": Decimal(163_000), "source": "Fair"}, actor=me)
    edit_deal(deal_id=deal.pk, values={"owner": manager, "source": ""}, actor=Actor.of(manager))
    latest, earlier, first = record_changes(Deal.objects.get(), actor=me)
    assert (latest.who, latest.words, latest.user_id) == ("Ingrid Solberg", "edited a deal", manager.pk)
    assert set(told([latest])[0]) == {
        ("changed", "Owner", "Priya Raman", "Ingrid Solberg"),
        ("cleared", "Source", "Fair", ""),
    }
    assert set(told([earlier])[0]) == {("changed", "Amount", "$148,000", "$163,000"), ("set", "Source", "", "Fair")}
    assert first.sentences[0].what == "created" and first.words == "created a deal"


def test_rows_that_belong_to_the_record_are_told_with_it(me, contact):
    values = {"emails": ["l.fischer@atlas.example"], "phones": ["+4531550187"]}
    edit_contact(contact_id=contact.pk, values=values, actor=me)
    latest, _first = record_changes(contact, actor=me)
    assert set(told([latest])[0]) >= {
        ("taken_off", "E-mail address", "lena@atlas.example", ""),
        ("added", "E-mail address", "", "l.fischer@atlas.example"),
        ("added", "Phone", "", "+45 31 55 01 87"),
    }


def test_filter_by_field(me, deal):
    for source in ("Fair", "Web", ""):
        edit_deal(deal_id=deal.pk, values={"source": source, "title": f"Deal {source}"}, actor=me)
    sentences = [s for entry in record_changes(deal, actor=me, field="source") for s in entry.sentences]
    assert [(s.before, s.after) for s in sentences] == [("Web", ""), ("Fair", "Web"), ("", "Fair")]
    assert {s.field for s in sentences} == {"source"}


def test_filter_by_rows(me, contact):
    edit_contact(contact_id=contact.pk, values={"job_title": "COO", "phones": ["+4531550187"]}, actor=me)
    entries = record_changes(contact, actor=me, field="contactphone")
    assert told(entries) == [[("added", "Phone", "", "+45 31 55 01 87")]]


def test_bin_is_told(me, contact):
    bin_contacts(contact_ids=[contact.pk], actor=me)
    contact.refresh_from_db()
    assert record_changes(contact, actor=me)[0].sentences[0].what == "binned"


def test_names_of_hidden_records_are_withheld(me, rep, stranger, admin, deal):
    boss = Actor.of(admin)
    secret = create_contact(values={"first_name": "Secret", "owner_id": stranger.pk}, actor=boss)
    add_person(deal_id=deal.pk, contact_id=secret.pk, actor=boss)
    mine = told(record_changes(deal, actor=me))[0]
    assert [row[3] for row in mine if row[0] == "added"] == ["a hidden record"]
    assert "Secret" in str(told(record_changes(deal, actor=boss)))


def test_pages_by_time(me, deal):
    for number in range(12):
        with changeset(me, "deals.edit"):
            edit_deal(deal_id=deal.pk, values={"title": f"Title {number}"}, actor=me)
    seen, before = [], None
    while page := record_changes(deal, actor=me, before=before, limit=5):
        seen += [s.after for entry in page for s in entry.sentences if s.field == "title"]
        before = page[-1].at
    assert seen[:12] == [f"Title {number}" for number in reversed(range(12))]


def test_fixed_number_of_queries(me, rep, mate, deal, django_assert_max_num_queries):
    for number in range(30):
        owner = (rep, mate)[number % 2]
        edit_deal(deal_id=deal.pk, values={"title": f"T{number}"}, actor=me)
        if owner != rep:
            edit_deal(deal_id=deal.pk, values={"description": "x" * 5000}, actor=me)
    with django_assert_max_num_queries(8):
        assert record_changes(deal, actor=me)


def test_long_texts_are_cut(me, deal):
    edit_deal(deal_id=deal.pk, values={"description": "x" * 5000}, actor=me)
    (sentence,) = record_changes(deal, actor=me)[0].sentences
    assert len(sentence.after) <= 160


def test_page_and_dialog_and_filter(client_of, rep, me, deal, stranger, viewer):
    edit_deal(deal_id=deal.pk, values={"source": "Fair"}, actor=me)
    path = f"/history/deal/{deal.pk}/"
    client = client_of(rep)
    page = client.get(path)
    assert page.status_code == 200 and b"Fair" in page.content and b"<html" in page.content
    dialog = client.get(path, headers={"HX-Request": "true", "HX-Target": "modal-body"})
    assert b"modal-title" in dialog.content and b"<html" not in dialog.content
    assert client.get(path, {"field": "source"}).status_code == 200
    assert client.get(path, {"field": "password"}).status_code == 400
    for odd in ("x", "9999-99-99T00:00", "\x00", "2026-01-01"):
        assert client.get(path, {"before": odd}).status_code == 200
    assert client_of(stranger).get(path).status_code == 404
    assert client_of(viewer).get(path).status_code == 200
    assert client.get(f"/history/stage/{deal.stage_id}/").status_code == 404
    assert client.get(f"/history/user/{rep.pk}/").status_code == 404


def test_undo_is_offered_for_ones_own_commands(client_of, rep, viewer, me, deal):
    path = f"/history/deal/{deal.pk}/"
    assert f"/undo/{me.last_change}/".encode() in client_of(rep).get(path).content
    assert b"/undo/" not in client_of(viewer).get(path).content


def test_every_record_kind_has_fields_to_filter_by(db):
    assert {"title", "amount", "dealcontact"} <= set(fields_of(Deal))
    assert {"first_name", "contactemail", "contactphone"} <= set(fields_of(Contact))
    assert not {"version", "search_text", "id"} & set(fields_of(Contact))


def test_dated_back_entries_stand_at_their_time(me, rep):
    then = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
    with changeset(me, "imports.run", at=then):
        old = Contact.objects.create(first_name="Old", owner=rep)
    assert record_changes(old, actor=me)[0].at == then
