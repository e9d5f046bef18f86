"""Personal data: one archive of everything held on a contact, and their erasure everywhere (H1, U2)."""

import json
import zipfile

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from activities.files import blobs
from activities.models import Activity, Attachment, Task
from activities.services.files import add_files
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Contact, ContactEmail, Erasure, PersonalRun
from contacts.services.bin import bin_contacts, restore_contacts
from contacts.services.contacts import create_contact, edit_contact
from contacts.services.merging import merge_contacts
from contacts.services.personal import archive_of, erase_person, perform, request_archive
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.core.history import history_of
from crm.kernel.listing.imports import services as imports
from crm.kernel.listing.imports import work
from crm.kernel.notifications.models import Notification
from crm.kernel.search.models import RecentView
from deals.services import create_deal

WORDS = (
    "Magdalena", "Kowalczyk", "Kowalczyk-Berg", "magda@kowalczyk.example", "mk@old.example", "+4531550187", "31 55 01 87",
    "Harbour Street", "Gdynia", "Head of Welding", "seven sisters",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


@pytest.fixture
def me(rep) -> Actor:
    return Actor.of(rep)


@pytest.fixture
def other(me) -> Contact:
    return create_contact(values={"first_name": "Paul", "last_name": "Other", "owner_id": me.id}, actor=me)


@pytest.fixture
def person(me, rep, boss, other) -> Contact:
    """Somebody with everything: former values, shared and own notes, a task, a deal, a merged double, marks."""
    values = {
        "first_name": "Magdalena", "last_name": "Kowalczyk", "owner_id": rep.pk, "job_title": "Head of Welding",
        "emails": ["magda@kowalczyk.example", "mk@old.example"], "phones": ["+4531550187"], "street": "Harbour Street 1",
        "city": "Gdynia", "description": "Has seven sisters", "tags": ["welding"],
    }  # fmt: skip
    person = create_contact(values=values, actor=me)
    edit_contact(
        contact_id=person.pk, values={"last_name": "Kowalczyk-Berg", "emails": ["magda@kowalczyk.example"]}, actor=me
    )
    with changeset(me, "contacts.edit"):
        Contact.objects.filter(pk=person.pk).update(custom={"hobby": "seven sisters"})
    own = ActivityRow(type="note", subject="Met", body="She has seven sisters", contact_ids=(person.pk,))
    log_activity(row=own, actor=me)
    shared = "Magdalena and Paul met; call Kowalczyk on 31 55 01 87 or magda@kowalczyk.example"
    log_activity(row=ActivityRow(type="note", body=shared, contact_ids=(person.pk, other.pk)), actor=me)
    log_activity(row=ActivityRow(type="note", body="Ask Magdalena Kowalczyk first", contact_ids=(other.pk,)), actor=me)
    create_task(row=TaskRow(title="Ring Magdalena", notes="+45 31550187", contact_id=person.pk), actor=me)
    create_deal(actor=me, title="Kowalczyk rollout", owner=rep, contacts=[(person.pk, "Buyer")], amount=500)
    upload = SimpleUploadedFile("magda kowalczyk.txt", b"Magdalena has seven sisters", "text/plain")
    add_files(record=person, uploads=[upload], actor=me)
    double = create_contact(values={"first_name": "Magdalena", "last_name": "Kowalczyk", "owner_id": rep.pk}, actor=me)
    merge_contacts(survivor_id=person.pk, loser_id=double.pk, actor=boss)
    Notification.objects.create(
        user=rep, topic="task", text="Magdalena Kowalczyk waits", key="m", record_kind="contact", record_id=person.pk
    )
    RecentView.objects.create(user=rep, record_kind="contact", record_id=person.pk)
    return Contact.objects.get(pk=person.pk)


def found(*words: str) -> list[tuple[str, str, str]]:
    """Return where any of these words stands in any column of any table, as a dump would show it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
        )
        tables = [row[0] for row in cursor.fetchall()]
        places = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")
            for (row,) in cursor.fetchall():
                places += [(table, word, row[:200]) for word in words if word.lower() in row.lower()]
    return places


def test_nothing_is_found_after_an_erasure(boss, person):
    assert {word for _table, word, _row in found(*WORDS)} >= set(WORDS) - {"31 55 01 87"}
    rows = erase_person(contact_id=person.pk, actor=boss, confirm="magdalena kowalczyk-berg")
    assert rows > 10
    assert found(*WORDS) == []


def test_ids_times_and_amounts_stay_and_a_stub_says_when_and_by_whom(boss, person, client_of, admin):
    before = list(Activity.objects.order_by("pk").values_list("pk", "at", "type", "company_id"))
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    assert list(Activity.objects.order_by("pk").values_list("pk", "at", "type", "company_id")) == before
    person.refresh_from_db()
    erasure = Erasure.objects.get(contact_id=person.pk)
    assert person.erased_at is not None and erasure.user_id == admin.pk and erasure.changeset_id == boss.last_change
    page = client_of(admin).get(f"/contacts/{person.pk}/")
    assert page.status_code == 410 and b"Dana Whitlock" in page.content
    assert client_of(admin).get(f"/history/contact/{person.pk}/").status_code == 200


def test_what_is_shared_tells_of_the_others_still(boss, person, other):
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    shared = Activity.objects.get(body__contains="Paul")
    assert shared.body == "[erased] and Paul met; call [erased] on [erased] or [erased]"
    assert Activity.objects.get(body__startswith="Ask").body == "Ask [erased] first"
    assert Task.objects.get().title == "[erased]"
    other.refresh_from_db()
    assert other.name == "Paul Other"


def test_addresses_and_names_of_others_stay_theirs(boss, me, rep, person):
    namesake = create_contact(
        values={
            "first_name": "Magdalena",
            "last_name": "Kowalczyk-Berg",
            "phones": ["+4531550187"],
            "owner_id": rep.pk,
        },
        actor=me,
    )
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    namesake.refresh_from_db()
    assert namesake.name == "Magdalena Kowalczyk-Berg" and "kowalczyk" in namesake.search_text
    assert namesake.primary_phone == "+4531550187"


def test_no_undo_brings_it_back(boss, person):
    sets = list(
        ChangeSet.objects.exclude(command__startswith="test.").order_by("recorded_at").values_list("pk", flat=True)
    )
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    for pk in reversed([*sets, boss.last_change]):
        try:
            undo(changeset_id=pk, actor=boss, force=True)
        except Refused:
            continue
    assert found(*WORDS) == []
    person.refresh_from_db()
    assert person.erased_at is not None and not ContactEmail.objects.filter(contact=person).exists()
    with pytest.raises(Contact.DoesNotExist):
        restore_contacts(contact_ids=[person.pk], actor=boss)
    with pytest.raises(Refused, match="already"):
        erase_person(contact_id=person.pk, actor=boss, confirm=person.name)


def test_undo_says_that_it_was_erased(boss, me, person):
    edit_contact(contact_id=person.pk, values={"job_title": "COO"}, actor=boss)
    edited = boss.last_change
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    result = undo(changeset_id=edited, actor=boss, force=True)
    assert [each["why"] for each in result.conflicts] == ["Erased for good: it does not come back."]


def test_the_erasure_itself_offers_no_undo(boss, person, client_of, admin):
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    with pytest.raises(Refused, match="erased for good"):
        undo(changeset_id=boss.last_change, actor=boss)
    page = client_of(admin).get("/audit/").content.decode()
    assert "erased a person" in page and f"/undo/{boss.last_change}/" not in page


def test_a_binned_person_can_be_erased_too(boss, person):
    bin_contacts(contact_ids=[person.pk], actor=boss)
    erase_person(contact_id=person.pk, actor=boss, confirm=person.name)
    assert found(*WORDS) == []


def test_who_may_and_what_confirms(boss, me, manager, person, database_diff):
    with database_diff() as diff:
        for actor in (me, Actor.of(manager)):
            with pytest.raises(PermissionDenied):
                erase_person(contact_id=person.pk, actor=actor, confirm=person.name)
            with pytest.raises(PermissionDenied):
                request_archive(contact_id=person.pk, actor=actor)
        with pytest.raises(Refused) as refused:
            erase_person(contact_id=person.pk, actor=boss, confirm="Magdalena")
        assert "confirm" in refused.value.fields
    assert diff.empty


def test_the_archive_holds_everything_and_is_for_whoever_asked(boss, person, admin, client_of):
    run = request_archive(contact_id=person.pk, actor=boss)
    perform(run)
    done = archive_of(run_id=run.pk, actor=boss)
    with zipfile.ZipFile(done.path) as archive:
        data, page = archive.read("data.json").decode(), archive.read("data.html").decode()
        (file,) = [name for name in archive.namelist() if name.startswith("files/")]
        assert archive.read(file) == b"Magdalena has seven sisters"
    for word in ("Harbour Street 1", "magda@kowalczyk.example", "+4531550187", "seven sisters", "Ring Magdalena",
                 "Kowalczyk rollout", "mk@old.example", "waits"):  # fmt: skip
        assert word in data and word in page, word
    assert json.loads(data)["history"]
    response = client_of(admin).get(f"/personal/{run.pk}/")
    assert response["Content-Type"] == "application/zip" and b"".join(response.streaming_content).startswith(b"PK")
    PersonalRun.objects.update(user_id=person.owner_id)
    assert client_of(admin).get(f"/personal/{run.pk}/").status_code == 404


def test_pages(client_of, admin, rep, person):
    client = client_of(admin)
    path = f"/contacts/{person.pk}/personal/"
    assert path.encode() in client.get(f"/contacts/{person.pk}/").content
    assert path.encode() not in client_of(rep).get(f"/contacts/{person.pk}/").content
    assert client.get(path).status_code == 200
    assert client.post(f"{path}archive/").status_code == 302
    wrong = client.post(f"{path}erase/", {"confirm": "Nobody"})
    assert wrong.status_code == 422 and b"Nobody" in wrong.content
    assert client.post(f"{path}erase/", {"confirm": person.name}).status_code == 302
    run = PersonalRun.objects.get(kind="erasure")
    perform(run)
    run.refresh_from_db()
    assert run.state == "done" and run.rows_done > 0 and not PersonalRun.objects.filter(kind="archive").exists()
    assert client.get(path).status_code == 200
    assert client.get("/contacts/bin/").status_code == 200


def test_commands(person, tmp_path, capsys):
    call_command("export_person", "magda@kowalczyk.example", output=tmp_path / "p.zip")
    assert zipfile.is_zipfile(tmp_path / "p.zip")
    call_command("erase_person", str(person.pk), confirm=person.name)
    assert found(*WORDS) == [] and "Erased" in capsys.readouterr().out


def test_the_application_cannot_blank_history_by_itself(boss, person):
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError), transaction.atomic():
        history_of(Contact).objects.update(first_name="x")


def test_files_and_uploads_go_with_the_person(boss, person, admin, tmp_path, django_capture_on_commit_callbacks):
    path = tmp_path / "people.csv"
    path.write_text("Email,Last name\nmagda@kowalczyk.example,Kowalczyk\nnew@x.example,New\n")
    run = imports.receive_path(actor=boss, kind="contacts", path=path)
    run = imports.save_columns(actor=boss, run_id=run.pk, mapping=run.mapping, settings={"overwrite": True})
    imports.start_import(actor=boss, run_id=run.pk)
    work.work_on(run.pk)
    content = Attachment.objects.get().sha256
    assert run.path.exists() and content in blobs.kept()
    with django_capture_on_commit_callbacks(execute=True):
        erase_person(contact_id=person.pk, actor=boss, confirm=Contact.objects.get(pk=person.pk).name)
    assert not run.path.exists() and content not in blobs.kept() and not Attachment.objects.exists()
    assert found(*WORDS) == []
