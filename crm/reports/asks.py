"""What a report is asked for, as its address says it: period, pipeline, team, person, as of, grouping, options."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.kernel.users.models import Team, User
from crm.kernel.users.teams import teams_below
from crm.kernel.workspace.models import Workspace
from deals.metrics import moments
from deals.metrics.figures import figure_of
from deals.metrics.window import Window, reach
from deals.models import Pipeline

from .periods import LONGEST, MONTHS, Period

EARLIEST = dt.date(1970, 1, 1)
LATEST = dt.date(2199, 12, 31)
PERIOD_PARAMS = ("period", "on", "from", "to")
NARROWING = ("pipeline", "team", "person", "as_of")
PAGE_PARAMS = ("show", "format", "view")  # how it is shown, not what is asked


class BadAsk(Exception):
    """An address that a report cannot make sense of; `message` says why, in a sentence."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.name = name


def read_day(data: Mapping[str, Any], name: str) -> dt.date | None:
    """Return the day of a parameter, None if it is not there; raises BadAsk."""
    text = data.get(name) or ""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadAsk(_("“%(value)s” is not a day. Write it as 2026-11-30.") % {"value": text[:40]}, name) from error
    if not EARLIEST <= day <= LATEST:
        raise BadAsk(_("Choose a day between %(first)s and %(last)s.") % {"first": EARLIEST, "last": LATEST}, name)
    return day


@dataclass(frozen=True)
class Ask:
    """A question to a report. `options` are the report's own parameters, checked against its closed lists."""

    actor: Any
    period: Period
    pipeline: UUID | None = None
    team: UUID | None = None
    person: UUID | None = None
    as_of: dt.date | None = None
    options: Mapping[str, str] = None  # type: ignore[assignment]
    whole: bool = False  # for a file: every group, however many there are

    @cached_property
    def window(self) -> Window:
        """The question to the numbers."""
        window = Window(
            self.period.start,
            self.period.end,
            reach(self.actor),
            (self.pipeline,) if self.pipeline else (),
            people=(self.person,) if self.person else (),
            as_of=self.as_of,
        )
        return replace(window, teams=teams_below((self.team,), window.at)) if self.team else window

    @property
    def today(self) -> dt.date:
        """Today, or the day of `as_of`."""
        return self.window.day

    def for_period(self, period: Period) -> Self:
        """Return the same question for another period."""
        return replace(self, period=period)

    def figure(self, number: Any, **marks: Any) -> str:
        """Return the address of the deals behind a number, or behind one of its marks."""
        return self.figure_over(number, self.window, **marks)

    def figure_over(self, number: Any, window: Window, **marks: Any) -> str:
        """Return the same over another window."""
        figure = figure_of(number, window, team=self.team).at(**marks)
        data = QueryDict(mutable=True)
        data["figure"] = str(figure)
        return f"/deals/?{data.urlencode()}"

    def query(self, **changes: Any) -> str:
        """Return the query string of the question, with changes (None takes out)."""
        values: dict[str, Any] = {**self.period.query(), **self.options}
        values |= {name: getattr(self, name) for name in ("pipeline", "team", "person", "as_of")}
        values |= changes
        data = QueryDict(mutable=True)
        for name, value in values.items():
            if value not in (None, ""):
                data[name] = str(value)
        return data.urlencode()


def read_as_of(data: Mapping[str, Any]) -> dt.date | None:
    """Return the day of `as_of`; today is the present. Raises BadAsk for a future day, and for one before all records."""
    try:
        return moments.read_as_of(data.get("as_of"))
    except moments.BadMoment as error:
        raise BadAsk(error.message, "as_of") from error


def read_period(data: Mapping[str, Any], default: str, today: dt.date) -> Period:
    """Return the period of an address; raises BadAsk for one that is impossible."""
    start, end = read_day(data, "from"), read_day(data, "to")
    if start or end:
        start, end = start or end, end or max(start or today, today)
        assert start is not None and end is not None
        if start > end:
            raise BadAsk(_("The period ends before it begins."), "to")
        if (end - start).days > LONGEST:
            raise BadAsk(_("Choose a period of at most 20 years."), "from")
        return Period.custom(start, end)
    kind = data.get("period") or default
    if kind not in MONTHS:
        raise BadAsk(
            _("“%(value)s” is no period. Choose month, quarter, year or two days.") % {"value": kind[:40]}, "period"
        )
    return Period.around(kind, read_day(data, "on") or today)


def read_id(data: Mapping[str, Any], name: str, model: Any, words: str) -> UUID | None:
    """Return the id of a parameter if there is such a row; raises BadAsk."""
    text = data.get(name) or ""
    if not text:
        return None
    try:
        pk = UUID(text)
    except ValueError as error:
        raise BadAsk(words, name) from error
    if not model.objects.filter(pk=pk).exists():
        raise BadAsk(words, name)
    return pk


def read_ask(
    actor: Any,
    data: Mapping[str, Any],
    *,
    period: str = "quarter",
    options: Mapping[str, Any] | None = None,
    filters: Collection[str] = NARROWING,
) -> Ask:
    """Read a question; `options` are the report's own: by name the closed list of values, the first is the default.

    `filters` are those that the report knows.

    Raises BadAsk with a sentence.
    """
    chosen = {}
    for name, values in (options or {}).items():
        value = data.get(name) or next(iter(values))
        if value not in values:
            raise BadAsk(_("“%(value)s” is not known for “%(name)s”.") % {"value": value[:40], "name": name}, name)
        chosen[name] = value
    known = {*PERIOD_PARAMS, *PAGE_PARAMS, *chosen, *(name for name in NARROWING if name in filters)}
    unknown = [name for name in data if name not in known]
    if unknown:
        raise BadAsk(_("This report has no filter “%(name)s”.") % {"name": unknown[0][:40]}, unknown[0])
    as_of = read_as_of(data)
    person = actor.id if data.get("person") == "me" else read_id(data, "person", User, _("There is no such person."))
    return Ask(
        actor,
        read_period(data, period, as_of or Workspace.current().today()),
        read_id(data, "pipeline", Pipeline, _("There is no such pipeline.")),
        read_id(data, "team", Team, _("There is no such team.")),
        person,
        as_of,
        chosen,
    )
