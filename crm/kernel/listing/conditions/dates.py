"""Fields that hold days and instants: compared with days, with spans that move along with today, with periods."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core import formats

from . import operators
from .base import Context, Field, Words
from .operators import Operator

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
FARTHEST = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Field):
    """A day: compared with days, with spans that move along with today, and with named periods."""

    control: ClassVar[str] = "date"
    known: ClassVar[dict[str, Operator]] = operators.DATE
    RELATIVE: ClassVar[tuple[str, ...]] = ("last", "older", "next", "beyond")

    def read(self, operator: str, text: str, context: Context) -> Any:
        """Return a day, a number of days, or a period's name."""
        if operator in self.RELATIVE:
            if not text.strip().isascii() or not text.strip().isdigit() or int(text) > FARTHEST:
                raise ValueError(_("Type a number of days."))
            return int(text)
        if operator == "in":
            if text not in named_periods():
                raise ValueError(_("Choose a period."))
            return text
        try:
            day = dt.date.fromisoformat(text.strip())
        except ValueError as error:
            raise ValueError(_("Type a date, such as 2026-12-31.")) from error
        if not EARLIEST <= day <= LATEST:
            raise ValueError(_("Type a date, such as 2026-12-31."))
        return day

    def span(self, operator: str, values: list[Any], today: dt.date) -> tuple[dt.date | None, dt.date | None]:
        """Return the first and the last day that an operator allows."""
        day = dt.timedelta(days=1)
        value = values[0]
        if operator in self.RELATIVE:
            return {
                "last": (today - max(value - 1, 0) * day, today),
                "older": (None, today - (value + 1) * day),
                "next": (today, today + value * day),
                "beyond": (today + (value + 1) * day, None),
            }[operator]
        if operator == "in":
            return period(value, today)
        low, high = min(values), max(values)
        return {"is": (low, low), "lt": (None, low - day), "gt": (low + day, None), "between": (low, high)}[operator]

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return the condition of an operator."""
        first, last = self.span(operator, values, context.today)
        found = Q()
        if first is not None:
            found &= Q(**{f"{self.path}__gte": self.since(first, context)})
        if last is not None:
            found &= Q(**{f"{self.path}__lt": self.since(last + dt.timedelta(days=1), context)})
        return found

    def since(self, day: dt.date, context: Context) -> Any:
        """Return a day as the column compares it."""
        return day

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether the day fits."""
        first, last = self.span(operator, values, context.today)
        day = self.day_of(seen)
        return (first is None or day >= first) and (last is None or day <= last)

    def day_of(self, seen: Any) -> dt.date:
        """Return the day of a value."""
        return dt.date.fromisoformat(seen) if isinstance(seen, str) else seen

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return the value in words."""
        if operator == "in":
            return str(named_periods()[value])
        return formats.day(value) if isinstance(value, dt.date) else str(value)

    def choices(self, operator: str, context: Context) -> list[tuple[str, Words]]:
        """Return the named periods."""
        return list(named_periods().items()) if operator == "in" else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant(Date):
    """A point in time, compared by its day where the person is."""

    def since(self, day: dt.date, context: Context) -> dt.datetime:
        """Return the instant at which a day begins."""
        return context.start_of(day)

    def day_of(self, seen: Any) -> dt.date:
        """Return the day where the person is."""
        return timezone.localtime(seen).date()


def named_periods() -> dict[str, str]:
    """Return the periods by name, in words."""
    return {
        "today": _("today"), "yesterday": _("yesterday"), "tomorrow": _("tomorrow"), "this-week": _("this week"),
        "last-week": _("last week"), "next-week": _("next week"), "this-month": _("this month"),
        "last-month": _("last month"), "next-month": _("next month"), "this-quarter": _("this quarter"),
        "last-quarter": _("last quarter"), "next-quarter": _("next quarter"), "this-year": _("this year"),
        "last-year": _("last year"), "next-year": _("next year"),
    }  # fmt: skip


def period(name: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a period, by the calendar."""
    day = dt.timedelta(days=1)
    single = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if name in single:
        return today + single[name] * day, today + single[name] * day
    which, _dash, unit = name.partition("-")
    by = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        monday = today - today.weekday() * day + 7 * by * day
        return monday, monday + 6 * day
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = today.year * 12 + today.month - 1
    start = index // months * months + by * months
    return _month(start), _month(start + months) - day


def _month(index: int) -> dt.date:
    return dt.date(index // 12, index % 12 + 1, 1)
