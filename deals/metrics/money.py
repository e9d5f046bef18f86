"""Money in numbers: rates of a day, and rounding half-even to the base currency's minor unit (P6, P7)."""

import datetime as dt
from decimal import Decimal

from django.db.models import DecimalField, Func

from crm.kernel.workspace.models import MINOR_UNITS, ExchangeRate, Workspace

ZERO = Decimal(0)
MONEY = DecimalField(max_digits=30, decimal_places=10)


class RoundHalfEven(Func):
    """`crm_round_half_even`: a half goes to the even neighbour (P6)."""

    function = "crm_round_half_even"
    output_field = MONEY


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
