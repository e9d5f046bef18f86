"""Purging the bin (R8): after 30 days, for good, with shells of deals, and what undo makes of it (H2)."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count, Sum
from django.utils import timezone

from activities.files import blobs
from activities.models import Activity, Attachment, Task
from activities.services.files import add_files
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.models import Company, Contact, Dismissal
from contacts.services.bin import bin_companies, bin_contacts
from contacts.services.companies import create_company, edit_company
from contacts.services.contacts import create_contact, edit_contact
from contacts.services.duplicates.pairs import dismiss_pair
from contacts.services.merging import merge_contacts
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.undo import preview, undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.history import history_of
from crm.kernel.listing import runs
from crm.kernel.listing.purging import services
from crm.kernel.listing.purging.models import PurgeRun
from crm.kernel.listing.purging.offers import offer_purge
from crm.kernel.listing.saved.members import add_to_list, create_list
from crm.kernel.listing.saved.models import RecordListMember
from crm.kernel.notifications.models import Notification
from deals.models import Deal, DealContact, LostReason, StageChange
from deals.services import bin_deals, create_deal, edit_deal, move_deal, restore_deals

NUMBERS = (
    "owner", "stage", "pipeline", "amount", "currency", "closed_on", "closed_at", "created_at", "binned_at", "source",
    "lost_reason", "probability", "expected_close",
)  # fmt: skip


class Killed(BaseException):
    """Stands for a worker that dies: no handler runs."""


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


@pytest.fixture
def month_later():
    """Let 31 days pass."""
    return time_machine.travel(timezone.now() + dt.timedelta(days=31), tick=True)


def person(actor, name, **values) -> Contact:
    return create_contact(values={"first_name": name, "owner_id": actor.id, **values}, actor=actor)


def purge(kind, records, actor):
    return services.purge_records(kind=kind, ids=[each.pk for each in records], actor=actor)


def why(result) -> set[str]:
    return {each.get("why", each["field"]) for each in result.conflicts}


def test_only_admins_purge_and_only_after_30_days(boss, rep, manager, month_later, database_diff):
    maya = person(boss, "Maya")
    kept = person(boss, "Kept")
    bin_contacts(contact_ids=[maya.pk], actor=boss)
    with database_diff() as diff:
        assert purge("contact", [maya, kept], boss).count == 0, "too early, and one is not in the bin"
        with pytest.raises(Refused, match="Nothing"):
            services.begin_purge(kind="contact", count=1, actor=boss)
        with month_later:
            for other in (rep, manager):
                with pytest.raises(PermissionDenied):
                    purge("contact", [maya], Actor.of(other))
                with pytest.raises(PermissionDenied):
                    services.begin_purge(kind="all", count=1, actor=Actor.of(other))
            with pytest.raises(Refused, match="Type 1"):
                services.begin_purge(kind="contact", count=2, actor=boss)
    assert diff.empty
    with month_later:
        assert purge("contact", [maya, kept], boss).count == 1
    assert list(Contact.objects.all()) == [kept]
    assert history_of(Contact).objects.filter(pgh_obj_id=maya.pk).exists(), "history stays (H1)"


def test_what_means_nothing_without_a_contact_goes_along_the_rest_stays(boss, pipeline, month_later, admin):
    maya = person(boss, "Maya", emails=["m@atlas.example"])
    twin, ben = person(boss, "Maia"), person(boss, "Ben")
    merge_contacts(survivor_id=maya.pk, loser_id=twin.pk, actor=boss)
    dismiss_pair(kind="contact", first_id=maya.pk, second_id=ben.pk, actor=boss)
    deal = create_deal(title="Rollout", owner=admin, contacts=[(maya.pk, "Buyer"), (ben.pk, "")], actor=boss)
    create_task(row=TaskRow(title="Call", assignee_id=boss.id, contact_id=ben.pk), actor=boss)
    create_task(row=TaskRow(title="Hers", assignee_id=boss.id, contact_id=maya.pk), actor=boss)
    create_task(row=TaskRow(title="Ours", assignee_id=boss.id, contact_id=maya.pk, deal_id=deal.pk), actor=boss)
    log_activity(row=ActivityRow(type="note", body="Hers", contact_ids=(maya.pk,), infer_deal=False), actor=boss)
    both = log_activity(row=ActivityRow(type="note", body="Both", contact_ids=(maya.pk, ben.pk)), actor=boss)
    (file,) = add_files(record=maya, uploads=[SimpleUploadedFile("a.pdf", b"%PDF-1.7 hers")], actor=boss)
    listed = create_list(record_kind="contact", values={"name": "Guests", "shared": "nobody"}, actor=boss)
    add_to_list(list_id=listed.pk, rows=Contact.objects.filter(pk__in=[maya.pk, ben.pk]), actor=boss)
    bin_contacts(contact_ids=[maya.pk], actor=boss)
    with month_later:
        done = purge("contact", [maya], boss)
    assert (done.count, dict(done.along)) == (1, {"task": 1, "activity": 1, "attachment": 1})
    assert list(Contact.objects.all()) == [ben], "what was merged into her went with her"
    assert set(Task.objects.values_list("title", "contact")) == {("Call", ben.pk), ("Ours", None)}
    assert list(Activity.objects.exclude(type="system")) == [both] and both.contacts.get() == ben
    assert DealContact.objects.get().contact == ben
    assert RecordListMember.objects.get().record_id == ben.pk and not Dismissal.objects.exists()
    deal.refresh_from_db()
    assert "maya" not in deal.search_text and "ben" in deal.search_text
    assert not Attachment.objects.exists() and blobs.is_there(file.sha256), "the content goes once this is committed"


def test_contents_of_purged_files_go_when_it_is_committed(boss, month_later, django_capture_on_commit_callbacks):
    maya, ben = person(boss, "Maya"), person(boss, "Ben")
    same = b"%PDF-1.7 the same"
    (hers,) = add_files(record=maya, uploads=[SimpleUploadedFile("a.pdf", b"%PDF-1.7 only hers")], actor=boss)
    add_files(record=maya, uploads=[SimpleUploadedFile("b.pdf", same)], actor=boss)
    (his,) = add_files(record=ben, uploads=[SimpleUploadedFile("c.pdf", same)], actor=boss)
    bin_contacts(contact_ids=[maya.pk], actor=boss)
    with month_later, django_capture_on_commit_callbacks(execute=True):
        purge("contact", [maya], boss)
    assert Attachment.objects.get() == his
    assert not blobs.is_there(hers.sha256) and blobs.is_there(his.sha256)


def test_people_and_deals_of_a_purged_company_stay(boss, admin, pipeline, month_later):
    firm = create_company(values={"name": "Atlas", "domains": ["atlas.example"], "owner_id": boss.id}, actor=boss)
    maya = person(boss, "Maya", company_id=firm.pk)
    deal = create_deal(title="Rollout", owner=admin, company=firm, contacts=[(maya.pk, "")], actor=boss)
    note = log_activity(row=ActivityRow(type="note", body="Met", company_id=firm.pk), actor=boss)
    bin_companies(company_ids=[firm.pk], actor=boss)
    with month_later:
        done = purge("company", [firm], boss)
    assert (done.count, dict(done.along)) == (1, {"activity": 1})
    assert not Company.objects.exists() and not Activity.objects.filter(pk=note.pk).exists()
    maya.refresh_from_db()
    deal.refresh_from_db()
    assert maya.company is None and deal.company is None and deal.binned_at is None


def numbers():
    """What past numbers are made of: each deal's columns of figures, the sums by stage, all visits."""
    return (
        list(Deal.objects.order_by("pk").values("pk", *NUMBERS)),
        list(Deal.objects.order_by("stage").values("stage", "currency").annotate(n=Count("pk"), sum=Sum("amount"))),
        list(StageChange.objects.order_by("pk").values()),
    )


def test_a_purged_deal_leaves_a_shell_that_past_numbers_stand_on(boss, admin, pipeline, month_later, client_of):
    firm = create_company(values={"name": "Atlas", "owner_id": boss.id}, actor=boss)
    maya = person(boss, "Maya", company_id=firm.pk)
    values = {"owner": admin, "company": firm, "contacts": [(maya.pk, "")], "currency": "USD", "actor": boss}
    won = create_deal(title="Won one", amount=Decimal(84_000), source="Fair", **values)
    move_deal(deal_id=won.pk, to_stage=pipeline.stages.get(kind_of="won"), actor=boss)
    lost = create_deal(title="Lost one", amount=Decimal(10), **values)
    reason = LostReason.objects.get(name="Price")
    to = pipeline.stages.get(kind_of="lost")
    move_deal(deal_id=lost.pk, to_stage=to, lost_reason=reason, lost_comment="Too dear for Maya", actor=boss)
    edit_deal(deal_id=won.pk, values={"description": "Secret", "tags": ["vip"]}, actor=boss)
    create_task(row=TaskRow(title="Only the deal's", assignee_id=boss.id, deal_id=lost.pk), actor=boss)
    with changeset(boss, "test.links"):
        Task.objects.update(company=None, contact=None)
    bin_deals(deal_ids=[won.pk, lost.pk], actor=boss)
    before = numbers()
    with month_later:
        done = purge("deal", [won, lost], boss)
    assert (done.count, done.along["task"]) == (2, 1)
    assert numbers() == before
    shell = Deal.objects.get(pk=won.pk)
    assert shell.purged_at and (shell.title, shell.description, shell.tags, shell.company) == ("[purged]", "", [], None)
    assert not DealContact.objects.exists() and not Activity.objects.filter(deal__isnull=False).exists()
    assert not Deal.objects.live().exists() and not Deal.objects.binned().exists()
    client = client_of(admin)
    assert client.get(f"/deals/{won.pk}/").status_code == 404
    assert "[purged]" not in client.get("/deals/bin/").content.decode()
    with pytest.raises(Deal.DoesNotExist):
        restore_deals(deal_ids=[won.pk], actor=boss)


def test_undo_of_what_came_before_leaves_purged_records_out_and_says_so(boss, admin, pipeline, month_later):
    firm = create_company(values={"name": "Atlas", "owner_id": boss.id}, actor=boss)
    other = create_company(values={"name": "Other", "owner_id": boss.id}, actor=boss)
    maya, ben = person(boss, "Maya", company_id=firm.pk), person(boss, "Ben", company_id=firm.pk)
    deal = create_deal(title="Rollout", owner=admin, actor=boss)
    one = boss.last_change
    edit_deal(deal_id=deal.pk, values={"title": "New"}, actor=boss)
    edit_contact(contact_id=ben.pk, values={"company_id": other.pk, "job_title": "CFO"}, actor=boss)
    moved = boss.last_change
    bin_deals(deal_ids=[deal.pk], actor=boss)
    binned = boss.last_change
    bin_companies(company_ids=[firm.pk], actor=boss)
    bin_contacts(contact_ids=[maya.pk, ben.pk], actor=boss)
    people = boss.last_change
    with month_later:
        for kind, record in (("deal", deal), ("company", firm), ("contact", maya)):
            purge(kind, [record], boss)
        purged = boss.last_change
        with pytest.raises(Refused, match="gone for good"):
            undo(changeset_id=purged, actor=boss)
        with pytest.raises(Conflict):
            undo(changeset_id=people, actor=boss)
        assert len(preview(changeset_id=people, actor=boss).conflicts) == 1
        result = undo(changeset_id=people, actor=boss, force=True)
        assert why(result) == {"Purged for good: it does not come back."} and result.restored >= 1
        assert list(Contact.objects.live()) == [ben]
        result = undo(changeset_id=moved, actor=boss, force=True, chosen=["*"])
        assert why(result) == {"What it was linked to has been purged for good."}
        ben.refresh_from_db()
        assert (ben.job_title, ben.company_id) == ("", other.pk), "the rest is put back"
        for change in (binned, one):
            assert why(undo(changeset_id=change, actor=boss, force=True)) == {"Purged for good: it does not come back."}
        shell = Deal.objects.get(pk=deal.pk)
        assert shell.title == "[purged]" and shell.binned_at and StageChange.objects.filter(deal=deal).count() == 1


def test_undo_of_a_merge_of_purged_records_does_nothing_but_say_so(boss, month_later):
    maya, twin = person(boss, "Maya"), person(boss, "Maia", emails=["m@atlas.example"])
    task = create_task(row=TaskRow(title="Call", assignee_id=boss.id, contact_id=twin.pk), actor=boss)
    firm = create_company(values={"name": "Atlas", "owner_id": boss.id}, actor=boss)
    with changeset(boss, "test.links"):
        Task.objects.filter(pk=task.pk).update(company=firm)
    merge_contacts(survivor_id=maya.pk, loser_id=twin.pk, actor=boss)
    merged = boss.last_change
    bin_contacts(contact_ids=[maya.pk], actor=boss)
    with month_later:
        purge("contact", [maya], boss)
        result = undo(changeset_id=merged, actor=boss, force=True)
    assert "Purged for good: it does not come back." in why(result)
    assert not Contact.objects.exists() and Task.objects.get().contact is None


def test_an_interrupted_run_goes_on_and_the_result_says_what_went(boss, admin, client_of, month_later, monkeypatch):
    records = [person(boss, f"P{n}") for n in range(5)]
    firm = create_company(values={"name": "Atlas", "owner_id": boss.id}, actor=boss)
    bin_contacts(contact_ids=[each.pk for each in records], actor=boss)
    bin_companies(company_ids=[firm.pk], actor=boss)
    with month_later:
        assert offer_purge() == 6 and offer_purge() == 6
        assert Notification.objects.get(topic="purge_offer").user == admin, "told once a month"
        client = client_of(admin)
        page = client.get("/settings/bin/").content.decode()
        assert "6 records have been in the bin" in page
        wrong = client.post("/settings/bin/purge/all/", {"confirm": "5"})
        assert wrong.status_code == 422 and "Type 6 to confirm" in wrong.content.decode()
        assert client.get("/settings/bin/purge/nothing/").status_code == 404
        client.post("/settings/bin/purge/all/", {"confirm": "6"})
        run = PurgeRun.objects.get()
        held = services.keep_lease
        monkeypatch.setattr(services, "keep_lease", _die_at(2, held))
        with pytest.raises(Killed):
            services.perform(run, batch=2)
        monkeypatch.setattr(services, "keep_lease", held)
        run.refresh_from_db()
        assert (run.rows_done, Contact.objects.count()) == (2, 3), "half a batch is no batch"
        PurgeRun.objects.update(leased_until=None)
        client.post(f"/settings/bin/runs/{run.pk}/stop/")
        client.post(f"/settings/bin/runs/{run.pk}/resume/")
        runs.work_on(services.WORK, run.pk)
        run.refresh_from_db()
        assert (run.state, run.rows_done) == ("done", 6)
        assert run.counts["purged"] == {"contact": 5, "company": 1}
        assert not Contact.objects.exists() and not Company.objects.exists()
        text = client.get(f"/settings/bin/runs/{run.pk}/").content.decode()
        assert "6 records purged for good" in text and "5 contacts, 1 company" in text
        audit = client.get(f"/audit/{run.changeset_id}/").content.decode()
        assert "Undo all of it" not in audit
    assert ChangeSet.objects.filter(command="records.purge").count() == 1
    assert Notification.objects.filter(topic="purge_done", record_id=run.pk).exists()


def _die_at(call, real):
    calls = []

    def keep(*args, **values):
        calls.append(1)
        if len(calls) == call:
            raise Killed
        return real(*args, **values)

    return keep


def test_a_subsidiary_of_a_purged_company_stays(boss, month_later):
    firm = create_company(values={"name": "Atlas", "owner_id": boss.id}, actor=boss)
    below = create_company(values={"name": "Below", "owner_id": boss.id}, actor=boss)
    bin_companies(company_ids=[firm.pk], actor=boss)
    edit_company(company_id=below.pk, values={"name": "Still below"}, actor=boss)
    with month_later:
        purge("company", [firm], boss)
    assert Company.objects.get() == below
