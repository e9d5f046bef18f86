"""Search, the palette, what was opened lately, and stars (U3)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.finders import find_companies, find_contacts
from contacts.models import Contact
from contacts.services import bin_contacts, create_company, create_contact
from contacts.services.contacts import create_contacts
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.search import engine, stretches
from crm.kernel.search.language import parse
from crm.kernel.search.models import Favourite, RecentView
from crm.kernel.search.registry import kind_named
from crm.kernel.search.services import record_view, toggle_favourite


@pytest.fixture
def maya(rep):
    """A contact of the rep at a company."""
    company = create_company(
        values={"name": "Nordhavn Ferries", "domains": ["nordhavn.example"], "owner": rep}, actor=Actor.of(rep)
    )
    values = {"first_name": "Maya", "last_name": "Lindqvist", "emails": ["maya@x.example"], "phones": ["+4531550187"]}
    return create_contact(values={**values, "company": company, "owner": rep}, actor=Actor.of(rep))


@pytest.mark.parametrize(
    "text",
    [
        "Maya",
        "lindq",
        "MAYA LIND",
        "maya@x.example",
        "31 55 01 87",
        "+45 31550187",
        "0031550187",
        "nordhavn",
        "ma",
        "Máya",
    ],
)
def test_a_contact_is_found_by_name_address_number_and_company(rep, maya, text):
    assert [hit.pk for hit in find_contacts(Actor.of(rep), text)] == [maya.pk]


@pytest.mark.parametrize("text", ["Nordhavn", "nordhavn.ex", "ferries", "no"])
def test_a_company_is_found_by_name_and_domain(rep, maya, text):
    assert [hit.title for hit in find_companies(Actor.of(rep), text)] == ["Nordhavn Ferries"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "\x00", "   ", "x" * 1000, "%maya", "a%b", "()", "0000"])
def test_odd_texts_find_nothing_and_break_nothing(rep, maya, client_of, text):
    client = client_of(rep)
    for address in ("/search/", "/search/palette/", "/contacts/options/", "/companies/options/"):
        assert client.get(address, {"q": text}).status_code == 200


def test_the_exact_address_comes_first_then_ones_own_then_names_that_begin_so(rep, mate):
    def add(first_name, person, **values):
        return create_contact(values={"first_name": first_name, "owner": person, **values}, actor=Actor.of(person))

    within = add("Tom", rep, last_name="Annan")
    theirs = add("Anna", mate, last_name="A")
    own = add("Anna", rep, last_name="B")
    exact = add("Zoe", mate, emails=["ann@x.example"])
    assert [hit.pk for hit in find_contacts(Actor.of(rep), "ann")] == [own.pk, within.pk, theirs.pk, exact.pk]
    assert find_contacts(Actor.of(rep), "ann@x.example")[0].pk == exact.pk


def test_what_one_may_not_see_or_what_is_binned_is_not_found(rep, stranger, maya, client_of):
    assert find_contacts(Actor.of(stranger), "maya@x.example") == []
    assert "Lindqvist" not in client_of(stranger).get("/search/?q=maya").content.decode()
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    assert find_contacts(Actor.of(rep), "maya") == []


def test_the_palette_finds_records_pages_and_commands(rep, maya, client_of):
    client = client_of(rep)
    body = client.get("/search/palette/?q=nord").content.decode()
    assert f"/contacts/{maya.pk}/" in body
    assert "/companies/" in body
    body = client.get("/search/palette/?q=compan").content.decode()
    assert 'href="/companies/"' in body
    assert 'href="/companies/new/"' in body
    body = client.get("/search/palette/", {"q": "> lead"}).content.decode()
    assert 'href="/leads/"' in body
    assert str(maya.pk) not in body


def test_without_words_the_palette_shows_what_was_opened_lately(rep, maya, client_of):
    client = client_of(rep)
    client.get(f"/contacts/{maya.pk}/")
    body = client.get("/search/palette/").content.decode()
    assert "Recently opened" in body
    assert "Maya Lindqvist" in body
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    assert "Maya Lindqvist" not in client.get("/search/palette/").content.decode()


def test_the_latest_50_are_kept_and_the_same_record_once(rep):
    from crm.kernel.core.ids import uuid7

    ids = [uuid7() for _ in range(60)]
    for pk in [*ids, ids[-1]]:
        record_view(user=rep, kind="contact", record_id=pk)
    kept = list(RecentView.objects.filter(user=rep).order_by("-at").values_list("record_id", flat=True))
    assert len(kept) == 50
    assert kept[0] == ids[-1]


def test_a_star_is_set_and_taken_away_and_told_by_the_view(rep, maya):
    assert record_view(user=rep, kind="contact", record_id=maya.pk) is False
    assert toggle_favourite(user=rep, kind="contact", record_id=maya.pk) is True
    assert record_view(user=rep, kind="contact", record_id=maya.pk) is True
    assert toggle_favourite(user=rep, kind="contact", record_id=maya.pk) is False


def test_favourites_stand_in_the_sidebar_only_while_one_may_see_them(rep, stranger, maya, client_of):
    url = f"/search/favourites/contact/{maya.pk}/"
    assert client_of(stranger).post(url).status_code == 404
    assert client_of(rep).post("/search/favourites/nonsense/" + str(maya.pk) + "/").status_code == 404
    assert client_of(rep).post(url).status_code == 302
    assert "Maya Lindqvist" in client_of(rep).get("/search/favourites/").content.decode()
    bin_contacts(contact_ids=[maya.pk], actor=Actor.of(rep))
    assert "Maya Lindqvist" not in client_of(rep).get("/search/favourites/").content.decode()
    assert Favourite.objects.count() == 1


def test_a_viewer_may_look_and_star(viewer, maya, client_of):
    client = client_of(viewer)
    assert client.get(f"/contacts/{maya.pk}/").status_code == 200
    assert client.post(f"/search/favourites/contact/{maya.pk}/").status_code == 302


def test_searching_costs_as_many_queries_whatever_is_found(rep, maya, client_of):
    client = client_of(rep)
    counts = []
    for _round in range(2):
        client.get("/search/palette/?q=may")
        with CaptureQueriesContext(connection) as queries:
            client.get("/search/palette/?q=may")
        counts.append(len(queries))
        for i in range(3):
            create_contact(values={"first_name": f"May{i}", "owner": rep}, actor=Actor.of(rep))
    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("+45 31 55 01 87", [(("4531550187",),)]),
        ("020 7946-0123", [(("2079460123",),)]),
        ("+44 (0)20 7946 0123", [(("442079460123",),)]),
        ("0045.31.55.01.87", [(("4531550187",), ("0045.31.55.01.87",))]),
        ("Maya 12", [(("Maya",),), (("12",),)]),
    ],
)
def test_phone_numbers_are_read_as_people_write_them(typed, forms):
    assert [term.forms for term in parse(typed).terms] == forms


def test_of_a_common_word_the_last_touched_of_each_whom_one_sees_are_shown_and_the_rest_is_not_gathered(
    rep, mate, monkeypatch
):
    """The page of all kinds says "3+" then; a page of one kind goes on to the last (U3)."""
    monkeypatch.setattr(engine, "ENOUGH", 3)
    monkeypatch.setattr(stretches, "SEEN", 12)
    me = Actor.of(rep)
    owners = (mate, rep, None)
    made = create_contacts(
        rows=[
            {
                "first_name": f"Number {place}",
                "last_name": "Treeholm" if place < 60 else "Treebash",
                "owner": owners[place % 3],
            }
            for place in range(75)
        ],
        actor=Actor.of(mate),
    )
    with changeset(Actor.system("test data"), "test.touch"):
        for place, contact in enumerate(made):
            when = timezone.now() - dt.timedelta(days=100 - place)
            Contact.objects.filter(pk=contact.pk).update(last_touch_at=when)
    contacts = kind_named("contact")
    found = contacts.find(me, parse("bash"), 4)
    assert (found.total, found.capped) == (3, True)
    assert {hit.pk for hit in found.hits} <= {contact.pk for contact in made[-15:]}
    older = contacts.find(me, parse("holm"), 4)  # none of the rows that are read first: everything is
    assert (older.total, older.capped, len(older.hits)) == (3, True, 4)
    whole = contacts.find(me, parse("holm"), 100, deep=True)
    assert (whole.total, whole.capped) == (60, False)
