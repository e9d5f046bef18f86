"""What changes the workspace, its holidays and its exchange rates (U6)."""

import csv
import datetime as dt
import io
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused

from .models import ExchangeRate, Holiday, Workspace

EDITABLE = ("name", "base_currency", "timezone", "fiscal_year_start", "first_weekday", "working_days")
MOST_RATES = 10_000


class Rate(NamedTuple):
    """One line of rates: what a unit of `currency` is worth in the base currency from `day` on."""

    currency: str
    day: dt.date
    rate: Decimal


@command("workspace.edit")
def edit_workspace(*, actor: Actor, **values: Any) -> Workspace:
    """Change name, currency, time zone or calendar of the workspace (U6).

    The base currency cannot change while exchange rates are stored: each says what a unit is worth in it.
    """
    actor.require_flag("settings")
    workspace = Workspace.objects.select_for_update().first() or Workspace()
    base = values.get("base_currency", workspace.base_currency)
    if not workspace._state.adding and base != workspace.base_currency and ExchangeRate.objects.exists():
        words = _("Remove the exchange rates first: they say what money is worth in %(base)s.")
        raise Refused(
            words % {"base": workspace.base_currency},
            fields={"base_currency": words % {"base": workspace.base_currency}},
        )
    changed = [name for name in EDITABLE if name in values and getattr(workspace, name) != values[name]]
    for name in changed:
        setattr(workspace, name, values[name])
    _validate(workspace)
    if changed:
        workspace.save()
    Workspace.forget()
    return workspace


def _validate(row: Workspace | Holiday | ExchangeRate) -> None:
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Refused(
            " ".join(error.messages), fields={k: " ".join(v) for k, v in error.message_dict.items()}
        ) from error


@command("workspace.add_holiday")
def add_holiday(*, day: dt.date, name: str, actor: Actor) -> Holiday:
    """Add a day on which the company does not work; the same day again takes the new name (U6)."""
    actor.require_flag("settings")
    holiday = Holiday.objects.filter(day=day).first() or Holiday(day=day)
    holiday.name = name
    _validate(holiday)
    holiday.save()
    return holiday


@command("workspace.remove_holiday")
def remove_holiday(*, holiday_id: UUID, actor: Actor) -> None:
    """Remove a holiday."""
    actor.require_flag("settings")
    Holiday.objects.get(pk=holiday_id).delete()


@command("workspace.set_rates")
def set_rates(*, rates: Iterable[Rate], actor: Actor) -> int:
    """Store exchange rates, in place of those of the same currency and day; return how many differ from before (U6)."""
    actor.require_flag("settings")
    wanted = {(rate.currency, rate.day): rate.rate for rate in rates}
    base = Workspace.current().base_currency
    for (currency, day), value in wanted.items():
        if currency == base:
            raise Refused(_("%(base)s is the base currency: its rate is always 1.") % {"base": base})
        _validate(ExchangeRate(currency=currency, day=day, rate=value))
    days = Q(currency__in={currency for currency, _day in wanted}, day__in={day for _currency, day in wanted})
    stored = {(row.currency, row.day): row for row in ExchangeRate.objects.select_for_update().filter(days)}
    new = [
        ExchangeRate(currency=currency, day=day, rate=value)
        for (currency, day), value in wanted.items()
        if (currency, day) not in stored
    ]
    other = [row for key, row in stored.items() if key in wanted and row.rate != wanted[key]]
    for row in other:
        row.rate = wanted[row.currency, row.day]
    ExchangeRate.objects.bulk_create(new)
    ExchangeRate.objects.bulk_update(other, ["rate"], batch_size=500)
    Workspace.forget()
    return len(new) + len(other)


@command("workspace.remove_rate")
def remove_rate(*, rate_id: UUID, actor: Actor) -> None:
    """Remove an exchange rate; the last earlier one holds again."""
    actor.require_flag("settings")
    ExchangeRate.objects.get(pk=rate_id).delete()
    Workspace.forget()


def read_rates(text: str) -> list[Rate]:
    """Read rates from pasted or uploaded lines `currency, day, rate`; commas, semicolons, tabs or spaces divide them.

    Raises Refused that names each line it cannot read.
    """
    rates: list[Rate] = []
    wrong: list[str] = []
    for number, line in enumerate(text.replace("\x00", "").splitlines(), 1):
        cells = _cells(line)
        if not cells or (number == 1 and cells[0].lower() in ("currency", "code")):
            continue
        try:
            rates.append(_rate(cells))
        except ValueError as error:
            wrong.append(_("Line %(number)d: %(why)s") % {"number": number, "why": error})
        if len(rates) > MOST_RATES:
            raise Refused(_("At most 10,000 lines at once."))
    if wrong:
        more = _(" And %(count)d more.") % {"count": len(wrong) - 5} if len(wrong) > 5 else ""
        raise Refused(" ".join(wrong[:5]) + more, fields={"lines": " ".join(wrong[:5]) + more})
    return rates


def _cells(line: str) -> list[str]:
    """Divide a line by its delimiter; a comma between digits stays a decimal comma where something else divides."""
    divider = next((each for each in (";", "\t", ",") if each in line), " ")
    row = next(csv.reader(io.StringIO(line.strip()), delimiter=divider, skipinitialspace=True), [])
    return [cell.strip() for cell in row if cell.strip()]


def _rate(cells: list[str]) -> Rate:
    if len(cells) != 3:
        raise ValueError(_("write currency, day and rate, such as EUR, 2026-01-31, 1.0842."))
    code, day, number = cells
    code = code.upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ValueError(_("“%(code)s” is no currency code.") % {"code": code[:20]})
    try:
        on = dt.date.fromisoformat(day)
    except ValueError:
        raise ValueError(_("“%(day)s” is no date; write it as 2026-01-31.") % {"day": day[:20]}) from None
    try:
        value = Decimal(number.replace(",", "."))
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not Decimal("0.00000001") <= value < Decimal(10**9):
        raise ValueError(_("“%(rate)s” is no rate.") % {"rate": number[:20]})
    return Rate(code, on, value.quantize(Decimal("0.00000001")))
