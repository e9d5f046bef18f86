"""Uploaded files go by age; what an import wrote, its figures and its undo stay."""

import os

import pytest

from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing.imports import keeping, services, work
from crm.kernel.listing.imports.models import ImportRun

CONTACTS = "First name,Last name,E-mail\nMaya,Lindqvist,maya@atlas.example\n,,no-address\n"


def age(path, days: int) -> None:
    """Make a file as old as if it had been uploaded that many days ago."""
    then = path.stat().st_mtime - days * 86_400
    os.utime(path, (then, then))


def test_old_files_go_and_an_import_can_still_be_undone(imported, admin, client_of):
    run, recent = imported("contacts", CONTACTS, admin), imported("contacts", CONTACTS, admin)
    assert run.problems.exists()
    age(run.path, 31)
    assert keeping.clean_up() == 1
    assert recent.has_file and not run.has_file
    page = client_of(admin).get(f"/import/{run.pk}/")
    assert "not kept any more" in page.content.decode() and "left-out.csv" not in page.content.decode()
    assert client_of(admin).get(f"/import/{run.pk}/left-out.csv").status_code == 302
    services.start_undo(actor=Actor.of(admin), run_id=run.pk)
    work.work_on(run.pk)
    assert not Contact.objects.filter(last_name="Lindqvist").exists()


def test_a_draft_goes_with_its_file_a_run_at_work_keeps_it_and_a_stray_file_goes(receive, admin, settings):
    settings.IMPORT_FILES_DAYS = 7
    draft, unread, busy, stopped = (receive("contacts", CONTACTS, admin) for _each in range(4))
    stray = draft.path.with_name("cut-off.csv")
    stray.write_text("x")
    ImportRun.objects.filter(pk=busy.pk).update(state=ImportRun.State.RUNNING)
    ImportRun.objects.filter(pk=unread.pk).update(state=ImportRun.State.FAILED, header=[])
    ImportRun.objects.filter(pk=stopped.pk).update(state=ImportRun.State.STOPPED)
    ImportRun.objects.update(created_at=draft.created_at - keeping.dt.timedelta(days=8))
    for path in (draft.path, unread.path, busy.path, stopped.path, stray):
        age(path, 8)
    assert keeping.clean_up() == 4
    assert set(ImportRun.objects.values_list("pk", flat=True)) == {busy.pk, stopped.pk}
    assert busy.has_file and not stray.exists()
    with pytest.raises(Refused, match="not kept any more"):
        services.resume_import(actor=Actor.of(admin), run_id=stopped.pk)
