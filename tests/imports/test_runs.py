"""Runs that are cut off, stopped, taken over, undone (H2)."""

import pytest
from django.db import IntegrityError, connection

from contacts.imports.contacts import ContactSession
from contacts.models import Company, Contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports import engine, services, work
from crm.kernel.listing.imports.models import ImportMapping, ImportRun

ROWS = "Email,Name,Company\n" + "".join(f"p{n}@acme.example,Person {n},Company {n % 4}\n" for n in range(11))


BUSINESS = (
    "contacts_contact contacts_contactemail contacts_contactphone contacts_company contacts_companydomain users_user"
    " users_team deals_deal deals_stagechange deals_dealcontact deals_lostreason activities_activity"
    " activities_activitycontact activities_task"
)


def business_rows() -> dict[str, list]:
    """Return all rows of the business tables, without what H2 leaves out."""
    left_out = "'version', 'updated_at', 'last_login', 'password'"
    found = {}
    with connection.cursor() as cursor:
        for table in BUSINESS.split():
            cursor.execute(f"SELECT (to_jsonb(t) - ARRAY[{left_out}])::text FROM {table} t ORDER BY 1")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


class Killed(BaseException):
    """Stands for a worker that dies: no handler runs."""


def test_a_run_that_dies_between_chunks_goes_on_without_doubling_a_row(receive, manager, small_chunks, monkeypatch):
    run = receive("contacts", ROWS, manager)
    services.start_import(actor=Actor.of(manager), run_id=run.pk)
    write, calls = ContactSession.write, []

    def dying(self, rows):
        calls.append(len(rows))
        if len(calls) == 3:
            raise Killed
        write(self, rows)

    monkeypatch.setattr(ContactSession, "write", dying)
    with pytest.raises(Killed):
        work.work_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows_done, Contact.objects.count()) == ("running", 6, 6)
    assert work.sweep() == 0, "its lease still runs"
    ImportRun.objects.update(leased_until=None)
    assert work.sweep() == 1
    run.refresh_from_db()
    assert (run.state, run.counts["created"], Contact.objects.count()) == ("done", 11, 11)
    assert Company.objects.count() == 4
    assert ChangeSet.objects.filter(command="imports.run").count() == 1


def test_a_chunk_that_fails_is_rolled_back_whole_and_the_run_says_so(receive, manager, small_chunks, monkeypatch):
    run = receive("contacts", ROWS, manager)
    services.start_import(actor=Actor.of(manager), run_id=run.pk)
    write = ContactSession.write

    def failing(self, rows):
        write(self, rows)
        if Contact.objects.count() > 5:
            raise RuntimeError("disk")

    monkeypatch.setattr(ContactSession, "write", failing)
    with pytest.raises(RuntimeError):
        work.work_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows_done, Contact.objects.count()) == ("failed", 3, 3)
    assert "after 3 rows" in run.error
    monkeypatch.setattr(ContactSession, "write", write)
    services.resume_import(actor=Actor.of(manager), run_id=run.pk)
    work.work_on(run.pk)
    run.refresh_from_db()
    assert (run.state, Contact.objects.count(), run.counts["created"]) == ("done", 11, 11)


def test_a_rival_who_makes_the_same_record_is_met_by_looking_again(receive, manager, monkeypatch):
    run = receive("contacts", ROWS, manager)
    services.start_import(actor=Actor.of(manager), run_id=run.pk)
    write, calls = ContactSession.write, []

    def once(self, rows):
        calls.append(1)
        if len(calls) == 1:
            raise IntegrityError("contactemail_one_live")
        write(self, rows)

    monkeypatch.setattr(ContactSession, "write", once)
    work.work_on(run.pk)
    run.refresh_from_db()
    assert run.state == "done"
    assert Contact.objects.count() == 11


def test_a_stopped_run_keeps_what_is_written_and_can_be_resumed(receive, manager, small_chunks, monkeypatch):
    run = receive("contacts", ROWS, manager)
    services.start_import(actor=Actor.of(manager), run_id=run.pk)
    settle = engine._settle

    def stopping(run, rows, read):
        settle(run, rows, read)
        if run.rows_done == 6:
            ImportRun.objects.filter(pk=run.pk).update(state="stopped")

    monkeypatch.setattr(engine, "_settle", stopping)
    work.work_on(run.pk)
    run.refresh_from_db()
    assert (run.state, Contact.objects.count()) == ("stopped", 6)
    monkeypatch.setattr(engine, "_settle", settle)
    services.resume_import(actor=Actor.of(manager), run_id=run.pk)
    work.work_on(run.pk)
    assert Contact.objects.count() == 11


def test_two_workers_do_not_work_on_one_run(receive, manager):
    run = receive("contacts", ROWS, manager)
    services.start_import(actor=Actor.of(manager), run_id=run.pk)
    run.refresh_from_db()
    engine.take_lease(run, ImportRun.State.RUNNING)
    work.work_on(run.pk)
    assert not Contact.objects.exists()


def test_undo_of_an_import_leaves_every_business_table_equal(imported, admin, small_chunks):
    imported("contacts", "Email,Name\np1@acme.example,Person 1\n", admin)
    before = business_rows()
    run = imported("contacts", ROWS, admin)
    assert business_rows() != before
    services.start_undo(actor=Actor.of(admin), run_id=run.pk)
    work.work_on(run.pk)
    run.refresh_from_db()
    assert run.state == "undone"
    assert run.report["undo"]["kept"] == 0
    after = business_rows()
    for table, rows in before.items():
        assert after[table] == rows, table


def test_an_import_is_undone_once_and_only_by_its_author_or_an_admin(imported, manager, admin, actor_of):
    run = imported("contacts", ROWS, manager)
    services.start_undo(actor=Actor.of(admin), run_id=run.pk)
    work.work_on(run.pk)
    with pytest.raises(Refused):
        services.start_undo(actor=Actor.of(manager), run_id=run.pk)


def test_columns_are_guessed_and_remembered(receive, manager):
    text = "Kundenname;E-Mail-Adresse;XYZ\nAnn;ann@acme.example;+47 22 11 30 40\n"
    run = receive("contacts", text, manager)
    assert run.mapping == [[], ["email"], ["phone"]], "names tell first, contents second"
    services.save_columns(
        actor=Actor.of(manager), run_id=run.pk, mapping=[["full_name"], ["email"], []], settings={"source": "erp"}
    )
    services.start_check(actor=Actor.of(manager), run_id=run.pk)
    assert ImportMapping.objects.count() == 1
    again = receive("contacts", text.replace("Ann", "Bo"), manager)
    assert again.mapping == [["full_name"], ["email"], []]
    assert again.source == "erp"


def test_a_missing_column_is_refused_before_anything_runs(receive, admin):
    run = receive("companies", "Nothing\nx\n", admin)
    with pytest.raises(Refused, match="Name"):
        services.start_check(actor=Actor.of(admin), run_id=run.pk)


def test_a_run_that_has_begun_cannot_be_changed_or_thrown_away(imported, admin):
    run = imported("companies", "Name\nAcme\n", admin)
    for service in (services.discard_import, services.start_check):
        with pytest.raises(Refused):
            service(actor=Actor.of(admin), run_id=run.pk)
    with pytest.raises(Refused):
        services.save_columns(actor=Actor.of(admin), run_id=run.pk, mapping=[["name"]], settings={})


def test_a_discarded_draft_takes_its_file_along(receive, admin):
    run = receive("companies", "Name\nAcme\n", admin)
    path = run.path
    assert path.exists()
    services.discard_import(actor=Actor.of(admin), run_id=run.pk)
    assert not path.exists()
    assert not ImportRun.objects.exists()


def test_nobody_sees_the_imports_of_others_but_whoever_may_change_the_settings(imported, manager, admin, stranger):
    run = imported("contacts", ROWS, manager)
    assert list(ImportRun.objects.visible_to(Actor.of(admin))) == [run]
    assert not ImportRun.objects.visible_to(Actor.of(stranger)).exists()
