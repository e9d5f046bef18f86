"""Numbers about deals, each with one definition (N1, P5-P7). They take a query set of what one may see.

Amounts are in the workspace's base currency: open deals at today's rate, closed ones at the rate of their `closed_on`.
A deal whose currency has no rate is counted apart, never dropped silently (P7).
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, DecimalField, F, Func, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from crm.kernel.workspace.models import MINOR_UNITS, ExchangeRate, Workspace

MONEY = DecimalField(max_digits=30, decimal_places=10)


class RoundHalfEven(Func):
    """`crm_round_half_even`: a half goes to the even neighbour (P6)."""

    function = "crm_round_half_even"
    output_field = MONEY


@dataclass(slots=True)
class StageTotal:
    """One stage's deals: how many, their sum and weighted sum, and how many of them have no rate and are in neither."""

    count: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    without_rate: int = 0


def minor_unit(currency: str) -> int:
    """Return how many decimal places a currency has."""
    return MINOR_UNITS.get(currency, 2)


def rates_on(day: dt.date) -> dict[str, Decimal]:
    """Return the rate of every currency that has one on that day, the base currency included."""
    base = Workspace.current().base_currency
    found = {base: Decimal(1)}
    for currency in ExchangeRate.table():
        if currency != base and (rate := ExchangeRate.on(currency, day)) is not None:
            found[currency] = rate
    return found


def rate_expression() -> Any:
    """Return each deal's rate into the base currency: today's while it is open, that of `closed_on` afterwards (P7)."""
    workspace = Workspace.current()
    today = rates_on(workspace.today())
    base = today.pop(workspace.base_currency)
    then = ExchangeRate.objects.filter(currency=OuterRef("currency"), day__lte=OuterRef("closed_on"))
    return Case(
        When(currency=workspace.base_currency, then=Value(base, output_field=MONEY)),
        When(closed_at__isnull=False, then=Subquery(then.order_by("-day").values("rate")[:1], output_field=MONEY)),
        *(When(currency=currency, then=Value(rate, output_field=MONEY)) for currency, rate in sorted(today.items())),
        default=None,
        output_field=MONEY,
    )


def effective_probability() -> Any:
    """Return each deal's probability in percent: its own while it is open, else its stage's (P5)."""
    return Case(
        When(closed_at__isnull=True, then=Coalesce(F("probability"), F("stage__probability"))),
        default=F("stage__probability"),
    )


def weighted_value(rate: Any) -> Any:
    """Return each deal's amount x rate x probability, rounded half-even to the base currency's minor unit (P6)."""
    places = minor_unit(Workspace.current().base_currency)
    value = Coalesce(F("amount"), Value(Decimal(0)), output_field=MONEY) * rate
    return RoundHalfEven(value * effective_probability() / Value(Decimal(100), output_field=MONEY), Value(places))


def stage_totals(deals: "QuerySet[Any]") -> dict[UUID, StageTotal]:
    """Return the totals of these deals by stage, in one query (N1). Weighted sums are of open deals only (P6)."""
    rows = (
        deals.order_by()
        .annotate(_rate=rate_expression())
        .values("stage_id")
        .annotate(
            _count=Count("pk"),
            _amount=Sum(F("amount") * F("_rate"), output_field=MONEY),
            _weighted=Sum(weighted_value(F("_rate")), filter=Q(closed_at__isnull=True), output_field=MONEY),
            _without=Count("pk", filter=Q(_rate__isnull=True, amount__isnull=False)),
        )
    )
    return {
        stage: StageTotal(count, amount or Decimal(0), weighted or Decimal(0), without)
        for stage, count, amount, weighted, without in rows.values_list(
            "stage_id", "_count", "_amount", "_weighted", "_without"
        )
    }
