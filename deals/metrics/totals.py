"""The totals of the board's columns: count, sum and weighted sum by stage (N1, P5-P7).

Amounts are in the workspace's base currency: open deals at today's rate, closed ones at the rate of their `closed_on`.
A deal whose currency has no rate is counted apart, never dropped silently (P7).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from crm.kernel.workspace.models import ExchangeRate, Workspace

from .money import MONEY, ZERO, RoundHalfEven, minor_unit, rates_on

if TYPE_CHECKING:
    from deals.models import Stage


@dataclass(slots=True)
class StageTotal:
    """One stage's deals: how many, their sum and weighted sum, and how many of them have no rate and are in neither."""

    count: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    without_rate: int = 0


def stage_totals(deals: "QuerySet[Any]", stages: "Iterable[Stage]") -> dict[UUID, StageTotal]:
    """Return the totals of the deals, which stand in these stages, by stage, in one query (N1); weighted of open ones (P6).

    The database adds up what has the same stage, currency, own probability and day of close; the rates come in here,
    and so do the stages' percentages: joining twenty thousand open deals to them took as long as reading the deals.
    """
    percents = {stage.pk: stage.probability for stage in stages}
    workspace = Workspace.current()
    places = minor_unit(workspace.base_currency)
    rates = rates_on(workspace.today())
    exact = _exact(workspace.base_currency, places)
    rows = (
        deals.order_by()
        .values("stage_id", "currency", "probability", "closed_on")
        .annotate(
            _count=Count("*"),
            _valued=Count("amount"),
            _amount=Sum("amount"),
            _exact=Sum("amount", filter=exact),
            _rounded=Sum(
                _rounded(rates, percents, places), filter=~exact & Q(closed_on__isnull=True), output_field=MONEY
            ),
        )
    )
    totals: dict[UUID, StageTotal] = {}
    names = ("stage_id", "currency", "probability", "closed_on")
    for stage, currency, own, day, count, valued, amount, whole, rounded in rows.values_list(
        *names, "_count", "_valued", "_amount", "_exact", "_rounded"
    ):
        total = totals.setdefault(stage, StageTotal())
        total.count += count
        rate = rates.get(currency) if day is None else ExchangeRate.on(currency, day)
        if rate is None:
            total.without_rate += valued
            continue
        total.amount += (amount or ZERO) * rate
        if day is None:
            total.weighted += (whole or ZERO) * (percents[stage] if own is None else own) / 100 + (rounded or ZERO)
    return totals


def _exact(base: str, places: int) -> Q:
    """Return the condition of deals whose weighted value needs no rounding, so that their amounts may be added first.

    A whole amount in the base currency times a whole percentage is exact to two places.
    """
    if places < 2:
        return Q(pk__isnull=True)
    whole = Func(F("amount"), function="trunc", output_field=MONEY)
    return Q(currency=base, amount=whole, closed_on__isnull=True)


def _rounded(rates: Mapping[str, Decimal], percents: "Mapping[UUID, int]", places: int) -> Any:
    """Return each open deal's amount x rate x probability, rounded half-even to the base currency's minor unit (P6)."""
    known = (When(currency=code, then=Value(rate, output_field=MONEY)) for code, rate in sorted(rates.items()))
    rate = Case(*known, default=None, output_field=MONEY)
    by_stage = (When(stage=stage, then=Value(percent)) for stage, percent in percents.items())
    percent = Coalesce(F("probability"), Case(*by_stage, default=None, output_field=IntegerField()))
    return RoundHalfEven(F("amount") * rate * percent / Value(Decimal(100), output_field=MONEY), Value(places))
