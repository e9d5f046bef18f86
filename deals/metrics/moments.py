"""The past day that a page shows (`?as_of=`, N8): reading it, and what the chooser of days needs.

Boards, lists and reports use the same: `read_as_of` refuses impossible days with a sentence, `Moments` is drawn by
`components/_as_of.html`.
"""

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db import connection
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.kernel.workspace.models import Workspace

DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)
MOST_MARKS = 260  # five years of weeks; the slider of a longer history goes without ticks
# Two reads of an index each; what is in the bin now was there then.
FIRST = """SELECT LEAST((SELECT min(created_at) FROM deals_deal WHERE binned_at IS NULL),
    (SELECT min(created_at) FROM deals_deal WHERE binned_at IS NOT NULL))"""


class BadMoment(ValueError):
    """A day of which nothing can be told; `message` says why, for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def first_day() -> dt.date | None:
    """Return the day of the earliest deal in the workspace's zone, None without any."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST)
        at = cursor.fetchone()[0]
    return Workspace.current().day_of(at) if at else None


def read_as_of(text: str | None) -> dt.date | None:
    """Return the past day of an address (YYYY-MM-DD), None for today or without one.

    Raises BadMoment for what is no day, a day that has not come, and one before the first record.
    """
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise BadMoment(
            _("There is no day “%(text)s”. Write one as %(example)s.")
            % {"text": text[:40], "example": Workspace.current().today().isoformat()}
        )
    today = Workspace.current().today()
    if day > today:
        raise BadMoment(_("%(day)s has not come yet. Choose a past day.") % {"day": full_day(day)})
    if day == today:
        return None
    first = first_day()
    if first is None:
        raise BadMoment(_("There is no record yet, so there is no past to look at."))
    if day < first:
        raise BadMoment(_("The records begin on %(day)s. Choose that day or a later one.") % {"day": full_day(first)})
    return day


def full_day(day: dt.date) -> str:
    """Return a day with its weekday and year: Wed 30 Sep 2026."""
    return date_format(day, "D j M Y")


class Choice(NamedTuple):
    """A day on offer: its words, its address (empty if it cannot be chosen), and whether it is the one shown."""

    words: str
    url: str
    current: bool


@dataclass
class Moments:
    """The chooser of days. `url_of(day)` is the address of the same page as of a day, of today for None."""

    day: dt.date | None
    first: dt.date
    url_of: Callable[[dt.date | None], str]

    @cached_property
    def today(self) -> dt.date:
        """Today in the workspace's zone."""
        return Workspace.current().today()

    @property
    def words(self) -> str:
        """The day that is shown, with its weekday."""
        return full_day(self.day or self.today)

    @property
    def short(self) -> str:
        """The day that is shown, in few characters."""
        return date_format(self.day or self.today, "j M Y")

    @property
    def today_url(self) -> str:
        """The way back to today."""
        return self.url_of(None)

    @property
    def action(self) -> str:
        """The page's address without its query, for the form."""
        return self.today_url.partition("?")[0]

    def choice(self, words: str, day: dt.date | None) -> Choice:
        """Return a day on offer; out of the records it is no link."""
        possible = day is None or self.first <= day <= self.today
        if day == self.today:
            day = None
        return Choice(words, self.url_of(day) if possible else "", day == self.day)

    @property
    def quick(self) -> list[Choice]:
        """Today, and the ends of the last week, month and quarter, as far as there are records."""
        month = self.today.replace(day=1)
        quarter = month.replace(month=(month.month - 1) // 3 * 3 + 1)
        named = [
            (_("Today"), None),
            (_("Last week"), self.last_mark),
            (_("Last month"), month - DAY),
            (_("Last quarter"), quarter - DAY),
        ]
        return [found for words, day in named if (found := self.choice(words, day)).url]

    # The slider ---------------------------------------------------------------------------------------------------
    @property
    def last_mark(self) -> dt.date:
        """The end of the last full week; weeks begin as the workspace says (U6)."""
        begun = (self.today.isoweekday() - Workspace.current().first_weekday) % 7
        return self.today - (begun + 1) * DAY

    @property
    def way_in(self) -> dt.date | None:
        """The first past day to show: the end of the last week, of younger records their first day, if it is past."""
        day = max(self.last_mark, self.first)
        return day if day < self.today else None

    @cached_property
    def marks(self) -> list[dt.date]:
        """The ends of all weeks with records, the last one first."""
        count = max((self.last_mark - self.first).days // 7 + 1, 0)
        return [self.last_mark - number * WEEK for number in range(count)]

    def mark_at(self, place: int) -> dt.date:
        """Return the day of a place of the slider; records younger than a week have their first day alone."""
        return self.marks[::-1][min(place, self.last_place)] if self.marks else self.first

    @property
    def ticks(self) -> range:
        """The slider's values that get a tick."""
        return range(len(self.marks)) if len(self.marks) <= MOST_MARKS else range(0)

    @property
    def value(self) -> int:
        """Where the slider stands: at the mark on or after the day, at most at the last one."""
        return min(self.last_place - (self.last_mark - (self.day or self.today)).days // 7, self.last_place)

    @property
    def last_place(self) -> int:
        """The slider's last place: the end of the last full week."""
        return max(len(self.marks) - 1, 0)

    @property
    def earlier(self) -> Choice:
        """The end of the week before."""
        at = self.day or self.today
        behind = (at - self.last_mark).days % 7 or 7
        return self.choice(_("A week earlier"), at - behind * DAY)

    @property
    def later(self) -> Choice:
        """The next end of a week, at last today."""
        at = self.day or self.today
        ahead = (self.last_mark - at).days % 7 or 7
        return self.choice(_("A week later"), min(at + ahead * DAY, self.today) if self.day else at + DAY)

    # The month ----------------------------------------------------------------------------------------------------
    @property
    def month(self) -> str:
        """The month that is shown, in words."""
        return date_format(self.day or self.today, "F Y")

    @property
    def weekdays(self) -> list[str]:
        """The heads of the month's columns."""
        first = Workspace.current().first_weekday - 1
        return [str(WEEKDAYS_ABBR[(first + n) % 7])[:2] for n in range(7)]

    @property
    def weeks(self) -> list[list[Choice | None]]:
        """The days of the month in weeks."""
        shown = self.day or self.today
        month = calendar.Calendar(Workspace.current().first_weekday - 1)
        return [
            [self.choice(str(day.day), day) if day.month == shown.month else None for day in week]
            for week in month.monthdatescalendar(shown.year, shown.month)
        ]

    @property
    def month_before(self) -> Choice:
        """The last day of the month before."""
        return self.choice(_("The month before"), (self.day or self.today).replace(day=1) - DAY)

    @property
    def month_after(self) -> Choice:
        """The last day of the next month, at most today."""
        shown = self.day or self.today
        following = (shown.replace(day=28) + 4 * DAY).replace(day=1)
        last = (following.replace(day=28) + 4 * DAY).replace(day=1) - DAY
        beyond = following > self.today
        return self.choice(_("The month after"), following if beyond else min(last, self.today))


__all__ = ["BadMoment", "Moments", "first_day", "full_day", "read_as_of"]
