"""Stage moves (P3-P5, P9)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from contacts.models import Lifecycle
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, MissingFields, Refused
from crm.kernel.events.models import Event
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, Pipeline, Stage, StageChange
from deals.services import (
    add_person,
    change_pipeline,
    close_deal,
    create_deal,
    edit_deal,
    move_deal,
    reopen_deal,
)


def test_move_sets_the_stage_and_writes_one_visit(deal, as_rep, stages):
    moved = move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep, version=deal.version)
    deal.refresh_from_db()
    first, second = StageChange.objects.for_deal(deal)
    assert deal.stage == stages[1]
    assert moved.stage == stages[1]
    assert first.until == second.at == deal.stage_entered_at
    assert second.until is None
    assert (second.from_stage, second.to_stage, second.user) == (stages[0], stages[1], as_rep.user)
    assert (second.owner_id, second.team_id, second.amount, second.probability) == (
        deal.owner_id, deal.owner.team_id, Decimal(148_000), 25,
    )  # fmt: skip
    assert deal.version == 2 == deal.stage_version
    assert list(Event.objects.filter(subject_id=deal.pk).order_by("id").values_list("name", flat=True)) == [
        "deal.created",
        "deal.stage_changed",
    ]


def test_moving_to_the_present_stage_changes_and_logs_nothing(deal, as_rep, stages, database_diff):
    with database_diff() as diff:
        move_deal(deal_id=deal.pk, to_stage=stages[0], actor=as_rep, version=deal.version)
    assert diff.empty


def test_stranger_does_not_find_the_deal(deal, stranger, stages, database_diff):
    with database_diff() as diff, pytest.raises(Deal.DoesNotExist):
        move_deal(deal_id=deal.pk, to_stage=stages[1], actor=Actor.of(stranger))
    assert diff.empty


@pytest.mark.parametrize("who", ["mate", "viewer"])
def test_who_sees_but_may_not_edit_is_refused(deal, who, stages, request, database_diff):
    person = request.getfixturevalue(who)
    with database_diff() as diff, pytest.raises(PermissionDenied):
        move_deal(deal_id=deal.pk, to_stage=stages[1], actor=Actor.of(person))
    assert diff.empty


def test_manager_may_move_a_team_members_deal(deal, manager, stages):
    assert move_deal(deal_id=deal.pk, to_stage=stages[1], actor=Actor.of(manager)).stage == stages[1]


def test_conflict_says_who_moved_it_and_where(deal, as_rep, manager, stages, database_diff):
    seen = deal.version
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=Actor.of(manager), version=seen)
    with database_diff() as diff, pytest.raises(Conflict) as conflict:
        move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep, version=seen)
    assert conflict.value.theirs["who"] == "Ingrid Solberg"
    assert conflict.value.theirs["stage"] == "Proposal"
    assert diff.empty


def test_conflict_by_the_stage_seen(deal, as_rep, manager, stages):
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=Actor.of(manager))
    with pytest.raises(Conflict):
        move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep, seen_stage=stages[0].pk)


def test_stale_version_refuses_only_if_the_stage_has_changed(deal, as_rep, stages):
    seen = deal.version
    edit_deal(deal_id=deal.pk, values={"title": "Atlas rollout, 140 seats"}, actor=as_rep)
    assert move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep, version=seen).stage == stages[1]


def test_stage_demands_fields(deal, as_rep, stages, system, database_diff):
    with changeset(system, "test.stage"):
        stages[2].required_fields = ["expected_close", "contacts", "amount"]
        stages[2].save()
    with database_diff() as diff, pytest.raises(MissingFields) as missing:
        move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep)
    assert missing.value.missing == ["expected_close", "contacts"]
    assert diff.empty


def test_missing_fields_can_be_filled_in_the_move(deal, as_rep, stages, contact, system):
    with changeset(system, "test.stage"):
        stages[2].required_fields = ["expected_close", "contacts"]
        stages[2].save()
    fill = {"expected_close": dt.date(2030, 1, 31), "contacts": contact.pk}
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep, fill=fill)
    deal.refresh_from_db()
    assert deal.stage == stages[2]
    assert deal.expected_close == dt.date(2030, 1, 31)
    assert deal.people.get().primary


def test_lost_needs_a_reason(deal, as_rep, lost, reason, database_diff):
    with database_diff() as diff, pytest.raises(Refused) as refused:
        move_deal(deal_id=deal.pk, to_stage=lost, actor=as_rep)
    assert "lost_reason" in refused.value.fields
    assert diff.empty
    move_deal(deal_id=deal.pk, to_stage=lost, actor=as_rep, lost_reason=reason, lost_comment="Too dear")
    deal.refresh_from_db()
    assert (deal.lost_reason, deal.lost_comment, deal.effective_probability) == (reason, "Too dear", 0)
    assert StageChange.objects.for_deal(deal).last().probability == 0


def test_won_sets_both_dates_and_publishes(deal, as_rep, won, workspace):
    move_deal(deal_id=deal.pk, to_stage=won, actor=as_rep)
    deal.refresh_from_db()
    assert deal.closed_on == workspace.today()
    assert deal.closed_at == deal.stage_entered_at
    assert deal.effective_probability == 100
    assert not deal.is_open
    assert Event.objects.filter(name="deal.won", subject_id=deal.pk).count() == 1


def test_won_is_a_kind_never_a_name(deal, as_rep, won, system):
    with changeset(system, "test.stage"):
        won.name = "Paid"
        won.save()
    move_deal(deal_id=deal.pk, to_stage=won, actor=as_rep)
    assert Deal.objects.won().get() == deal


def test_close_cannot_be_in_the_future_or_before_creation(deal, as_rep, manager, workspace):
    today = workspace.today()
    for day in (today + dt.timedelta(days=1), today - dt.timedelta(days=1)):
        with pytest.raises(Refused) as refused:
            close_deal(deal_id=deal.pk, won=True, actor=Actor.of(manager), closed_on=day)
        assert "closed_on" in refused.value.fields


def test_an_earlier_month_needs_the_right_to_date_back(as_rep, rep, manager, pipeline, system, workspace):
    last_month = workspace.today().replace(day=1) - dt.timedelta(days=1)
    old = create_deal(
        actor=system, title="Old", owner=rep, created_at=workspace.noon(last_month - dt.timedelta(days=5))
    )
    with pytest.raises(PermissionDenied):
        close_deal(deal_id=old.pk, won=True, actor=as_rep, closed_on=last_month)
    close_deal(deal_id=old.pk, won=True, actor=Actor.of(manager), closed_on=last_month)
    assert list(Deal.objects.restated()) == [old]


def test_reopening_clears_the_close_and_returns_to_the_last_open_stage(deal, as_rep, stages, won, reason):
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep)
    close_deal(deal_id=deal.pk, won=False, actor=as_rep, lost_reason=reason, lost_comment="Budget cut")
    reopen_deal(deal_id=deal.pk, actor=as_rep)
    deal.refresh_from_db()
    assert deal.stage == stages[2]
    assert deal.closed_at is None
    assert deal.closed_on is None
    assert deal.lost_reason is None
    assert deal.lost_comment == ""
    assert Event.objects.filter(name="deal.reopened", subject_id=deal.pk).count() == 1


def test_a_move_clears_the_override(deal, as_rep, stages):
    edit_deal(deal_id=deal.pk, values={"probability": 60, "forecast_category": "commit"}, actor=as_rep)
    moved = move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
    deal.refresh_from_db()
    assert deal.probability is None
    assert deal.forecast_category == ""
    assert deal.effective_probability == 25
    assert moved.cleared == (60, "commit")


def test_at_is_later_than_the_last_even_if_clocks_tie(deal, as_rep, stages, won):
    entered = StageChange.objects.for_deal(deal).get().at
    with changeset(as_rep, "test.tie", at=entered):
        move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)
        move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep)
    deal.refresh_from_db()
    begun = [visit.at for visit in StageChange.objects.for_deal(deal)]
    assert begun == sorted(set(begun))
    assert deal.stage_entered_at == begun[-1]


def test_archived_stage_takes_no_deals(deal, as_rep, stages, system):
    with changeset(system, "test.stage"):
        stages[1].archived_at = deal.created_at
        stages[1].save()
    with pytest.raises(Refused):
        move_deal(deal_id=deal.pk, to_stage=stages[1], actor=as_rep)


@pytest.fixture
def renewals(system, pipeline) -> Pipeline:
    """A second pipeline."""
    with changeset(system, "test.pipeline"):
        second = Pipeline.objects.create(name="Renewals", position=1)
        for position, (name, kind, probability) in enumerate(
            [("Due", "open", 50), ("Won", "won", 100), ("Lost", "lost", 0)]
        ):
            Stage.objects.create(pipeline=second, name=name, kind_of=kind, probability=probability, position=position)
    return second


def test_change_of_pipeline_ends_one_visit_and_begins_one_there(deal, as_rep, renewals):
    due = renewals.stages.get(kind_of="open")
    with pytest.raises(Refused):
        move_deal(deal_id=deal.pk, to_stage=due, actor=as_rep)
    change_pipeline(deal_id=deal.pk, to_stage=due, actor=as_rep)
    deal.refresh_from_db()
    before, after = StageChange.objects.for_deal(deal)
    assert deal.pipeline == renewals
    assert before.until == after.at
    assert after.pipeline == renewals


def test_lifecycle_follows_win_loss_and_reopening(deal, as_rep, contact, colleague, won, reason):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == Lifecycle.OPPORTUNITY
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    for person in (contact, colleague):
        person.refresh_from_db()
        assert person.lifecycle == Lifecycle.CUSTOMER  # the company bought: everybody there is a customer
    reopen_deal(deal_id=deal.pk, actor=as_rep)
    contact.refresh_from_db()
    colleague.refresh_from_db()
    assert (contact.lifecycle, colleague.lifecycle) == (Lifecycle.OPPORTUNITY, Lifecycle.LEAD)
    close_deal(deal_id=deal.pk, won=False, actor=as_rep, lost_reason=reason)
    contact.refresh_from_db()
    assert (contact.lifecycle, contact.lead_status) == (Lifecycle.LEAD, "nurturing")


def test_a_new_win_ends_churned(deal, as_rep, contact, system):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    with changeset(system, "test.churn"):
        contact.lifecycle, contact.churned_on = Lifecycle.CHURNED, Workspace.current().today()
        contact.save()
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == Lifecycle.CUSTOMER


def test_other_is_left_alone(deal, as_rep, contact, system):
    with changeset(system, "test.other"):
        contact.lifecycle = Lifecycle.OTHER
        contact.save()
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == Lifecycle.OTHER
