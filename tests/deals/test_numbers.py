"""Every number equals a recount in plain Python from the full tables, to the cent, whatever has happened (N1-N8)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import Deal
from deals.services import (
    add_pipeline,
    bin_deal,
    change_pipeline,
    close_deal,
    create_deal,
    edit_deal,
    move_deal,
    reopen_deal,
    restore_deal,
)

from .check_numbers import check
from .recount import Recount

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["create", "old", "move", "move", "move", "won", "lost", "reopen", "edit", "edit", "owner", "currency", "bin",
             "restore", "undo", "pipeline"]
        ),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    min_size=12,
    max_size=26,
)  # fmt: skip


class Script:
    """Gives commands one after the other and keeps the moments between them."""

    def __init__(self, boss, people, stages, reason, second):
        self.boss, self.people, self.stages, self.reason, self.second = boss, people, stages, reason, second
        self.deals, self.moments = [], []

    def step(self, do: str, which: int, value: int) -> None:
        deal = self.deals[which % len(self.deals)] if self.deals else None
        try:
            with transaction.atomic():
                if do in ("create", "old") or deal is None:
                    self.create(value, old=do == "old")
                else:
                    getattr(self, do)(deal, value)
        except (Refused, ObjectDoesNotExist):
            return  # a command that the rules refuse changes nothing
        self.moments.append(timezone.now())

    def create(self, value, *, old):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=30 * value)
        past = {"created_at": dt.datetime(2026, 1, 5 + value, 12, tzinfo=dt.UTC)} if old else {}
        amount = Decimal(value * 1111) / 7 if value % 4 else None
        made = create_deal(
            actor=self.boss, title=f"Deal {len(self.deals)}", owner=self.people[value % 2],
            amount=None if amount is None else amount.quantize(Decimal("0.01")), expected_close=day if value % 3 else None,
            currency=("USD", "EUR", "ISK")[value % 3], **past,
        )  # fmt: skip
        self.deals.append(made.pk)

    def move(self, deal, value):
        pipeline = Deal.objects.get(pk=deal).pipeline_id
        stages = [each for each in self.stages if each.pipeline_id == pipeline and each.is_open]
        move_deal(deal_id=deal, to_stage=stages[value % len(stages)], actor=self.boss)

    def won(self, deal, value):
        close_deal(deal_id=deal, won=True, actor=self.boss)

    def lost(self, deal, value):
        close_deal(deal_id=deal, won=False, lost_reason=self.reason[value % 2], actor=self.boss)

    def reopen(self, deal, value):
        reopen_deal(deal_id=deal, actor=self.boss)

    def edit(self, deal, value):
        day = dt.date(2026, 11, 1) + dt.timedelta(days=20 * value)
        values = [{"amount": Decimal(value) * 1000}, {"expected_close": day}, {"probability": value * 10}]
        edit_deal(deal_id=deal, values=values[value % 3], actor=self.boss)

    def owner(self, deal, value):
        edit_deal(deal_id=deal, values={"owner": self.people[value % 2]}, actor=self.boss)

    def currency(self, deal, value):
        edit_deal(deal_id=deal, values={"currency": ("USD", "EUR")[value % 2]}, actor=self.boss, confirm_currency=True)

    def bin(self, deal, value):
        bin_deal(deal_id=deal, actor=self.boss)

    def restore(self, deal, value):
        restore_deal(deal_id=deal, actor=self.boss)

    def undo(self, deal, value):
        if self.boss.last_change is not None:
            undo(changeset_id=self.boss.last_change, actor=self.boss)

    def pipeline(self, deal, value):
        change_pipeline(deal_id=deal, to_stage=self.second, actor=self.boss)


@pytest.fixture
def script(admin, rep, mate, stages, pipeline, reason, system):
    with changeset(system, "test.rates"):
        ExchangeRate.objects.create(currency="EUR", day=dt.date(2026, 1, 1), rate=Decimal("1.0837"))
        ExchangeRate.objects.create(
            currency="EUR", day=timezone.localdate() - dt.timedelta(days=2), rate=Decimal("1.1")
        )
        mistake = type(reason).objects.create(name="A mistake", not_a_loss=True)
    Workspace.forget()
    boss = Actor.of(admin)
    other = add_pipeline(name="Renewals", actor=boss)
    every = [*stages, *other.stages.all()]
    second = next(each for each in every if each.pipeline_id == other.pk and each.is_open)
    return Script(boss, [rep, mate], every, [reason, mistake], second)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
@given(steps=STEPS)
def test_numbers_equal_a_recount_on_random_histories(script, steps):
    with transaction.atomic():
        script.deals, script.moments, script.boss.last_change = [], [], None
        for step in steps:
            script.step(*step)
        recount, today = Recount(), timezone.localdate()
        start = today - dt.timedelta(days=40)
        check(recount, start, today, timezone.now(), present=True)
        for moment in script.moments[:: max(len(script.moments) // 4, 1)]:
            check(recount, start, today, moment, present=False)
        check(recount, dt.date(2026, 1, 1), dt.date(2026, 6, 30), dt.datetime(2026, 5, 1, tzinfo=dt.UTC), present=False)
        transaction.set_rollback(True)
