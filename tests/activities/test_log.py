"""Writing activities down: links, deal and company of then (R2, R5), rights (U2, U3), refusals."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from activities.models import Activity, ActivityContact, ActivityMention
from activities.services.recording import ActivityRow, log_activities, log_activity
from contacts.models import Contact
from contacts.services.companies import create_company
from contacts.services.contacts import edit_contact
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.events.models import Event
from deals.models import Deal


def test_an_activity_is_done_now_by_its_author_unless_said_otherwise(as_rep, rep, maya):
    note = log_activity(row=ActivityRow(type="note", body="Hello", contact_ids=(maya.pk,)), actor=as_rep)
    assert note.user_id == rep.pk
    assert abs(note.completed_at - timezone.now()) < dt.timedelta(seconds=10)
    assert note.at == note.completed_at
    assert ActivityContact.objects.get(activity=note).at == note.at


def test_with_exactly_one_open_deal_it_counts_for_that_deal_r5(as_rep, maya, deal):
    call = log_activity(row=ActivityRow(type="call", contact_ids=(maya.pk,)), actor=as_rep)
    assert call.deal_id == deal.pk


def test_with_several_open_deals_none_is_guessed_r5(as_rep, maya, deal, make_deal):
    other = make_deal("Cold store", maya)
    call = log_activity(row=ActivityRow(type="call", contact_ids=(maya.pk,)), actor=as_rep)
    assert call.deal_id is None
    named = log_activity(row=ActivityRow(type="call", contact_ids=(maya.pk,), deal_id=other.pk), actor=as_rep)
    assert named.deal_id == other.pk


def test_saying_no_deal_is_respected(as_rep, maya, deal):
    row = ActivityRow(type="call", contact_ids=(maya.pk,), infer_deal=False)
    assert log_activity(row=row, actor=as_rep).deal_id is None


def test_it_is_stamped_with_the_company_of_the_contact_r2(as_rep, maya, company):
    assert log_activity(row=ActivityRow(type="note", contact_ids=(maya.pk,)), actor=as_rep).company_id == company.pk


def test_a_change_of_employer_moves_nothing_of_the_past_r2(as_rep, rep, maya, company):
    before = log_activity(row=ActivityRow(type="note", contact_ids=(maya.pk,)), actor=as_rep)
    moment = timezone.now()
    other = create_company(values={"name": "Kestrel Freight", "owner_id": rep.pk}, actor=as_rep)
    edit_contact(contact_id=maya.pk, values={"company_id": other.pk}, actor=as_rep)
    before.refresh_from_db()
    assert before.company_id == company.pk
    now = log_activity(row=ActivityRow(type="note", contact_ids=(maya.pk,)), actor=as_rep)
    assert now.company_id == other.pk
    from activities.services import links

    then = links._companies_then([(0, maya.pk, moment - links.RECENT), (1, maya.pk, None)])
    assert then == {0: company.pk, 1: other.pk}


def test_past_companies_are_read_from_history_not_from_today(as_rep, rep, maya, company):
    other = create_company(values={"name": "Kestrel Freight", "owner_id": rep.pk}, actor=as_rep)
    edit_contact(contact_id=maya.pk, values={"company_id": other.pk}, actor=as_rep)
    long_ago = timezone.now() - dt.timedelta(days=300)
    call = log_activity(row=ActivityRow(type="call", contact_ids=(maya.pk,), at=long_ago), actor=as_rep)
    assert call.company_id == company.pk  # before the first recorded value the first one holds (N8)


def test_a_deals_company_is_taken_where_there_is_no_contact(as_rep, deal, company):
    assert log_activity(row=ActivityRow(type="note", deal_id=deal.pk), actor=as_rep).company_id == company.pk


def test_planned_ones_are_not_done_and_stand_at_their_time(as_rep, maya):
    at = timezone.now() + dt.timedelta(days=2)
    meeting = log_activity(
        row=ActivityRow(type="meeting", done=False, scheduled_at=at, contact_ids=(maya.pk,)), actor=as_rep
    )
    assert (meeting.completed_at, meeting.at, meeting.scheduled_at) == (None, at, at)


def test_an_all_day_meeting_is_a_date_at_noon_of_the_workspace_r1(as_rep, workspace, maya):
    day = timezone.localdate() + dt.timedelta(days=3)
    meeting = log_activity(row=ActivityRow(type="meeting", done=False, scheduled_on=day), actor=as_rep)
    assert (meeting.scheduled_on, meeting.scheduled_at) == (day, None)
    assert meeting.at == workspace.noon(day)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"type": "note", "done": False, "scheduled_at": timezone.now()}, "cannot be planned"),
        ({"type": "call", "done": False}, "when"),
        ({"type": "call", "at": timezone.now() + dt.timedelta(days=1)}, "yet to come"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(as_rep, values, words):
    with pytest.raises(Refused, match=words):
        log_activity(row=ActivityRow(**values), actor=as_rep)
    assert not Activity.objects.filter(type__in=("note", "call")).exists()


def test_a_stranger_may_not_write_on_what_they_cannot_see_u3(stranger, maya, deal):
    for row, missing in (
        (ActivityRow(type="note", contact_ids=(maya.pk,)), Contact),
        (ActivityRow(type="note", deal_id=deal.pk), Deal),
    ):
        with pytest.raises(missing.DoesNotExist):
            log_activity(row=row, actor=Actor.of(stranger))


def test_a_viewer_writes_nothing_u2(viewer, maya):
    with pytest.raises(PermissionDenied):
        log_activity(row=ActivityRow(type="note", contact_ids=(maya.pk,)), actor=Actor.of(viewer))


def test_a_rep_writes_no_activities_of_others_a_manager_those_of_the_team(rep, mate, manager, maya):
    row = ActivityRow(type="call", contact_ids=(maya.pk,), user_id=mate.pk)
    with pytest.raises(PermissionDenied):
        log_activity(row=row, actor=Actor.of(rep))
    row = ActivityRow(type="call", contact_ids=(maya.pk,), user_id=mate.pk)
    assert log_activity(row=row, actor=Actor.of(manager)).user_id == mate.pk


def test_a_hidden_deal_is_not_inferred_u3(as_rep, rep, stranger, maya, make_deal):
    make_deal("Hidden", maya, owner=stranger)
    assert log_activity(row=ActivityRow(type="call", contact_ids=(maya.pk,)), actor=as_rep).deal_id is None


def test_many_cost_the_same_number_of_statements_as_one(as_rep, maya, henrik, deal, django_assert_max_num_queries):
    rows = [ActivityRow(type="note", body=f"{n}", contact_ids=(maya.pk, henrik.pk)) for n in range(60)]
    with django_assert_max_num_queries(20):
        log_activities(rows=rows, actor=as_rep)
    assert Activity.objects.filter(type="note").count() == 60
    assert Event.objects.filter(name="activity.logged").count() == 60


def test_mentions_are_the_full_names_of_active_people_the_longest_first(as_rep, rep, mate, manager, maya):
    body = f"Ask @{mate.name}, not @Nobody Here, and @{manager.name.upper()}."
    note = log_activity(row=ActivityRow(type="note", body=body, contact_ids=(maya.pk,)), actor=as_rep)
    assert set(ActivityMention.objects.filter(activity=note).values_list("user_id", flat=True)) == {mate.pk, manager.pk}
    (event,) = Event.objects.filter(name="activity.mentioned")
    assert set(event.data["user_ids"]) == {str(mate.pk), str(manager.pk)}
