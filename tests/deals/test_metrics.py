"""Numbers (N1, P5-P8): rounding, rates, the mark "gone quiet"; each agrees with its twin in Python."""

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crm.kernel.core.changes import Actor, changeset
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.idle import idle_of
from deals.metrics import stage_totals
from deals.models import Deal, Stage
from deals.services import NewDeal, close_deal, create_deal, create_deals, edit_deal

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=3)


@given(amount=AMOUNTS, percent=st.integers(0, 100), places=st.sampled_from([0, 2, 3]))
@example(amount=Decimal("12.5"), percent=1, places=2)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.django_db
def test_weighted_values_are_rounded_half_even(amount, percent, places):
    value = amount * percent / 100
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_round_half_even(%s::numeric * %s / 100, %s)", [amount, percent, places])
        found = cursor.fetchone()[0]
    assert found == value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def test_totals_round_each_deal_before_the_sum(as_rep, rep, stages):
    create_deals(actor=as_rep, rows=[NewDeal(title=str(n), owner=rep, amount=Decimal("0.05")) for n in range(3)])
    total = stage_totals(Deal.objects.all(), Stage.objects.all())[stages[0].pk]
    # 10 % of 0.05 is 0.005: to even that is 0.00 each
    assert (total.count, total.amount, total.weighted) == (3, Decimal("0.15"), Decimal(0))


def test_own_probability_counts_until_the_deal_is_closed(as_rep, rep, deal, stages, won):
    edit_deal(deal_id=deal.pk, values={"probability": 60}, actor=as_rep)
    assert stage_totals(Deal.objects.all(), Stage.objects.all())[stages[0].pk].weighted == Decimal(88_800)
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    total = stage_totals(Deal.objects.all(), Stage.objects.all())[won.pk]
    assert (total.amount, total.weighted) == (Decimal(148_000), Decimal(0))  # weighted is of open deals only


def test_other_currencies_are_converted_and_those_without_a_rate_shown_apart(as_rep, rep, stages, workspace, system):
    today = workspace.today()
    with changeset(system, "test.rates"):
        for day, rate in ((today - dt.timedelta(days=30), "2"), (today - dt.timedelta(days=1), "1.5")):
            ExchangeRate.objects.create(currency="EUR", day=day, rate=Decimal(rate))
    Workspace.forget()
    create_deals(
        actor=as_rep,
        rows=[
            NewDeal(title="EUR", owner=rep, amount=Decimal(100), currency="EUR"),
            NewDeal(title="XXX", owner=rep, amount=Decimal(999), currency="XXX"),
            NewDeal(title="Nothing", owner=rep),
        ],
    )
    total = stage_totals(Deal.objects.all(), Stage.objects.all())[stages[0].pk]
    assert (total.count, total.amount, total.weighted, total.without_rate) == (3, Decimal(150), Decimal(15), 1)


def test_a_closed_deal_keeps_the_rate_of_its_day(rep, stages, won, workspace, system):
    today = workspace.today()
    with changeset(system, "test.rates"):
        ExchangeRate.objects.create(currency="EUR", day=today - dt.timedelta(days=30), rate=Decimal(2))
        ExchangeRate.objects.create(currency="EUR", day=today, rate=Decimal(1))
    Workspace.forget()
    create_deal(
        actor=system, title="EUR", owner=rep, amount=Decimal(100), currency="EUR", stage=won,
        created_at=workspace.noon(today - dt.timedelta(days=20)), closed_on=today - dt.timedelta(days=10),
    )  # fmt: skip
    assert stage_totals(Deal.objects.all(), Stage.objects.all())[won.pk].amount == Decimal(200)


DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"created_at": -13}, 0),
        ({"created_at": -15}, 1),
        ({"created_at": -29}, 2),
        ({"created_at": -40, "last_activity_at": -3}, 0),
        ({"created_at": -40, "last_activity_at": -15}, 1),
        ({"created_at": -15, "snoozed_until": 2}, 0),
        ({"created_at": -15, "snoozed_until": 0}, 1),
        ({"created_at": -15, "next_step": 5}, 0),
        ({"created_at": -15, "next_step": -2}, 1),
        ({"created_at": -15, "next_step": 28}, 0),
        ({"created_at": -15, "next_step": 29}, 1),
    ],
)
def test_gone_quiet_says_the_same_of_a_row_and_in_sql(deal, stages, workspace, system, values, level):
    now = timezone.now()
    columns = {name: now + days * DAY for name, days in values.items() if name in ("created_at", "last_activity_at")}
    if "snoozed_until" in values:
        columns["snoozed_until"] = workspace.today() + values["snoozed_until"] * DAY
    if "next_step" in values:
        columns["next_step_due"] = workspace.today() + values["next_step"] * DAY
        columns["next_step_at"] = workspace.noon(columns["next_step_due"] + DAY)
        columns["next_step_type"] = "call"
    with changeset(system, "test.clock"):
        Deal.objects.filter(pk=deal.pk).update(**columns)
    deal.refresh_from_db()
    names = ("last_activity_at", "created_at", "next_step_at", "next_step_due", "snoozed_until")
    row = idle_of(idle_days=stages[0].idle_days, now=now, **{name: getattr(deal, name) for name in names})
    assert row.level == level
    assert Deal.objects.gone_quiet(now).exists() is bool(level)


def test_closed_deals_never_go_quiet(deal, as_rep, system):
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    with changeset(system, "test.clock"):
        Deal.objects.update(created_at=timezone.now() - 90 * DAY)
    assert not Deal.objects.gone_quiet().exists()


def test_actor_of_a_person_marks_work(deal, manager, system):
    edit_deal(deal_id=deal.pk, values={"source": "Fair"}, actor=Actor.of(manager))
    deal.refresh_from_db()
    worked = deal.last_worked_at
    edit_deal(deal_id=deal.pk, values={"source": "Web"}, actor=system)
    deal.refresh_from_db()
    assert deal.last_worked_at == worked
