"""Making, copying and editing deals; their people; the bin (P0, P3, P7, R8, U3, U4)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from contacts.models import Contact
from contacts.services import bin_companies
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Conflict, MissingFields, Refused
from crm.kernel.events.models import Event
from crm.kernel.users.models import User
from deals.models import Deal, DealContact, StageChange
from deals.services import (
    NewDeal,
    add_person,
    bin_deal,
    change_person,
    clone_deal,
    close_deal,
    create_deal,
    create_deals,
    edit_deal,
    remove_person,
    restore_deal,
    snooze_deal,
)
from deals.services.checks import cleaned


def test_a_new_deal_starts_in_the_first_open_stage_with_its_first_visit(as_rep, rep, stages, contact, colleague):
    deal = create_deal(actor=as_rep, title=" New ", owner=rep, contacts=[(contact.pk, "Buyer"), (colleague.pk, "")])
    assert (deal.title, deal.stage, deal.currency, deal.amount) == ("New", stages[0], "USD", None)
    visit = StageChange.objects.get(deal=deal)
    assert (visit.from_stage, visit.to_stage, visit.until, visit.at) == (None, stages[0], None, deal.created_at)
    assert list(deal.people.order_by("id").values_list("contact", "role", "primary")) == [
        (contact.pk, "Buyer", True),
        (colleague.pk, "", False),
    ]
    assert Event.objects.get(name="deal.created").data["contact_ids"] == [str(contact.pk), str(colleague.pk)]
    deal.refresh_from_db()
    assert deal.search_text == "new lena fischer jonas weber"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 300}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal(10) ** 15}, "amount"),
        ({"currency": "dollars"}, "currency"),
        ({"probability": 101}, "probability"),
        ({"forecast_category": "sure"}, "forecast_category"),
        ({"owner": None}, "owner"),
    ],
)
def test_bad_values_are_refused_beside_their_field(as_rep, rep, pipeline, values, field, database_diff):
    with database_diff() as diff, pytest.raises(Refused) as refused:
        create_deal(actor=as_rep, **{"title": "Deal", "owner": rep, **values})
    assert field in refused.value.fields
    assert diff.empty


def test_an_open_deal_needs_an_owner_who_can_log_in(as_rep, rep, pipeline, system):
    with changeset(system, "test.user"):
        imported = User.objects.create(name="Old Agent", state="without_login", role=rep.role)
    with pytest.raises(Refused) as refused:
        create_deal(actor=as_rep, title="Deal", owner=imported)
    assert "owner" in refused.value.fields
    closed = create_deal(
        actor=Actor(kind="import", user=rep), title="Old", owner=imported, closed_on=dt.date(2017, 3, 1),
        created_at=dt.datetime(2017, 1, 1, tzinfo=dt.UTC), stage=pipeline.stages.get(kind_of="won"),
    )  # fmt: skip
    assert closed.owner == imported


def test_viewer_makes_no_deals(viewer, rep, pipeline, database_diff):
    with database_diff() as diff, pytest.raises(PermissionDenied):
        create_deal(actor=Actor.of(viewer), title="Deal", owner=rep)
    assert diff.empty


def test_a_hidden_contact_cannot_be_linked(as_rep, rep, stranger, deal, system):
    with changeset(system, "test.contact"):
        hidden = Contact.objects.create(first_name="Hidden", owner=stranger)
    with pytest.raises(Refused):
        create_deal(actor=as_rep, title="Deal", owner=rep, contacts=[(hidden.pk, "")])
    with pytest.raises(Refused):
        add_person(deal_id=deal.pk, contact_id=hidden.pk, actor=as_rep)


def test_a_stage_that_demands_fields_refuses_a_new_deal_without_them(as_rep, rep, stages, system):
    with changeset(system, "test.stage"):
        stages[1].required_fields = ["amount"]
        stages[1].save()
    with pytest.raises(MissingFields) as missing:
        create_deal(actor=as_rep, title="Deal", owner=rep, stage=stages[1])
    assert missing.value.fields.keys() == {"amount"}


def test_history_from_elsewhere_skips_the_gates_and_keeps_its_dates(rep, stages, workspace):
    actor = Actor(kind="import", user=rep)
    created = workspace.noon(dt.date(2017, 1, 5))
    rows = [
        NewDeal(title="Won", owner=rep, stage=stages[-2], created_at=created, closed_on=dt.date(2017, 3, 1)),
        NewDeal(title="Lost", owner=rep, stage=stages[-1], created_at=created, closed_on=dt.date(2017, 1, 5)),
    ]
    won, lost = create_deals(rows=rows, actor=actor)
    assert won.closed_at == workspace.noon(dt.date(2017, 3, 1))
    assert lost.lost_reason.name == "Not recorded (import)"
    for deal in (won, lost):
        first, second = StageChange.objects.for_deal(deal)
        assert first.at == created
        assert first.until == second.at > first.at
        assert second.until is None
    assert Event.objects.filter(name__in=["deal.won", "deal.lost"]).count() == 2


def test_a_copy_is_open_in_the_first_stage_and_belongs_to_who_copies(deal, manager, as_rep, stages, contact):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep, role="Buyer")
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    copy = clone_deal(deal_id=deal.pk, actor=Actor.of(manager))
    assert (copy.stage, copy.owner, copy.amount, copy.company) == (stages[0], manager, deal.amount, deal.company)
    assert copy.closed_at is None
    assert copy.people.get().role == "Buyer"


def test_edits_conflict_field_by_field(deal, as_rep, manager):
    seen = {"title": deal.title, "amount": deal.amount}
    version = deal.version
    edit_deal(deal_id=deal.pk, values={"title": "Theirs"}, actor=Actor.of(manager))
    edit_deal(deal_id=deal.pk, values={"amount": Decimal(5)}, actor=as_rep, version=version, seen=seen)
    with pytest.raises(Conflict) as conflict:
        edit_deal(deal_id=deal.pk, values={"title": "Mine"}, actor=as_rep, version=version, seen=seen)
    assert conflict.value.theirs["fields"] == {"title": {"mine": "Mine", "theirs": "Theirs"}}
    deal.refresh_from_db()
    assert (deal.title, deal.amount) == ("Theirs", Decimal(5))


def test_an_edit_that_changes_nothing_leaves_no_trace(deal, as_rep, database_diff):
    with database_diff() as diff:
        edit_deal(deal_id=deal.pk, values={"title": deal.title, "amount": deal.amount}, actor=as_rep)
    assert diff.empty


def test_changing_the_currency_keeps_the_number_and_asks_first(deal, as_rep):
    with pytest.raises(Refused) as refused:
        edit_deal(deal_id=deal.pk, values={"currency": "EUR"}, actor=as_rep)
    assert "currency" in refused.value.fields
    edit_deal(deal_id=deal.pk, values={"currency": "EUR"}, actor=as_rep, confirm_currency=True)
    deal.refresh_from_db()
    assert (deal.amount, deal.currency) == (Decimal(148_000), "EUR")


def test_what_a_closed_deal_may_not_have(deal, as_rep, lost):
    with pytest.raises(Refused):
        edit_deal(deal_id=deal.pk, values={"closed_on": dt.date(2026, 1, 1)}, actor=as_rep)
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    for values in ({"probability": 50}, {"closed_on": None}, {"lost_comment": "x", "lost_reason": None, "stage": lost}):
        with pytest.raises(Refused):
            edit_deal(deal_id=deal.pk, values=values, actor=as_rep)


def test_one_person_is_primary(deal, as_rep, contact, colleague):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    add_person(deal_id=deal.pk, contact_id=colleague.pk, actor=as_rep, role="Champion", primary=True)
    assert DealContact.objects.get(primary=True).contact == colleague
    change_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep, primary=True)
    remove_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    assert DealContact.objects.get().primary
    deal.refresh_from_db()
    assert "jonas" in deal.search_text
    assert "lena" not in deal.search_text


def test_bin_and_restore(deal, as_rep, mate, contact):
    add_person(deal_id=deal.pk, contact_id=contact.pk, actor=as_rep)
    with pytest.raises(PermissionDenied):
        bin_deal(deal_id=deal.pk, actor=Actor.of(mate))
    bin_deal(deal_id=deal.pk, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == "lead"
    assert not Deal.objects.live().exists()
    restore_deal(deal_id=deal.pk, actor=as_rep)
    contact.refresh_from_db()
    assert contact.lifecycle == "opportunity"


def test_binning_a_won_deal_needs_the_right_to_date_back(deal, as_rep, admin, database_diff):
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    with database_diff() as diff, pytest.raises(PermissionDenied):
        bin_deal(deal_id=deal.pk, actor=as_rep)
    assert diff.empty
    bin_deal(deal_id=deal.pk, actor=Actor.of(admin))
    assert Event.objects.get(name="deal.binned").data["restated"] is True


def test_deals_of_a_binned_company_stay_and_lose_the_link(deal, company, admin):
    bin_companies(company_ids=[company.pk], actor=Actor.of(admin))
    deal.refresh_from_db()
    assert deal.company is None
    assert deal.binned_at is None


def test_snooze_is_until_a_day_to_come(deal, as_rep, workspace):
    with pytest.raises(Refused):
        snooze_deal(deal_id=deal.pk, until=workspace.today(), actor=as_rep)
    snooze_deal(deal_id=deal.pk, until=workspace.today() + dt.timedelta(days=3), actor=as_rep)
    deal.refresh_from_db()
    assert deal.snoozed_until == workspace.today() + dt.timedelta(days=3)


@pytest.mark.parametrize("typed", ["abc", "12 apples", "1e9x"])
def test_what_is_no_number_is_refused_in_the_words_of_every_other_door(typed):
    with pytest.raises(Refused) as refused:
        cleaned({"amount": typed})
    assert refused.value.fields == {"amount": "Type a number, such as 48,000."}
