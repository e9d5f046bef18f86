"""Lists of records: filled from ticks or a filter in sets, filtered by, counted by what one may see, merged along."""

import json

import pytest
from django.core.exceptions import PermissionDenied

from contacts.models import Contact
from contacts.services import create_company, create_contact
from crm.kernel.audit.undo import undo
from crm.kernel.core import relations
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.listing.models import RecordList, RecordListMember
from crm.kernel.listing.saved import members
from crm.kernel.listing.saved.members import add_to_list, create_list, delete_list, forget_members, take_from_list

from .test_lists import ids


def contact(owner, name: str, **values) -> Contact:
    return create_contact(values={"last_name": name, "owner": owner, **values}, actor=Actor.of(owner))


def made(owner, name="Guests", rows=None, **values) -> RecordList:
    kept = {"name": name, "shared": "nobody", "team": None, **values}
    return create_list(record_kind="contact", values=kept, actor=Actor.of(owner), rows=rows)


def on(record_list) -> set:
    return set(RecordListMember.objects.filter(list=record_list).values_list("record_id", flat=True))


def test_all_that_match_are_put_on_a_list_once_and_taken_off_and_it_can_be_undone(rep):
    a, b = contact(rep, "A", city="Oslo"), contact(rep, "B", city="Oslo")
    guests, actor = made(rep), Actor.of(rep)
    rows = Contact.objects.visible_to(rep).filter(city="Oslo")
    assert add_to_list(list_id=guests.pk, rows=rows, actor=actor) == 2
    assert add_to_list(list_id=guests.pk, rows=rows, actor=actor) == 0
    assert take_from_list(list_id=guests.pk, rows=rows.filter(pk=a.pk), actor=actor) == 1
    assert on(guests) == {b.pk}
    undo(changeset_id=actor.last_change, actor=actor)
    assert on(guests) == {a.pk, b.pk}
    delete_list(list_id=guests.pk, actor=actor)
    assert not RecordListMember.objects.exists()
    undo(changeset_id=actor.last_change, actor=actor)
    assert on(RecordList.objects.get()) == {a.pk, b.pk}


def test_a_selection_goes_on_a_list_by_the_page(client_of, rep, stranger):
    mine, hidden = contact(rep, "A"), contact(stranger, "B")
    client = client_of(rep)
    chosen = {"list": "contacts", "ids": [str(mine.pk), str(hidden.pk)], "query": ""}
    assert "Or a new list called" in client.post("/lists/put/", chosen).content.decode()
    assert client.post("/lists/put/", {**chosen, "step": "add"}).status_code == 422
    answer = client.post("/lists/put/", {**chosen, "step": "add", "name": "Guests"})
    assert answer.url == "/contacts/"
    guests = RecordList.objects.get()
    assert on(guests) == {mine.pk}
    where = json.dumps(["all", ["list", "in", str(guests.pk)]])
    page = client.get("/contacts/", {"where": where})
    assert ids(page) == [str(mine.pk)]
    assert "List is in Guests" in page.content.decode()
    headers = {"HX-Request": "true", "HX-Target": "modal-body"}
    answer = client.post("/lists/put/", {**chosen, "step": "take", "target": str(guests.pk)}, headers=headers)
    assert "crm:clear-selection" in answer.headers["HX-Trigger"]
    assert on(guests) == set()


def test_a_shared_list_shows_and_counts_only_what_its_reader_may_see(client_of, rep, stranger, manager):
    mine, theirs = contact(rep, "A"), contact(stranger, "B")
    shared = made(manager, "Ours", shared="everybody")
    with changeset(Actor.system("test data"), "test.fill"):
        RecordListMember.objects.bulk_create(
            [RecordListMember(list=shared, record_id=each.pk) for each in (mine, theirs)]
        )
    body = client_of(stranger).get("/lists/").content.decode()
    assert '<td class="num" data-m="end">1</td>' in body
    where = json.dumps(["all", ["list", "in", str(shared.pk)]])
    assert ids(client_of(stranger).get("/contacts/", {"where": where})) == [str(theirs.pk)]
    private = made(manager, "Private", rows=Contact.objects.filter(pk=mine.pk))
    hidden = json.dumps(["all", ["list", "in", str(private.pk)]])
    page = client_of(rep).get("/contacts/", {"where": hidden})
    assert ids(page) == []
    assert "Private" not in page.content.decode()
    with pytest.raises(PermissionDenied):
        add_to_list(list_id=shared.pk, rows=Contact.objects.all(), actor=Actor.of(rep))
    with pytest.raises(RecordList.DoesNotExist):
        delete_list(list_id=private.pk, actor=Actor.of(rep))


def test_too_many_at_once_and_a_name_twice_are_refused(rep, monkeypatch):
    contact(rep, "A"), contact(rep, "B")
    guests = made(rep)
    with pytest.raises(Refused, match="already have one"):
        made(rep)
    monkeypatch.setattr(members, "MOST", 1)
    with pytest.raises(Refused, match="at most"):
        add_to_list(list_id=guests.pk, rows=Contact.objects.all(), actor=Actor.of(rep))


def test_the_places_of_a_merged_record_go_to_its_survivor_once(rep):
    winner, loser = contact(rep, "A"), contact(rep, "B")
    both = made(rep, "Both", Contact.objects.filter(pk__in=[winner.pk, loser.pk]))
    one = made(rep, "One", Contact.objects.filter(pk=loser.pk))
    merging = relations.Merging("contact", winner.pk, loser.pk, Actor.of(rep))
    with changeset(Actor.of(rep), "test.merge"):
        for relation in relations.relations_of("contact"):
            if relation.model is RecordListMember:
                relation.move(relation, merging)
    assert on(both) == on(one) == {winner.pk}
    with changeset(Actor.of(rep), "test.purge"):
        assert forget_members([winner.pk]) == 2


def test_a_company_on_a_list_is_no_contact(client_of, rep):
    company = create_company(values={"name": "Nordhavn", "owner": rep}, actor=Actor.of(rep))
    answer = client_of(rep).post(
        "/lists/put/", {"list": "companies", "ids": [str(company.pk)], "step": "add", "name": "Visits"}
    )
    assert answer.status_code == 302
    assert RecordList.objects.get().record_kind == "company"
    assert client_of(rep).post("/lists/put/", {"list": "tasks", "all": "1"}).status_code == 404
    assert client_of(rep).post("/lists/put/", {"list": "contacts", "query": "bogus=1", "all": "1"}).status_code == 400
