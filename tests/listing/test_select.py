"""Choosing rows of a list: by ticks, and all that match by the list's address (U3)."""

import re

import pytest
from django.http import QueryDict

from contacts.services import create_contact
from crm.kernel.core import panels
from crm.kernel.core.changes import Actor
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.selection import Selection


def contact(owner, name: str, **values):
    return create_contact(
        values={"first_name": name, "last_name": "Holm", "owner": owner, **values}, actor=Actor.of(owner)
    )


def read(text: str) -> Selection:
    return Selection.read(QueryDict(text))


def test_ticked_rows_are_those_that_the_person_may_see(rep, stranger):
    mine, other, hidden = contact(rep, "A"), contact(rep, "B"), contact(stranger, "C")
    chosen = read(f"list=contacts&query=stage%3Dcustomer&ids={mine.pk}&ids={hidden.pk}&ids={mine.pk}")
    assert [each.pk for each in chosen.rows(Actor.of(rep))] == [mine.pk]
    assert chosen.count(Actor.of(stranger)) == 1
    assert other.pk not in chosen.rows(Actor.of(rep)).values_list("pk", flat=True)


def test_all_that_match_are_found_by_the_filter_when_they_are_needed(rep, stranger):
    for name in ("A", "B"):
        contact(rep, name, source="Fair")
    contact(rep, "C")
    contact(stranger, "D", source="Fair")
    chosen = Selection.from_json(read("list=contacts&query=source%3DFair%26owner%3Dteam&all=1").to_json())
    assert sorted(each.first_name for each in chosen.rows(Actor.of(rep))) == ["A", "B"]
    contact(rep, "E", source="Fair")
    assert chosen.count(Actor.of(rep)) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("list=passwords&all=1", "list"),
        ("all=1", "list"),
        ("list=contacts&ids=7", "ids"),
        ("list=contacts&" + "&".join(f"ids={i}" for i in range(901)), "ids"),
    ],
)
def test_nonsense_is_refused_by_name(db, text, name):
    with pytest.raises(BadQuery) as error:
        read(text)
    assert error.value.name == name


def test_an_unknown_filter_in_the_query_is_refused(rep):
    with pytest.raises(BadQuery, match="bogus"):
        read("list=contacts&query=bogus%3D1&all=1").rows(Actor.of(rep))


def test_rows_have_tick_boxes_only_where_there_is_something_to_do(client_of, rep, monkeypatch, request):
    row = contact(rep, "Aino")
    monkeypatch.delitem(panels._slots, "list.bulk", raising=False)
    assert 'name="ids"' not in client_of(rep).get("/contacts/").content.decode()
    request.getfixturevalue("bulk_place")
    body = client_of(rep).get("/contacts/?source=Fair&sort=name&stage=lead").content.decode()
    assert 'name="ids"' not in body  # nothing matches
    body = client_of(rep).get("/contacts/?sort=name&stage=lead").content.decode()
    assert f'name="ids" value="{row.pk}" form="bulk-form"' in body
    assert 'aria-label="Select Aino Holm"' in body
    assert '<input type="hidden" name="query" value="stage=lead">' in body


@pytest.mark.parametrize("path", ["/contacts/", "/leads/", "/companies/", "/deals/", "/tasks/", "/activities/"])
def test_every_list_can_be_built_again_from_its_posted_form(client_of, rep, bulk_place, path, desk_of):
    desk_of(2)
    body = client_of(rep).get(path).content.decode()
    form = body[body.index('id="bulk-form"') :]
    key = re.search(r'name="list" value="([^"]+)"', form)[1]
    ids = re.findall(r'name="ids" value="([^"]+)"', body)
    assert ids
    chosen = read(f"list={key}&all=1")
    assert {str(each.pk) for each in chosen.rows(Actor.of(rep))} == set(ids)
