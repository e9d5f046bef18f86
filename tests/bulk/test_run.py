"""A bulk action's way through its records: rights, refusals, one change-set, stopping and going on (U2, U3, H2)."""

import datetime as dt
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from contacts.bulk import TagContacts
from contacts.models import Contact
from contacts.services import create_contact, edit_contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.events.models import Event
from crm.kernel.listing import runs
from crm.kernel.listing.bulk import services
from crm.kernel.listing.bulk.engine import perform
from crm.kernel.listing.bulk.models import BulkRun
from crm.kernel.notifications.models import Notification

from .conftest import begin, refused


class Killed(BaseException):
    """Stands for a worker that dies: no handler runs."""


def test_one_change_set_for_all_undone_as_a_whole(run_bulk, rep, mate, manager, people):
    run = run_bulk(manager, "contacts", "assign", people, owner=mate.pk)
    assert (run.state, run.counts) == ("done", {"done": 5, "unchanged": 0, "refused": 0})
    assert set(Contact.objects.values_list("owner", flat=True)) == {mate.pk}
    made = ChangeSet.objects.get(pk=run.changeset_id)
    assert (made.command, made.user, made.source) == ("bulk.assign", manager, "bulk")
    assert made.summary == {"run": str(run.pk), "records": 5, "what": "Owner: Marcus Okafor", "kind": "contact"}
    undo(changeset_id=run.changeset_id, actor=Actor.of(manager))
    assert set(Contact.objects.values_list("owner", flat=True)) == {rep.pk}


def test_a_second_run_finds_everything_as_it_is(run_bulk, rep, people):
    run_bulk(rep, "contacts", "tag", people, tags="vip, new")
    assert Contact.objects.get(pk=people[0].pk).tags == ["old", "vip", "new"]
    again = run_bulk(rep, "contacts", "tag", people, tags="vip")
    assert again.counts == {"done": 0, "unchanged": 5, "refused": 0}
    assert not ChangeSet.objects.filter(pk=again.changeset_id).exists(), "what changes nothing leaves no trace"


def test_what_one_may_not_change_is_left_out_and_named_what_is_hidden_is_not_found(
    run_bulk, rep, mate, stranger, people
):
    mates = create_contact(values={"first_name": "Mate's", "owner": mate}, actor=Actor.of(mate))
    hidden = create_contact(values={"first_name": "Hidden", "owner": stranger}, actor=Actor.of(stranger))
    nobody = uuid4()
    run = run_bulk(rep, "contacts", "tag", [*people, mates, hidden, nobody], tags="vip")
    assert run.counts == {"done": 5, "unchanged": 0, "refused": 3}
    assert refused(run) == {
        mates.pk: "You may not change this record.",
        hidden.pk: "There is no such record.",
        nobody: "There is no such record.",
    }
    assert Contact.objects.filter(tags__contains=["vip"]).count() == 5


def test_all_that_match_are_those_that_the_person_may_see_at_that_moment(run_bulk, rep, stranger, people):
    create_contact(values={"first_name": "Hidden", "owner": stranger, "tags": ["old"]}, actor=Actor.of(stranger))
    edit_contact(contact_id=people[0].pk, values={"tags": []}, actor=Actor.of(rep))
    run = run_bulk(rep, "contacts", "untag", None, "tag=old", tags="OLD")
    assert (run.rows_total, run.counts["done"]) == (4, 4)
    assert run.items.count() == 4
    assert Contact.objects.filter(tags__contains=["old"]).count() == 1


def test_the_bulk_right_and_the_right_to_some_record_are_needed(viewer, people, database_diff):
    with database_diff() as diff, pytest.raises(PermissionDenied):
        begin(viewer, "contacts", "tag", people, tags="vip")
    assert diff.empty


def test_rights_are_those_of_the_moment_of_the_run(rep, people):
    run = begin(rep, "contacts", "tag", people, tags="vip")
    rep.role.flags = []
    run.user = rep
    runs.work_on("bulk", run.pk)
    run.refresh_from_db()
    assert run.state == "done"
    from crm.kernel.core.changes import changeset

    with changeset(Actor.system("test data"), "test.role"):
        rep.role.save()
    late = BulkRun(user=rep, kind="contact", action="tag", params={"tags": ["x"]}, frozen=True, rows_total=0)
    late.save()
    runs.work_on("bulk", late.pk)
    late.refresh_from_db()
    assert (late.state, late.error) == ("failed", "The right to bulk edit is gone.")


def test_a_killed_worker_is_followed_by_another_that_doubles_nothing(rep, people, monkeypatch):
    run = begin(rep, "contacts", "tag", people, tags="vip")
    write, calls = TagContacts.apply, []

    def dying(self, ids, values, actor):
        calls.append(len(ids))
        if len(calls) == 2:
            raise Killed
        return write(self, ids, values, actor)

    monkeypatch.setattr(TagContacts, "apply", dying)
    with pytest.raises(Killed):
        perform(run, batch=2)
    run.refresh_from_db()
    assert (run.state, run.rows_done, run.items.filter(outcome="done").count()) == ("running", 2, 2)
    assert runs.sweep() == 0, "its lease still runs"
    BulkRun.objects.update(leased_until=None)
    assert runs.sweep() == 1
    run.refresh_from_db()
    assert (run.state, run.rows_done, run.counts["done"]) == ("done", 5, 5)
    assert ChangeSet.objects.filter(command="bulk.tag").count() == 1
    assert Event.objects.filter(name="contact.changed").count() == 5, "one event a record"


def test_a_stopped_run_keeps_what_is_done_and_goes_on(rep, people, monkeypatch):
    run = begin(rep, "contacts", "tag", people, tags="vip")
    write = TagContacts.apply

    def stopping(self, ids, values, actor):
        result = write(self, ids, values, actor)
        BulkRun.objects.filter(pk=run.pk).update(state="stopped", lease=None)
        return result

    monkeypatch.setattr(TagContacts, "apply", stopping)
    with pytest.raises(runs.LeaseLostError):
        perform(run, batch=2)
    monkeypatch.setattr(TagContacts, "apply", write)
    run.refresh_from_db()
    assert Contact.objects.filter(tags__contains=["vip"]).count() == 2
    services.resume_bulk(actor=Actor.of(rep), run_id=run.pk)
    runs.work_on("bulk", run.pk)
    run.refresh_from_db()
    assert (run.state, run.counts["done"]) == ("done", 5)
    with pytest.raises(Refused, match="nothing to resume"):
        services.resume_bulk(actor=Actor.of(rep), run_id=run.pk)
    with pytest.raises(Refused, match="nothing to stop"):
        services.stop_bulk(actor=Actor.of(rep), run_id=run.pk)


def test_a_record_that_only_the_service_refuses_does_not_hold_up_the_others(run_bulk, rep, people, monkeypatch):
    write = TagContacts.write

    def picky(values, actor):
        if people[3].pk in values:
            raise Refused("Not this one.")
        return write(values, actor)

    monkeypatch.setattr(TagContacts, "write", staticmethod(picky))
    run = run_bulk(rep, "contacts", "tag", people, tags="vip")
    assert run.counts == {"done": 4, "unchanged": 0, "refused": 1}
    assert refused(run) == {people[3].pk: "Not this one."}


def test_a_new_owner_is_told_once(run_bulk, rep, mate, people):
    run_bulk(rep, "contacts", "assign", people, owner=mate.pk)
    assert [each.text for each in Notification.objects.filter(user=mate)] == ["Priya Raman gave you 5 contacts"]


def test_a_filter_that_means_nothing_any_more_fails_the_run(rep, people):
    run = begin(rep, "contacts", "tag", None, tags="vip")
    run.selection = {**run.selection, "query": "nonsense=1"}
    run.save()
    perform(run)
    assert (run.state, run.error) == ("failed", "This list has no filter “nonsense”.")


def test_finished_runs_go_after_30_days_with_what_was_typed_their_undo_stays(run_bulk, rep, people):
    run = run_bulk(rep, "contacts", "tag", people, tags="vip")
    waiting = begin(rep, "contacts", "tag", people, tags="late")
    later = run.created_at + dt.timedelta(days=31)
    assert services.clean_up(later - dt.timedelta(days=2)) == 0
    assert services.clean_up(later) == 1, "what is at work stays"
    assert BulkRun.objects.get() == waiting and not run.items.exists()
    undo(changeset_id=run.changeset_id, actor=Actor.of(rep))
    assert not Contact.objects.filter(tags__contains=["vip"]).exists()
