"""A small past for reports: won, lost and open deals of two teams, with a currency that has no rate."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from activities.services.recording import ActivityRow, log_activity
from contacts.models import Company, Contact
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.models import LostReason
from deals.services import close_deal, create_deal, edit_deal, move_deal


@pytest.fixture
def today(workspace):
    """Today in the workspace's zone."""
    return workspace.today()


@pytest.fixture
def scene(workspace, pipeline, rep, mate, stranger, manager, admin, today):
    """Twelve deals; returns them by title."""
    with changeset(Actor.system("test data"), "test.scene"):
        ExchangeRate.objects.create(currency="EUR", day=dt.date(2020, 1, 1), rate=Decimal("1.25"))
        company = Company.objects.create(name="Atlas", owner=rep, industry="Freight", size_band="11-50")
        mistake = LostReason.objects.create(name="A mistake", not_a_loss=True)
        contact = Contact.objects.create(first_name="Lena", last_name="Lind", owner=rep, source="Fair", company=company)
    Workspace.forget()
    boss, price = Actor.of(admin), LostReason.objects.get(name="Price")
    ago = lambda days: timezone.now() - dt.timedelta(days=days)  # noqa: E731
    stages = list(pipeline.stages.order_by("position"))
    deals = {}

    def add(title, owner, amount, days, **values):
        amount = None if amount is None else Decimal(amount)
        made = create_deal(
            actor=boss,
            title=title,
            owner=owner,
            amount=amount,
            created_at=ago(days),
            company=company,
            source="Fair",
            **values,
        )
        deals[title] = made

    add("Open one", rep, 1000, 9, expected_close=today + dt.timedelta(days=3))
    add("Open euro", rep, 400, 8, currency="EUR", expected_close=today - dt.timedelta(days=5))
    add("Open without rate", mate, 900, 8, currency="CHF")
    add("Open without amount", mate, None, 3)
    add("Open west", stranger, 5000, 20, expected_close=today + dt.timedelta(days=40))
    for title, owner, amount, won in (
        ("Won one", rep, 2000, True), ("Won two", mate, 3000, True), ("Won west", stranger, 7000, True),
        ("Lost one", rep, 1500, False), ("Lost two", mate, 800, False), ("Mistaken", rep, 50, False),
    ):  # fmt: skip
        add(title, owner, amount, 30)
        reason = None if won else mistake if title == "Mistaken" else price
        close_deal(deal_id=deals[title].pk, won=won, lost_reason=reason, actor=boss)
    move_deal(deal_id=deals["Open one"].pk, to_stage=stages[2], actor=boss)
    edit_deal(deal_id=deals["Open one"].pk, values={"expected_close": today + dt.timedelta(days=9)}, actor=boss)
    log_activity(
        row=ActivityRow(type="call", contact_ids=(contact.pk,), deal_id=deals["Open one"].pk), actor=Actor.of(rep)
    )
    return deals
