"""Erasing a person reaches the files that were exported (H1)."""

from contacts.services.personal import erase_person
from crm.kernel.core.changes import Actor
from crm.kernel.listing.exports.engine import perform
from crm.kernel.listing.exports.models import ExportRun
from crm.kernel.listing.exports.services import begin_export
from crm.kernel.listing.runs import extend_lease, take_lease
from crm.kernel.listing.selection import Selection


def test_erasing_a_person_takes_away_the_files_that_may_hold_them(admin, maya, django_capture_on_commit_callbacks):
    boss = Actor.of(admin)
    chosen = Selection("contacts", "", (), True)
    ready, running, people = (
        begin_export(actor=boss, selection=selection, format="csv", what="columns")
        for selection in (chosen, chosen, chosen)
    )
    ExportRun.objects.filter(pk=people.pk).update(kind="user")
    for run in (ready, people):
        perform(run)
        assert b"Maya" in run.path.read_bytes()
    lease = take_lease(running)
    with django_capture_on_commit_callbacks(execute=True):
        erase_person(contact_id=maya.pk, actor=boss, confirm=maya.name)
    assert not ready.path.exists() and people.path.exists()
    assert not extend_lease(running, lease), "whoever writes it stops"
    assert running in ExportRun.objects.abandoned(), "and another worker begins anew"
    perform(running)
    assert b"Maya" not in running.path.read_bytes()
