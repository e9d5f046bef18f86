"""What a number is asked for: whose records, which deals among them, which days, and as of when (N7, N8)."""

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self
from uuid import UUID

from django.utils import timezone

from crm.kernel.core.scopes import EVERYTHING, Scope
from crm.kernel.workspace.models import Workspace

from .money import minor_unit

INSTANT = dt.timedelta(microseconds=1)


def end_of_day(day: dt.date) -> dt.datetime:
    """Return the last instant of a day in the workspace's zone (N7)."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=Workspace.current().zone) - INSTANT


def reach(actor: Any) -> Scope:
    """Return whose deals somebody's reports count: those that they may view, as far as they may view reports (U2, U3)."""
    deals, reports = actor.scope("deal", "view"), actor.scope("report", "view")
    if reports.owners is None:
        return deals
    owners = reports.owners if deals.owners is None else deals.owners & reports.owners
    return Scope(owners, unowned=False)


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Window:
    """The question behind a number: the days from `start` to `end` (both count), the deals, and the viewer's reach.

    `as_of` is the day at whose end all is told, or the very instant; None is now. `teams` holds the ids of the wanted
    teams with all those below them. Empty tuples filter nothing.
    """

    start: dt.date
    end: dt.date
    scope: Scope = EVERYTHING
    pipelines: tuple[UUID, ...] = ()
    teams: tuple[UUID, ...] = ()
    people: tuple[UUID, ...] = ()
    as_of: dt.date | dt.datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def always(cls, scope: Scope = EVERYTHING, **values: Any) -> Self:
        """Return a window over all days, for numbers that know no period."""
        return cls(dt.date(1900, 1, 1), dt.date(9998, 12, 31), scope, **values)

    @cached_property
    def at(self) -> dt.datetime | None:
        """The instant of `as_of`; None is the present."""
        if isinstance(self.as_of, dt.datetime) or self.as_of is None:
            return self.as_of
        return end_of_day(self.as_of)

    @cached_property
    def day(self) -> dt.date:
        """Today, or the day of `as_of`: whose rates hold, and from which lateness is told."""
        if self.at is None:
            return Workspace.current().today()
        return Workspace.current().day_of(self.at)

    @cached_property
    def now(self) -> dt.datetime:
        """The instant at which all is told."""
        return self.at or timezone.now()

    def over(self, start: dt.date, end: dt.date) -> Self:
        """Return the same question for other days."""
        return replace(self, start=start, end=end)

    def as_at(self, moment: dt.date | dt.datetime | None) -> Self:
        """Return the same question at another moment."""
        return replace(self, as_of=moment)

    def params(self) -> dict[str, Any]:
        """Return the values that the statements of numbers name."""
        workspace = Workspace.current()
        return {
            "at": self.now,
            "day": self.day,
            "start": self.start,
            "end": self.end,
            "zone": workspace.timezone,
            "base": workspace.base_currency,
            "places": minor_unit(workspace.base_currency),
            "owners": None if self.scope.owners is None else sorted(self.scope.owners),
            "pipelines": list(self.pipelines) or None,
            "teams": list(self.teams) or None,
            "people": list(self.people) or None,
            **self.extra,
        }
