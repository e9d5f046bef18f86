"""A list as a file: its filter, its order, its columns, its rights, its log, and the way back in (U2, U3)."""

import io
from uuid import uuid4

import openpyxl
import pytest

from contacts.models import Contact
from contacts.services import create_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.remember import forget
from crm.kernel.customfields.models import CustomField
from crm.kernel.listing import runs
from crm.kernel.listing.exports import engine, services
from crm.kernel.listing.exports.models import ExportRun
from crm.kernel.listing.imports import services as imports
from crm.kernel.listing.imports.registry import importer_of
from crm.kernel.listing.imports.work import work_on
from crm.kernel.listing.selection import Selection
from crm.kernel.notifications.models import Notification

from .conftest import rows_of, text_of

HTMX = {"HX-Request": "true", "HX-Target": "modal-body"}
GO = {"step": "go", "what": "fields", "format": "csv", "all": "1"}


def export(client, list_key="contacts", query="", **more):
    return client.post("/export/new/", {**GO, "list": list_key, "query": query, **more})


def test_all_fields_of_what_the_filter_shows_in_its_order(client_of, manager, stranger, maya):
    for name in ("Bo", "Al"):
        create_contact(values={"first_name": name, "owner": manager, "tags": ["vip"]}, actor=Actor.of(manager))
    create_contact(values={"first_name": "Other", "owner": manager}, actor=Actor.of(manager))
    create_contact(values={"first_name": "Hidden", "owner": stranger, "tags": ["vip"]}, actor=Actor.of(stranger))
    response = export(client_of(manager), query="tag=vip&sort=-name")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="contacts-')
    rows = rows_of(text_of(response))
    assert [row["First name"] for row in rows] == ["Bo", "Al", "'=Maya"]
    row = rows[-1]
    assert row["External id"] == str(maya.pk)
    assert (row["Email"], row["Emails"]) == ("maya@nordhavn.example", "m2@nordhavn.example")
    assert (row["Phone"], row["Phones"]) == ("'+4531550187", "'+4531550188")
    assert (row["Tags"], row["Lead score"], row["Owner"]) == ("vip, @risk", "-5", "manager.east@test.example")
    assert row["Description"] == "Line one\nline “two”; three"


def test_the_lists_own_columns_and_chosen_rows_only(client_of, manager, maya):
    other = create_contact(values={"first_name": "Other", "owner": manager}, actor=Actor.of(manager))
    sent = {"list": "contacts", "ids": [str(other.pk)], "step": "go", "what": "columns", "format": "csv"}
    rows = rows_of(text_of(client_of(manager).post("/export/new/", sent)))
    assert [row["First name"] for row in rows] == ["Other"]
    assert {"Last name", "Company", "Lifecycle", "Owner"} <= set(rows[0])
    assert "Street" not in rows[0]


def test_the_right_to_export_is_needed_and_a_stranger_gets_only_their_own(client_of, rep, manager, database_diff, maya):
    client = client_of(rep)
    with database_diff() as diff:
        assert client.get("/export/new/?list=contacts&query=").status_code == 403
        assert export(client).status_code == 403
    assert diff.empty
    assert "Export" not in client.get("/contacts/").content.decode()
    assert "/export/new/" in client_of(manager).get("/contacts/").content.decode()


def test_each_export_is_logged_with_its_filter_and_rows(client_of, manager, maya):
    export(client_of(manager), query="tag=vip")
    made = ChangeSet.objects.get(command="exports.take")
    assert (made.user, made.summary) == (
        manager,
        {"list": "contacts", "filter": "tag=vip", "chosen": 0, "format": "csv", "what": "fields", "rows": 1},
    )


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_import_guesses_every_column_and_changes_nothing(client_of, manager, maya, tmp_path, form):
    path = tmp_path / f"back.{form}"
    if form == "csv":
        path.write_text(text_of(export(client_of(manager))))
    else:
        chosen = Selection("contacts", "", (), all=True)
        run = services.begin_export(actor=Actor.of(manager), selection=chosen, what="fields", format="xlsx")
        runs.work_on(services.WORK, run.pk)
        path.write_bytes(run.path.read_bytes())
    run = imports.receive_path(actor=Actor.of(manager), kind="contacts", path=path)
    assert all(run.mapping), dict(zip(run.header, run.mapping, strict=True))
    before = Contact.objects.values().get(pk=maya.pk)
    imports.save_columns(actor=Actor.of(manager), run_id=run.pk, mapping=run.mapping, settings={"overwrite": True})
    imports.start_import(actor=Actor.of(manager), run_id=run.pk)
    work_on(run.pk)
    run.refresh_from_db()
    assert run.counts == {"created": 0, "updated": 0, "unchanged": 1, "skipped": 0, "errors": 0}
    assert Contact.objects.values().get(pk=maya.pk) == before


@pytest.mark.parametrize("kind", ["contact", "company", "deal", "activity", "task"])
def test_every_heading_is_known_to_the_import(manager, kind):
    from crm.kernel.listing.exports.registry import exporter_of
    from crm.kernel.listing.imports.guess import guess_columns

    if kind in ("contact", "company", "deal"):
        # called as a built-in field is, here or in other programs, or nearly as another one
        labels = ("E-mail", "Title", "Website", "Position", "Shoe size", "Shoe-size", "Labels")
        with changeset(Actor.system("test"), "test.fields"):
            for number, label in enumerate(labels):
                CustomField.objects.create(record_kind=kind, key=f"own_{number}", label=label, type="text")
        forget()
    exporter = exporter_of(kind)
    cells = exporter.columns(Actor.of(manager))
    for some in (cells, cells[::-1], [cell for cell in cells if cell.key.startswith("cf_")]):
        found = guess_columns([cell.heading for cell in some], [], importer_of(exporter.importer))
        assert [keys[0] if keys else cell.heading for cell, keys in zip(some, found, strict=True)] == [
            cell.key for cell in some
        ]


def test_a_workbook_keeps_types_and_guards_text(client_of, manager, maya):
    run = services.begin_export(
        actor=Actor.of(manager), selection=Selection("contacts", "", (), True), format="xlsx", what="fields"
    )
    runs.work_on("export", run.pk)
    response = client_of(manager).get(f"/export/{run.pk}/file/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    head, row = list(sheet.iter_rows(values_only=True))
    cells = dict(zip(head, row, strict=True))
    assert (cells["First name"], cells["Lead score"], cells["Phone"]) == ("'=Maya", -5, "'+4531550187")


def test_a_big_one_goes_to_the_worker_and_only_its_person_fetches_it(client_of, manager, admin, maya, monkeypatch):
    monkeypatch.setattr(services, "AT_ONCE", 0)
    client = client_of(manager)
    response = export(client)
    run = ExportRun.objects.get()
    assert response.headers["Location"] == f"/export/{run.pk}/"
    assert "Waiting for the worker" in client.get(f"/export/{run.pk}/").content.decode()
    assert client.get(f"/export/{run.pk}/file/").status_code == 404
    runs.work_on("export", run.pk)
    assert "1 row is ready" in client.get(f"/export/{run.pk}/").content.decode()
    assert len(rows_of(text_of(client.get(f"/export/{run.pk}/file/")))) == 1
    assert client_of(admin).get(f"/export/{run.pk}/file/").status_code == 404
    assert Notification.objects.get(user=manager).record_id == run.pk
    assert engine.clean_up() == 0
    ExportRun.objects.update(created_at="2020-01-01T00:00:00Z")
    assert engine.clean_up() == 1
    assert not run.path.exists()


def test_a_stopped_export_leaves_no_file_and_begins_anew(client_of, manager, maya, monkeypatch, tmp_path):
    monkeypatch.setattr(services, "AT_ONCE", 0)
    client = client_of(manager)
    export(client)
    run = ExportRun.objects.get()

    def stopped(*args, **options):
        ExportRun.objects.update(state="stopped", lease=None)
        raise runs.LeaseLostError

    with monkeypatch.context() as patch:
        patch.setattr(engine, "write_csv", stopped)
        runs.work_on("export", run.pk)
    assert list((tmp_path / "files" / "exports").iterdir()) == []
    assert "Begin anew" in client.get(f"/export/{run.pk}/").content.decode()
    client.post(f"/export/{run.pk}/restart/")
    runs.work_on("export", run.pk)
    run.refresh_from_db()
    assert run.ready


def test_fields_hidden_from_a_role_are_left_out(client_of, manager, admin, maya):
    with changeset(Actor.of(admin), "test.fields"):
        CustomField.objects.create(record_kind="contact", key="secret", label="Secret", type="text", roles=["admin"])
        CustomField.objects.create(record_kind="contact", key="fleet", label="Fleet size", type="number")
        Contact.objects.filter(pk=maya.pk).update(custom={"secret": "x", "fleet": "-3"})
    forget()
    seen = rows_of(text_of(export(client_of(manager))))[0]
    assert "Secret" not in seen
    assert seen["Fleet size"] == "-3"
    assert rows_of(text_of(export(client_of(admin))))[0]["Secret"] == "x"


@pytest.mark.parametrize(
    "sent", [{"list": "nonsense"}, {"list": "contacts", "query": "nonsense=1"}, {"list": "contacts", "ids": "7"}]
)
def test_bad_input_answers_400(client_of, manager, sent):
    assert client_of(manager).post("/export/new/", sent).status_code == 400
    assert client_of(manager).post("/export/new/", sent, headers=HTMX).status_code == 400


def test_an_unknown_format_is_refused_beside_the_field(client_of, manager, maya):
    assert export(client_of(manager), format="exe").status_code == 422
    assert client_of(manager).get(f"/export/{uuid4()}/").status_code == 404
