"""The audit page: who did what to how many records, by which door, and undo of it (U2, U3, H2)."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts.models import Contact
from contacts.services.contacts import create_contact, edit_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.sets import page_of_sets
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.listing.exports.services import log_export
from deals.services import create_deal, edit_deal


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


@pytest.fixture
def contact(me) -> Contact:
    return create_contact(values={"first_name": "Lena", "last_name": "Fischer", "owner_id": me.id}, actor=me)


@pytest.fixture
def deal(me, rep):
    return create_deal(actor=me, title="Atlas rollout", owner=rep)


def rows_of(actor, **wanted):
    return page_of_sets(actor, wanted).rows


def texts(actor, **wanted):
    return [(row.who, row.command, [words for words, _url in row.things]) for row in rows_of(actor, **wanted)]


def test_each_row_says_who_did_what_to_which_record(me, contact, client_of, rep):
    edit_contact(contact_id=contact.pk, values={"emails": ["lena@atlas.example"]}, actor=me)
    assert texts(me) == [
        ("Priya Raman", "edited a contact", ["Contact Lena Fischer"]),
        ("Priya Raman", "added a contact", ["Contact Lena Fischer"]),
    ]
    page = client_of(rep).get("/audit/").content.decode()
    assert "edited a contact" in page and f"/contacts/{contact.pk}/" in page


def test_many_records_are_counted_and_those_that_follow_are_not(me, admin, deal):
    people = [create_contact(values={"first_name": f"P{n}"}, actor=Actor.of(admin)) for n in range(3)]
    boss = Actor.of(admin)
    with changeset(boss, "contacts.edit"):
        Contact.objects.filter(pk__in=[p.pk for p in people]).update(source="Fair")
    assert texts(boss)[0][2] == ["3 contacts"]
    (created,) = [row for row in rows_of(me) if row.made.command == "deals.create"]
    assert [words for words, _url in created.things] == ["Deal Atlas rollout"]


def test_what_wrote_nothing_that_is_recorded_offers_no_undo(client_of, rep, me, contact):
    log_export(me, rows=1, summary={"what": "contact"})
    made = me.last_change
    assert [row.undoable for row in rows_of(me)] == [False, True]
    page = client_of(rep).get("/audit/").content.decode()
    assert f"/undo/{made}/" not in page and "nothing that is recorded" in page


def test_everybody_sees_their_own_and_the_audit_right_shows_all(me, rep, mate, admin, contact, client_of):
    assert not rows_of(Actor.of(mate)) and rows_of(me)
    assert any(row.made.user_id == rep.pk for row in rows_of(Actor.of(admin)))
    made = me.last_change
    assert client_of(mate).get(f"/audit/{made}/").status_code == 404
    assert client_of(rep).get(f"/audit/{made}/").status_code == 200
    assert b"Everybody" not in client_of(mate).get("/audit/?filters=1").content
    assert client_of(mate).get(f"/audit/?person={rep.pk}").status_code == 400


def test_filters(me, rep, admin, contact, deal):
    boss = Actor.of(admin)
    edit_deal(deal_id=deal.pk, values={"title": "Atlas"}, actor=me)
    undo(changeset_id=me.last_change, actor=boss)
    assert {row.made.user_id for row in rows_of(boss, person=rep)} == {rep.pk}
    assert [row.made.command for row in rows_of(boss, person=rep, kind="deal")] == ["deals.edit", "deals.create"]
    assert [row.made.command for row in rows_of(me, command="contacts.create")] == ["contacts.create"]
    assert [row.made.command for row in rows_of(boss, door="undo")] == ["audit.undo"]
    assert "audit.undo" not in {row.made.command for row in rows_of(boss, door="page")}
    assert [row.made.command for row in rows_of(boss, state="undone")] == ["deals.edit"]
    assert "deals.edit" not in {row.made.command for row in rows_of(boss, state="stands")}
    assert not rows_of(me, since=timezone.now() + dt.timedelta(days=1))
    assert not rows_of(me, until=timezone.now() - dt.timedelta(days=1))


def test_redone_stands_again(me, deal):
    edit_deal(deal_id=deal.pk, values={"title": "Atlas"}, actor=me)
    edited = me.last_change

    def stands():
        return ChangeSet.objects.with_state().get(pk=edited).stands

    seen = [stands()]
    last = edited
    for _turn in range(4):
        undo(changeset_id=last, actor=me)
        last = me.last_change
        seen.append(stands())
    assert seen == [True, False, True, False, True]
    undo(changeset_id=edited, actor=me)
    assert not stands()


def test_pages_follow_each_other(me, contact):
    for number in range(60):
        edit_contact(contact_id=contact.pk, values={"job_title": f"Title {number}"}, actor=me)
    first = page_of_sets(me, {})
    second = page_of_sets(me, {}, first.older)
    ids = [row.made.pk for row in first.rows + second.rows]
    assert len(first.rows) == 50 and len(ids) == len(set(ids)) == 61 and not second.older
    assert len(page_of_sets(me, {}, "nonsense~").rows) == 50


def test_a_search_stops_and_goes_on(me, contact, monkeypatch):
    monkeypatch.setattr("crm.kernel.audit.sets.WINDOW", 3)
    for number in range(5):
        edit_contact(contact_id=contact.pk, values={"job_title": f"Title {number}"}, actor=me)
    create_deal_later = page_of_sets(me, {"kind": "deal"})
    assert not create_deal_later.rows and create_deal_later.older and create_deal_later.until
    assert not page_of_sets(me, {"kind": "deal"}, create_deal_later.older).rows


@pytest.mark.parametrize(
    "query", ["colour=red", "kind=unicorn", "since=tomorrow", "person=x", "state=maybe", "door=cat"]
)
def test_what_it_does_not_know_is_named(client_of, admin, query):
    response = client_of(admin).get(f"/audit/?{query}")
    assert response.status_code == 400 and b"/audit/" in response.content


def test_statements_do_not_grow(client_of, rep, me, contact):
    client = client_of(rep)
    counts = []
    for number in range(2):
        for title in range(4 + 30 * number):
            edit_contact(contact_id=contact.pk, values={"job_title": f"{number}.{title}"}, actor=me)
        client.get("/audit/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/audit/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


def test_the_list_is_read_by_its_index(me, contact):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        for rows in (
            ChangeSet.objects.all(),
            ChangeSet.objects.filter(command="x"),
            ChangeSet.objects.filter(user_id=me.id),
        ):
            plan = rows.order_by("-recorded_at", "-pk")[:50].explain()
            assert "Index" in plan and "Sort" not in plan.replace("Sort Key", "")


# One command ------------------------------------------------------------------------------------------------------


def test_a_command_tells_what_it_did_to_each_record(client_of, rep, me, contact):
    edit_contact(contact_id=contact.pk, values={"job_title": "COO", "emails": ["lena@atlas.example"]}, actor=me)
    page = client_of(rep).get(f"/audit/{me.last_change}/").content.decode()
    for words in ("Lena Fischer", "Job title", "COO", "E-mail address", "lena@atlas.example", "Undo all of it"):
        assert words in page, words


def test_undo_state_and_links_there_and_back(client_of, rep, me, contact):
    edit_contact(contact_id=contact.pk, values={"job_title": "COO"}, actor=me)
    edited = me.last_change
    undo(changeset_id=edited, actor=me)
    undone = me.last_change
    client = client_of(rep)
    page = client.get(f"/audit/{edited}/").content.decode()
    assert f"/audit/{undone}/" in page and "Undo all of it" not in page
    page = client.get(f"/audit/{undone}/").content.decode()
    assert f"/audit/{edited}/" in page and "Do it again" in page


def test_hidden_records_are_not_named(client_of, rep, me, stranger, admin, contact):
    edit_contact(contact_id=contact.pk, values={"job_title": "Secret title"}, actor=me)
    edited = me.last_change
    edit_contact(contact_id=contact.pk, values={"owner_id": stranger.pk}, actor=Actor.of(admin))
    client = client_of(rep)
    for path in ("/audit/", f"/audit/{edited}/"):
        page = client.get(path).content.decode()
        assert "Fischer" not in page and "Secret title" not in page and str(contact.pk) not in page
    assert "a hidden record" in page


def test_records_that_are_gone_are_named_as_they_were(client_of, rep, me, contact):
    created = me.last_change
    undo(changeset_id=created, actor=me)
    assert "Lena Fischer" in client_of(rep).get(f"/audit/{created}/").content.decode()


def test_a_long_command_is_told_in_pages(client_of, admin):
    boss = Actor.of(admin)
    with changeset(boss, "contacts.create"):
        for number in range(120):
            create_contact(values={"first_name": f"Person{number:03}", "emails": [f"p{number}@x.example"]}, actor=boss)
    client = client_of(admin)
    path, seen, pages = f"/audit/{boss.last_change}/", [], 0
    after = ""
    while pages < 10:
        response = client.get(path, {"after": after} if after else {})
        seen += [story.name for story in response.context["stories"]]
        after, pages = response.context["more"], pages + 1
        if not after:
            break
    assert {f"Person{number:03}" for number in range(120)} <= set(seen) and 5 <= pages < 10
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    assert len(captured) <= 20


# Conflicts --------------------------------------------------------------------------------------------------------


@pytest.fixture
def edited_by_both(me, manager, contact):
    edit_contact(contact_id=contact.pk, values={"job_title": "COO", "city": "Bremen", "source": "Web"}, actor=me)
    mine = me.last_change
    edit_contact(contact_id=contact.pk, values={"job_title": "CEO", "city": "Kiel"}, actor=Actor.of(manager))
    return mine


def test_conflicts_are_shown_with_who_changed_them_and_nothing_is_written(
    client_of, rep, edited_by_both, database_diff
):
    client = client_of(rep)
    with database_diff() as diff:
        page = client.get(f"/audit/{edited_by_both}/undo/").content.decode()
    assert diff.empty
    for words in ("COO", "CEO", "Bremen", "Kiel", "Ingrid Solberg", "Job title", "City", "Lena Fischer"):
        assert words in page, words
    assert "Source" not in page


def test_each_field_is_chosen_by_itself(client_of, rep, contact, edited_by_both):
    client = client_of(rep)
    rows = client.get(f"/audit/{edited_by_both}/undo/").context["rows"]
    (city,) = [row for row in rows if row.label == "City"]
    headers = {"Referer": f"http://testserver/audit/{edited_by_both}/undo/"}
    response = client.post(f"/undo/{edited_by_both}/", {"force": "1", "restore": [city.id]}, headers=headers)
    assert response.headers["Location"] == f"/audit/{edited_by_both}/"
    contact.refresh_from_db()
    assert (contact.city, contact.job_title, contact.source) == ("", "CEO", "")


def test_everything_can_be_restored(client_of, rep, contact, edited_by_both):
    client_of(rep).post(f"/undo/{edited_by_both}/", {"force": "1", "restore": "*"})
    contact.refresh_from_db()
    assert (contact.city, contact.job_title, contact.source) == ("", "", "")


def test_a_choice_holds_only_for_the_value_that_was_seen(client_of, rep, manager, contact, edited_by_both):
    client = client_of(rep)
    rows = client.get(f"/audit/{edited_by_both}/undo/").context["rows"]
    edit_contact(contact_id=contact.pk, values={"city": "Hamburg"}, actor=Actor.of(manager))
    client.post(f"/undo/{edited_by_both}/", {"force": "1", "restore": [row.id for row in rows]})
    contact.refresh_from_db()
    assert (contact.city, contact.job_title) == ("Hamburg", "")


def test_what_only_the_bin_can_take_is_named(client_of, rep, me, manager, contact):
    created = ChangeSet.objects.get(command="contacts.create").pk
    edit_contact(contact_id=contact.pk, values={"job_title": "CEO"}, actor=Actor.of(manager))
    client = client_of(rep)
    page = client.get(f"/audit/{created}/undo/").content.decode()
    assert "To the bin" in page and "Lena Fischer" in page
    response = client.post(f"/undo/{created}/", headers={"HX-Request": "true"})
    assert "went to the bin" in response.headers["HX-Trigger"]


def test_conflicts_of_others_are_not_shown(client_of, mate, manager, edited_by_both):
    for person in (mate, manager):
        assert client_of(person).get(f"/audit/{edited_by_both}/undo/").status_code == 404


def test_a_message_offers_undo_without_scripts(client_of, rep, contact):
    """Forms work without JavaScript: the message on the next page holds a plain form that undoes the command (H2)."""
    client = client_of(rep)
    page = client.post(f"/contacts/{contact.pk}/bin/", follow=True).content.decode()
    address = re.search(r'class="toast".*?<form method="post" action="(/undo/[^"]+)"', page, re.DOTALL)
    assert address, page[-2000:]
    assert not Contact.objects.live().filter(pk=contact.pk).exists()
    back = client.post(address[1], headers={"referer": "http://testserver/contacts/"}, follow=True)
    assert back.redirect_chain[0][0].endswith("/contacts/") and "Undone" in back.content.decode()
    assert Contact.objects.live().filter(pk=contact.pk).exists()
