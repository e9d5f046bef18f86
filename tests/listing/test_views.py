"""Saved views: kept, shared, changed and undone; they mean their viewer and never show more (U3), and pass on (U4)."""

import json
import re

import pytest
from django.core.exceptions import PermissionDenied

from contacts.services import create_contact
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.services import create_field, remove_field
from crm.kernel.listing.models import ListPreference, SavedView
from crm.kernel.listing.saved.services import change_view, create_view, delete_view
from crm.kernel.users import leaving

from .test_lists import ids

QUERY = "owner=me&stage=lead&sort=name"


def save(owner, name="Mine", query=QUERY, columns=("name", "city"), **values) -> SavedView:
    kept = {"name": name, "shared": "nobody", "team": None, **values}
    return create_view(
        list_key="contacts", query=query, layout={"columns": list(columns)}, values=kept, actor=Actor.of(owner)
    )


def test_a_view_is_saved_from_the_list_and_opens_as_it_was(client_of, rep):
    mine = create_contact(values={"last_name": "A", "owner": rep}, actor=Actor.of(rep))
    client = client_of(rep)
    form = client.get("/views/new/?list=contacts&query=owner%3Dme%26stage%3Dlead").content.decode()
    assert 'value="owner=me&amp;stage=lead"' in form
    answer = client.post(
        "/views/new/", {"list": "contacts", "query": "owner=me&stage=lead", "name": " My  leads ", "shared": "nobody"}
    )
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("My leads", "owner=me&stage=lead")
    assert answer.url == f"/contacts/?view={view.pk}&owner=me&stage=lead"
    body = client.get(answer.url).content.decode()
    assert 'aria-current="page">My leads' in body
    assert "View changed" not in body
    assert ids(client.get(answer.url)) == [str(mine.pk)]
    assert "View changed" in client.get(f"/contacts/?view={view.pk}&owner=me").content.decode()
    assert client.get(f"/contacts/?view={view.pk}").url == answer.url


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "Mine"}, 422),
        ({"name": "x", "shared": "team"}, 422),
        ({"name": "x", "query": "bogus=1"}, 400),
        ({"name": "x", "list": "nothing"}, 404),
        ({"name": "x", "list": "board"}, 404),
    ],
)
def test_a_view_that_cannot_be_is_refused_and_nothing_is_kept(client_of, rep, database_diff, values, status):
    save(rep)
    client = client_of(rep)
    with database_diff() as diff:
        answer = client.post("/views/new/", {"list": "contacts", "query": QUERY, "shared": "nobody", **values})
    assert answer.status_code == status
    assert diff.empty


def test_a_shared_view_means_its_viewer_and_shows_no_more_than_they_may_see(client_of, rep, mate, stranger, manager):
    view = save(manager, "Ours", shared="team", team=manager.team)
    hidden = create_contact(values={"last_name": "H", "owner": manager}, actor=Actor.of(manager))
    own = create_contact(values={"last_name": "R", "owner": rep}, actor=Actor.of(rep))
    address = f"/contacts/?view={view.pk}&{QUERY}"
    assert ids(client_of(rep).get(address)) == [str(own.pk)]
    assert str(hidden.pk) not in client_of(rep).get(address).content.decode()
    refused = client_of(stranger).get(address)
    assert (refused.status_code, "not shared with you" in refused.content.decode()) == (400, True)
    assert "Ours" not in client_of(stranger).get("/contacts/").content.decode()
    with pytest.raises(PermissionDenied):
        change_view(view_id=view.pk, values={"name": "Theirs"}, actor=Actor.of(rep))
    with pytest.raises(SavedView.DoesNotExist):
        delete_view(view_id=view.pk, actor=Actor.of(stranger))


def test_a_view_whose_field_is_gone_still_opens_and_says_so(client_of, rep):
    where = json.dumps(["all", ["cf_gone", "is", "x"], ["city", "is", "Oslo"]], separators=(",", ":"))
    view = save(rep, query=f"where={where}&sort=cf_gone&region=x&stage=friend")
    address = f"/contacts/?view={view.pk}&{view.query}"
    response = client_of(rep).get(address)
    assert response.status_code == 200
    body = response.content.decode()
    assert "cf_gone" in body
    assert "It is shown without" in body
    assert "City is Oslo" in body
    assert client_of(rep).get(f"/contacts/?{view.query}").status_code == 400


def test_a_view_keeps_its_other_conditions_when_a_value_or_a_column_is_gone(client_of, rep, admin):
    field = create_field(record_kind="contact", label="Shoe size", type="number", actor=Actor.of(admin))
    where = json.dumps(["all", ["lifecycle", "is", "friend"], ["city", "is", "Oslo"]], separators=(",", ":"))
    view = save(rep, query=f"where={where}", columns=["name", "cf_shoe_size"])
    remove_field(field_id=field.pk, actor=Actor.of(admin))
    response = client_of(rep).get(f"/contacts/?view={view.pk}&{view.query}")
    body = response.content.decode()
    said = re.search(r"This view asks.*?without", body)
    assert said is not None
    assert (
        said[0]
        == "This view asks for what is not there any more, or not for you: Lifecycle, Shoe size. It is shown without"
    )
    assert "City is Oslo" in body


def test_changes_are_saved_to_the_view_and_can_be_undone(client_of, rep):
    view = save(rep)
    client = client_of(rep)
    client.post(
        "/lists/contacts/layout/",
        {"view": str(view.pk), "column": ["name", "phone"], "density": "compact", "size": "50"},
    )
    assert "View changed" in client.get(f"/contacts/?view={view.pk}&{QUERY}").content.decode()
    client.post(f"/views/{view.pk}/update/", {"query": f"view={view.pk}&stage=customer&sort=-name"})
    view.refresh_from_db()
    assert view.query == "stage=customer&sort=-name"
    assert view.layout["columns"] == ["name", "phone"]
    actor = Actor.of(rep)
    change_view(view_id=view.pk, values={"name": "Renamed"}, actor=actor)
    undo(changeset_id=actor.last_change, actor=actor)
    view.refresh_from_db()
    assert view.name == "Mine"
    delete_view(view_id=view.pk, actor=actor)
    undo(changeset_id=actor.last_change, actor=actor)
    assert SavedView.objects.get().name == "Mine"


def test_names_are_ones_own_once(rep, mate):
    save(rep)
    save(mate)
    with pytest.raises(Refused, match="already have one"):
        save(rep)


def test_pinned_views_come_with_live_counts_and_a_chosen_one_opens_the_list(client_of, rep):
    view = save(rep)
    create_contact(values={"last_name": "R", "owner": rep}, actor=Actor.of(rep))
    client = client_of(rep)
    for key in (str(view.pk), "mine"):
        client.post("/lists/contacts/prefer/", {"view": key, "pinned": "1"})
    body = client.get("/views/pinned/").content.decode()
    assert body.count('<span class="count">1</span>') == 2
    client.post("/lists/contacts/prefer/", {"view": str(view.pk), "opens": "1"})
    assert client.get("/contacts/").url == f"/contacts/?view={view.pk}&{QUERY}"
    assert client.get("/contacts/?view=all").status_code == 200
    client.post("/lists/contacts/prefer/", {"view": "mine", "opens": "1"})
    assert client.get("/contacts/").url == "/contacts/?owner=me"
    client.post("/lists/contacts/prefer/", {"view": "mine", "opens": "0"})
    assert client.get("/contacts/").status_code == 200
    assert client.post("/lists/contacts/prefer/", {"view": "nonsense", "pinned": "1"}).status_code == 404
    delete_view(view_id=view.pk, actor=Actor.of(rep))
    assert client.get("/views/pinned/").content.decode().count('class="count"') == 1
    assert ListPreference.objects.filter(user=rep).count() == 3


def test_shared_views_pass_on_when_their_owner_leaves(rep, mate, admin):
    save(rep, shared="everybody")
    save(rep, "Private")
    save(mate)
    kind = {owned.key: owned for owned in leaving.kinds()}["views"]
    assert kind.count(rep) == 1
    actor = Actor.of(admin)
    from crm.kernel.core.changes import changeset

    with changeset(actor, "test.leave"):
        assert kind.give(rep, mate, actor) == 1
    assert sorted(SavedView.objects.filter(owner=mate).values_list("name", flat=True)) == [
        "Mine",
        f"Mine ({rep.name[:16]})",
    ]
