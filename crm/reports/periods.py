"""Periods of reports: months, quarters and years of the company's fiscal year, or any days (N7)."""

import datetime as dt
from dataclasses import dataclass
from typing import Self

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.kernel.core import formats
from crm.kernel.workspace.models import Workspace
from deals.metrics.window import add_months

MONTHS = {"month": 1, "quarter": 3, "year": 12}
KINDS = {"month": gettext_lazy("Month"), "quarter": gettext_lazy("Quarter"), "year": gettext_lazy("Year")}
DAY = dt.timedelta(days=1)
LONGEST = 366 * 20


def months_between(start: dt.date, end: dt.date) -> list[dt.date]:
    """Return the first day of each month that the days from `start` to `end` touch."""
    month, found = start.replace(day=1), []
    while month <= end:
        found.append(month)
        month = add_months(month, 1)
    return found


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` to `end`, both counted; `kind` is month, quarter, year or custom."""

    kind: str
    start: dt.date
    end: dt.date

    @classmethod
    def around(cls, kind: str, day: dt.date) -> Self:
        """Return the month, or the quarter or year of the fiscal year, that a day lies in (N7)."""
        length = MONTHS[kind]
        first = Workspace.current().fiscal_year_start if length > 1 else 1
        start = add_months(day.replace(day=1), -((day.month - first) % length))
        return cls(kind, start, add_months(start, length) - DAY)

    @classmethod
    def custom(cls, start: dt.date, end: dt.date) -> Self:
        """Return any days."""
        return cls("custom", start, end)

    def previous(self) -> Self:
        """Return the period before, of the same kind; for any days as many days before."""
        if self.kind == "custom":
            return type(self)("custom", self.start - (self.end - self.start) - DAY, self.start - DAY)
        return type(self).around(self.kind, self.start - DAY)

    def next(self) -> Self:
        """Return the period after."""
        if self.kind == "custom":
            return type(self)("custom", self.end + DAY, self.end + DAY + (self.end - self.start))
        return type(self).around(self.kind, self.end + DAY)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def elapsed(self, today: dt.date) -> int:
        """Return how many of its days have begun by that day, that day included."""
        return min(max((today - self.start).days + 1, 0), self.days)

    @property
    def months(self) -> list[dt.date]:
        """The months that it touches."""
        return months_between(self.start, self.end)

    def query(self) -> dict[str, str]:
        """Return its parameters in an address."""
        if self.kind == "custom":
            return {"from": self.start.isoformat(), "to": self.end.isoformat()}
        return {"period": self.kind, "on": self.start.isoformat()}

    def beside(self, other: "Period") -> str:
        """Return what it is called beside another period: without the year where that says it."""
        if self.start.year == other.start.year and self.kind in ("month", "quarter"):
            return date_format(self.start, "M") if self.kind == "month" else f"Q{self.quarter}"
        return str(self)

    @property
    def quarter(self) -> int:
        """Which quarter of its fiscal year it begins in."""
        first = Period.around("year", self.start).start
        return ((self.start.year - first.year) * 12 + self.start.month - first.month) // 3 + 1

    def __str__(self) -> str:
        if self.kind == "month":
            return date_format(self.start, pgettext("a month, as Oct 2026", "M Y"))
        fiscal = Workspace.current().fiscal_year_start != 1
        year = f"{self.start.year}"
        if fiscal:
            begun = Period.around("year", self.start).start.year
            year = _("FY %(years)s") % {"years": f"{begun}/{(begun + 1) % 100:02d}"}
        if self.kind == "year":
            return year
        if self.kind == "quarter":
            return _("Q%(number)s %(year)s") % {"number": self.quarter, "year": year}
        return f"{formats.short_day(self.start)} \N{EN DASH} {formats.short_day(self.end)}"
