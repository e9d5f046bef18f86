"""The timeline: what is written by whom, what it shows to whom (U3), and what it costs (R7)."""

import datetime as dt

import pytest
from django.utils import timezone

from activities.models import Activity
from activities.services.recording import ActivityRow, log_activities, log_activity
from activities.services.task_changes import complete_task
from activities.services.tasks import TaskRow, create_task
from activities.timeline import PAGE, Timeline
from contacts.services.contacts import create_contact
from contacts.services.leads import assign_owner
from crm.kernel.core.changes import Actor, changeset
from deals.models import LostReason, StageChange
from deals.services import bin_deal, close_deal, move_deal, restore_deal


def entries(record, actor, **options):
    return Timeline(record, actor, **options).page


def systems(record, actor):
    return [entry.system for entry in entries(record, actor) if entry.system]


def test_each_stage_change_has_exactly_one_entry(as_rep, deal, maya, company):
    stages = list(deal.pipeline.stages.order_by("position"))
    for stage in (stages[1], stages[2], stages[4]):
        move_deal(deal_id=deal.pk, to_stage=stage, actor=as_rep)
    changes = StageChange.objects.for_deal(deal)
    assert Activity.objects.filter(stage_change__in=changes).count() == changes.count() == 4
    for record in (deal, maya, company):
        assert systems(record, as_rep)[:4] == ["deal_won", "stage_changed", "stage_changed", "deal_created"]


def test_kinds_not_names_say_won_lost_and_reopened_p2(as_rep, deal):
    reason = LostReason.objects.first()
    close_deal(deal_id=deal.pk, won=False, lost_reason=reason, actor=as_rep)
    move_deal(deal_id=deal.pk, to_stage=deal.pipeline.stages.order_by("position")[0], actor=as_rep)
    assert systems(deal, as_rep)[:2] == ["deal_reopened", "deal_lost"]


def test_a_loss_names_its_reason(as_rep, deal, client_of, rep):
    reason = LostReason.objects.first()
    close_deal(deal_id=deal.pk, won=False, lost_reason=reason, actor=as_rep)
    assert Activity.objects.get(system="deal_lost").data == {"reason": reason.name}
    page = client_of(rep).get(f"/deals/{deal.pk}/").content.decode()
    assert f'<span class="badge" data-tone="bad">{reason.name}</span>' in page.partition("marked the deal as lost")[2]


def test_bin_restore_owner_and_tasks_are_told(as_rep, manager, mate, deal):
    bin_deal(deal_id=deal.pk, actor=as_rep)
    restore_deal(deal_id=deal.pk, actor=as_rep)
    task = create_task(row=TaskRow(title="Send terms", deal_id=deal.pk), actor=as_rep)
    complete_task(task_id=task.pk, actor=as_rep)
    assert systems(deal, as_rep)[:3] == ["task_done", "restored", "binned"]


def test_a_new_owner_is_told_by_name(as_rep, rep, mate, maya):
    assign_owner(kind="contact", record_ids=[maya.pk], owner=mate, actor=as_rep)
    entry = Activity.objects.get(system="owner_changed")
    assert entry.data == {"from": rep.name, "to": mate.name}


def test_a_company_rolls_up_what_was_stamped_with_it(as_rep, maya, henrik, company):
    for person in (maya, henrik):
        log_activity(row=ActivityRow(type="note", body=person.first_name, contact_ids=(person.pk,)), actor=as_rep)
    assert {entry.body for entry in entries(company, as_rep, shown="note")} == {"Maya", "Henrik"}


def test_who_sees_the_record_sees_its_activities_but_no_hidden_names_u3(
    as_rep, rep, stranger, maya, company, make_deal
):
    hidden = create_contact(
        values={"first_name": "Hidden", "last_name": "Person", "owner_id": stranger.pk}, actor=Actor.of(stranger)
    )
    deal = make_deal("Theirs", owner=stranger)
    note = log_activity(row=ActivityRow(type="note", body="x", contact_ids=(maya.pk,)), actor=as_rep)
    with changeset(Actor.system("test data"), "test.links"):
        note.contact_links.create(contact=hidden, at=note.at)
        Activity.objects.filter(pk=note.pk).update(deal=deal)
    (entry,) = entries(maya, as_rep, shown="note")
    assert entry.people == [(maya.pk, maya.name)]
    assert not as_rep.scope("deal", "view").covers(entry.deal_owner_id)
    stranger_sees = entries(company, Actor.of(stranger), shown="note")
    assert [each.people for each in stranger_sees] == [[(hidden.pk, "Hidden Person")]]


def test_a_company_hides_what_hangs_on_hidden_contacts_u3(as_rep, stranger, admin, maya, company):
    log_activity(row=ActivityRow(type="note", body="x", contact_ids=(maya.pk,)), actor=as_rep)
    alone = log_activity(row=ActivityRow(type="note", body="all", company_id=company.pk), actor=as_rep)
    assert [entry.pk for entry in entries(company, Actor.of(stranger), shown="note")] == [alone.pk]
    assert len(entries(company, Actor.of(admin), shown="note")) == 2


def test_pages_hold_everything_once_also_at_one_moment(as_rep, maya):
    at = timezone.now() - dt.timedelta(days=1)
    rows = [ActivityRow(type="note", body=f"{n}", at=at, contact_ids=(maya.pk,)) for n in range(2 * PAGE + 7)]
    made = {note.pk for note in log_activities(rows=rows, actor=as_rep)}
    seen, before = [], ""
    while True:
        page = Timeline(maya, as_rep, shown="note", before=before)
        seen += [entry.pk for entry in page.page]
        if not (before := page.next):
            break
    assert len(seen) == len(set(seen)) == len(made)
    assert set(seen) == made


@pytest.mark.parametrize("cursor", ["x", "%%%", "MjAyNi0xMS0yM3x4", "é"])
def test_a_broken_cursor_shows_the_first_page(as_rep, maya, cursor):
    log_activity(row=ActivityRow(type="note", body="x", contact_ids=(maya.pk,)), actor=as_rep)
    assert len(entries(maya, as_rep, shown="note", before=cursor)) == 1


def test_planned_and_pinned_stand_apart(as_rep, maya):
    soon = timezone.now() + dt.timedelta(days=1)
    log_activity(row=ActivityRow(type="call", done=False, scheduled_at=soon, contact_ids=(maya.pk,)), actor=as_rep)
    log_activity(row=ActivityRow(type="note", body="x", pinned=True, contact_ids=(maya.pk,)), actor=as_rep)
    timeline = Timeline(maya, as_rep)
    assert ([e.type for e in timeline.planned], [e.type for e in timeline.pinned]) == (["call"], ["note"])
    assert "call" not in [entry.type for entry in timeline.page]


def test_undo_is_offered_for_ones_own_recent_commands_only(as_rep, rep, manager, maya):
    log_activity(row=ActivityRow(type="note", body="x", contact_ids=(maya.pk,)), actor=as_rep)
    (mine,) = entries(maya, as_rep, shown="note")
    (theirs,) = entries(maya, Actor.of(manager), shown="note")
    assert mine.change == as_rep.last_change
    assert theirs.change is None


@pytest.mark.parametrize("kind", ["maya", "deal", "company"])
def test_the_number_of_statements_is_the_same_at_3_and_at_300(
    kind, as_rep, maya, henrik, deal, company, request, client_of, rep, django_assert_num_queries
):
    record = request.getfixturevalue(kind)

    def read() -> None:
        timeline = Timeline(record, as_rep)
        assert timeline.page
        assert timeline.counts
        assert timeline.planned is not None
        assert timeline.contacts or timeline.deals is not None

    rows = [ActivityRow(type="note", body=f"{n}", contact_ids=(maya.pk, henrik.pk)) for n in range(3)]
    log_activities(rows=rows, actor=as_rep)
    expected = 3 if kind == "deal" else 2
    as_rep.user.team_ids  # noqa: B018  read once per request, by whatever asks first
    with django_assert_num_queries(expected + (kind == "company")):
        read()
    rows = [ActivityRow(type="note", body=f"{n}", contact_ids=(maya.pk, henrik.pk)) for n in range(300)]
    log_activities(rows=rows, actor=as_rep)
    with django_assert_num_queries(expected + (kind == "company")):
        read()
