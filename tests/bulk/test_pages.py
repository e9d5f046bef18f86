"""The dialog, few records at once, many by the worker, what is left out (docs/bulk-and-export.md)."""

import pytest

from contacts.models import Contact
from contacts.services import create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.listing.bulk import services
from crm.kernel.listing.bulk.models import BulkRun

from .conftest import begin

HTMX = {"HX-Request": "true", "HX-Target": "modal-body"}


def selected(records, **more):
    return {"list": "contacts", "query": "", "ids": [str(each.pk) for each in records], **more}


def test_the_list_offers_its_actions_to_those_who_may(client_of, rep, viewer, people):
    bar = client_of(rep).get("/contacts/").content.decode()
    for words in ("Owner", "Lifecycle", "Tag", "Add task", "Delete"):
        assert words in bar
    assert "/bulk/assign/" in bar
    assert "/bulk/" not in client_of(viewer).get("/contacts/").content.decode()
    assert "/bulk/" not in client_of(rep).get("/contacts/bin/").content.decode()


@pytest.mark.parametrize("key", ["assign", "lifecycle", "tag", "untag", "task", "edit", "delete"])
def test_each_dialog_opens_as_dialog_and_as_page(client_of, rep, people, key):
    client = client_of(rep)
    dialog = client.post(f"/bulk/{key}/", selected(people), headers=HTMX)
    assert dialog.status_code == 200
    assert "5 records" in dialog.content.decode()
    page = client.post(f"/bulk/{key}/", selected(people))
    assert page.status_code == 200
    assert page.content.decode().count(str(people[0].pk)) == 1
    assert Contact.objects.filter(version=1).count() == 5


def test_few_are_done_at_once_with_undo(client_of, rep, people):
    response = client_of(rep).post("/bulk/tag/", selected(people, tags="vip", step="go"), headers=HTMX)
    assert response.status_code == 200
    run = BulkRun.objects.get()
    assert run.state == "done"
    sent = response.headers["HX-Trigger"]
    assert "5 contacts changed" in sent
    assert f"/undo/{run.changeset_id}/" in sent
    for event in ("crm:close-dialog", "crm:clear-selection", "crm:refresh"):
        assert event in sent


def test_without_scripts_the_list_comes_back_with_its_filter(client_of, rep, people):
    response = client_of(rep).post("/bulk/tag/", {**selected(people, tags="vip", step="go"), "query": "tag=old"})
    assert (response.status_code, response.headers["Location"]) == (302, "/contacts/?tag=old")
    assert Contact.objects.filter(tags__contains=["vip"]).count() == 5


def test_what_is_left_out_is_shown_at_once_and_comes_as_a_file(client_of, rep, mate, stranger, people):
    mates = create_contact(values={"first_name": "=Mate", "owner": mate}, actor=Actor.of(mate))
    hidden = create_contact(values={"first_name": "Hidden", "owner": stranger}, actor=Actor.of(stranger))
    client = client_of(rep)
    response = client.post("/bulk/tag/", selected([*people, mates, hidden], tags="vip", step="go"), headers=HTMX)
    shown = response.content.decode()
    assert "5 contacts changed, 2 left out" in shown
    assert "You may not change this record." in shown
    assert "There is no such record." in shown
    assert "Hidden" not in shown
    run = BulkRun.objects.get()
    lines = b"".join(client.get(f"/bulk/runs/{run.pk}/left-out.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "Id,Name,Why it was left out"
    assert f"{mates.pk},'=Mate,You may not change this record." in lines
    assert f"{hidden.pk},,There is no such record." in lines


def test_many_go_to_the_worker_and_the_page_watches(client_of, rep, people, monkeypatch):
    monkeypatch.setattr(services, "INLINE", 3)
    client = client_of(rep)
    shown = client.post("/bulk/tag/", selected(people, tags="vip", step="go"), headers=HTMX)
    run = BulkRun.objects.get()
    assert "Waiting for the worker" in shown.content.decode()
    assert f"/bulk/runs/{run.pk}/stop/" in shown.content.decode()
    assert client.post(f"/bulk/runs/{run.pk}/stop/").status_code == 302
    assert "Resume" in client.get(f"/bulk/runs/{run.pk}/").content.decode()
    client.post(f"/bulk/runs/{run.pk}/resume/")
    from crm.kernel.listing import runs

    runs.work_on("bulk", run.pk)
    assert "5 contacts changed" in client.get(f"/bulk/runs/{run.pk}/").content.decode()


def test_the_edit_dialog_grows_field_by_field_and_keeps_what_is_typed(client_of, rep, people):
    client = client_of(rep)
    first = client.post("/bulk/edit/", selected(people, step="add", add="source"), headers=HTMX).content.decode()
    assert 'name="source"' in first
    more = selected(people, field="source", source="Trade fair", step="add", add="country")
    second = client.post("/bulk/edit/", more, headers=HTMX).content.decode()
    assert "Trade fair" in second
    assert 'name="country"' in second
    fewer = selected(people, field=["source", "country"], source="Trade fair", country="Norway", drop="source")
    third = client.post("/bulk/edit/", fewer, headers=HTMX).content.decode()
    assert 'name="source"' not in third
    assert "Norway" in third
    nothing = client.post("/bulk/edit/", selected(people, step="go"), headers=HTMX)
    assert (nothing.status_code, "Choose a field to change." in nothing.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"list": "nonsense"}, 400),
        ({"list": "contacts", "ids": "7"}, 400),
        ({"list": "contacts", "all": "1", "query": "nonsense=1"}, 400),
        ({"list": "contacts"}, 422),
        ({"list": "contacts", "ids": "0190e0a0-0000-7000-8000-000000000000", "step": "go", "owner": "7"}, 422),
    ],
)
def test_bad_input_is_said_and_writes_nothing(client_of, rep, database_diff, sent, status):
    client = client_of(rep)
    with database_diff() as diff:
        assert client.post("/bulk/assign/", sent).status_code == status
        assert client.post("/bulk/assign/", sent, headers=HTMX).status_code == status
    assert diff.empty
    assert client.post("/bulk/nonsense/", {"list": "contacts"}).status_code == 404


@pytest.mark.parametrize(
    ("action", "field", "words"),
    [("assign", "owner", "Choose a colleague"), ("lifecycle", "lifecycle", "Choose a stage")],
)
def test_a_hasty_enter_changes_nothing(client_of, manager, people, database_diff, action, field, words):
    client = client_of(manager)
    asked = client.post(f"/bulk/{action}/", selected(people), headers=HTMX).content.decode()
    assert f'<option value="" selected>{words}</option>' in asked
    with database_diff() as diff:
        assert client.post(f"/bulk/{action}/", selected(people, step="go", **{field: ""})).status_code == 422
    assert diff.empty


def test_a_run_is_its_persons_and_the_admins(client_of, rep, mate, admin, people):
    run = begin(rep, "contacts", "tag", people, tags="vip")
    assert client_of(mate).get(f"/bulk/runs/{run.pk}/").status_code == 404
    assert client_of(admin).get(f"/bulk/runs/{run.pk}/").status_code == 200
    assert client_of(admin).post(f"/bulk/runs/{run.pk}/resume/").status_code == 403
