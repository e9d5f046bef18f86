"""Numbers, money and dates: what can be more or less."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import formats, parsers
from crm.kernel.core.html import escape
from crm.kernel.core.parsers import Style
from crm.kernel.core.widgets import DateInput
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.operators import BETWEEN, EMPTY, FILLED, IS, IS_NOT, LEAST, LESS, MORE, MOST
from crm.kernel.customfields.widgets import MoneyWithCurrency
from crm.kernel.workspace.models import ExchangeRate, Workspace

from .base import FieldType, leftover, parsed

LARGEST = Decimal(10) ** 15
PLACES = Decimal("0.000001")
COMPARISONS = {IS: Exact, LESS: LessThan, MOST: LessThanOrEqual, MORE: GreaterThan, LEAST: GreaterThanOrEqual}


def plain(number: Decimal) -> str:
    """Return a number as it is stored: digits with a point, no exponent, no closing zeros."""
    return f"{number.normalize():f}" if number else "0"


class Ordered(FieldType):
    """A type whose values are more or less than each other."""

    operators: ClassVar[tuple[str, ...]] = (IS, IS_NOT, LESS, MOST, MORE, LEAST, BETWEEN, FILLED, EMPTY)
    indexable = True
    descending = True

    def compare(self, operator: str, values: Sequence[str], column: str) -> Q:
        """Return a comparison of the typed value."""
        if operator in (FILLED, EMPTY):
            return super().compare(operator, values, column)
        found = [self.comparable(each) for each in self.wanted(values, 2 if operator == BETWEEN else 1)]
        typed = self.sql(column)
        if operator == BETWEEN:
            low, high = sorted(found[:2])
            return Q(GreaterThanOrEqual(typed, low)) & Q(LessThanOrEqual(typed, high))
        if operator == IS_NOT:
            return ~Q(Exact(typed, found[0])) | ~Q(**{f"{column}__has_key": self.field.key})
        return Q(COMPARISONS[operator](typed, found[0]))

    def comparable(self, value: Any) -> Any:
        """Return a stored value as SQL compares it."""
        return value


class Number(Ordered):
    """A number, with up to six decimal places."""

    key: ClassVar[str] = CustomField.Type.NUMBER
    label = gettext_lazy("Number")
    icon = "hash"
    reads = "number"
    numeric = True
    sort = "number"

    def read(self, raw: Any, style: Style) -> str:
        """Return the plain decimal."""
        if isinstance(raw, bool | list | dict):
            raise ValidationError(_("Type a number, such as 48,000."))
        number: Decimal = parsed(parsers.number, f"{raw:f}" if isinstance(raw, Decimal) else raw, style)
        if abs(number) >= LARGEST:
            raise ValidationError(_("This number is too large."))
        return plain(number.quantize(PLACES))

    def control(self, **options: Any) -> forms.Field:
        """Return a line that brings up a keyboard of digits."""
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        return forms.CharField(max_length=40, widget=widget, **options)

    def show(self, value: Any) -> str:
        """Return the number in the reader's notation."""
        places = max(-int(Decimal(value).as_tuple().exponent), 0)
        return str(number_format(Decimal(value), decimal_pos=places, force_grouping=True))

    def comparable(self, value: Any) -> Decimal:
        """Return the number."""
        return Decimal(value)


class Money(Ordered):
    """An amount with its currency. It is compared and sorted by the number alone, since rates change from day to day."""

    key: ClassVar[str] = CustomField.Type.MONEY
    label = gettext_lazy("Money")
    icon = "circle-dollar-sign"
    reads = "money"
    numeric = True
    sort = "money"

    def read(self, raw: Any, style: Style) -> dict[str, str]:
        """Return amount and currency, the base currency where none is named."""
        amount, currency = self._parts(raw)
        if amount == "":
            raise ValidationError(_("Type a number, such as 48,000."))
        number: Decimal = parsed(parsers.amount, amount, style)
        code = parsers.currency(currency, style) if currency else Workspace.current().base_currency
        cents = number.quantize(Decimal("0.01"))
        return {"amount": str(cents if cents == number else number.normalize()), "currency": code}

    def _parts(self, raw: Any) -> tuple[str, str]:
        if isinstance(raw, dict):
            return str(raw.get("amount") or "").strip(), str(raw.get("currency") or "").strip()
        if isinstance(raw, bool | list):
            raise ValidationError(_("Type a number, such as 48,000."))
        words = f"{raw:f}" if isinstance(raw, Decimal) else str(raw)
        lead, trail = words[:3], words[-3:]
        if lead.isalpha() and lead.isascii():
            return words[3:].strip(), lead
        if trail.isalpha() and trail.isascii() and len(words) > 3:
            return words[:-3].strip(), trail
        symbol = next((code for code, sign in formats.SYMBOLS.items() if len(sign) == 1 and sign in words), "")
        return words.replace(formats.SYMBOLS.get(symbol, "\0"), ""), symbol

    def clean(self, raw: Any, style: Style = Style()) -> Any:  # noqa: B008  a frozen value
        """Return the value to store; a currency without an amount is none."""
        if isinstance(raw, dict) and not str(raw.get("amount") or "").strip():
            return None
        return super().clean(raw, style)

    def control(self, **options: Any) -> forms.Field:
        """Return a box for the amount with the currency beside it."""
        codes = [Workspace.current().base_currency, *sorted(ExchangeRate.table())]
        return forms.Field(widget=MoneyWithCurrency(currencies=codes), **options)

    def words_of(self, value: Any) -> str:
        """Return `12.50 EUR`."""
        return f"{value['amount']} {value['currency']}"

    def readings(self, value: Any) -> list[str]:
        """Return `12.50 EUR`, and the number alone."""
        return [self.text(value), value["amount"]] if self.fits(value) else [leftover(value)]

    def show(self, value: Any) -> str:
        """Return the amount with its sign."""
        return formats.money(value["amount"], value["currency"])

    def comparable(self, value: Any) -> Decimal:
        """Return the number."""
        return Decimal(value["amount"])


class Date(Ordered):
    """A day without a time (R1)."""

    key: ClassVar[str] = CustomField.Type.DATE
    label = gettext_lazy("Date")
    icon = "calendar"
    reads = "date"
    sort = "date"

    def read(self, raw: Any, style: Style) -> str:
        """Return the day as `2026-11-25`."""
        if isinstance(raw, dt.datetime):
            return Workspace.current().day_of(raw).isoformat() if raw.tzinfo else raw.date().isoformat()
        if isinstance(raw, dt.date):
            return raw.isoformat()
        if not isinstance(raw, str):
            raise ValidationError(_("Type a date, such as 2026-12-31."))
        return str(parsed(parsers.date, raw, style).isoformat())

    def control(self, **options: Any) -> forms.Field:
        """Return the browser's own date picker."""
        return forms.CharField(max_length=40, widget=DateInput, **options)

    def show(self, value: Any) -> str:
        """Return the day as people say it."""
        return formats.day(dt.date.fromisoformat(value))

    def html(self, value: Any) -> SafeString:
        """Return a `<time>` element, with the date in full on hover."""
        if value is None or not self.fits(value):
            return super().html(value)
        full = formats.full(dt.date.fromisoformat(value))
        return mark_safe(f'<time datetime="{escape(value)}" title="{escape(full)}">{escape(self.show(value))}</time>')

    def comparable(self, value: Any) -> dt.date:
        """Return the day."""
        return dt.date.fromisoformat(value)
