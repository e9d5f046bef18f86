"""Figures that lead to their records: a number, a window and the values of one mark, written in one parameter.

`/deals/?figure=...` lists the deals behind a mark of a chart: the same set and the same conditions as the sum (U3, N7).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.core import formats
from crm.kernel.core.past import positional
from crm.kernel.core.scopes import Scope
from crm.kernel.customfields.fields import fields_for
from crm.kernel.users.teams import teams_below
from crm.kernel.workspace.models import Workspace

from . import conversion, dimensions, numbers
from .dimensions import Dimension
from .facts import with_facts
from .measure import Number, select_sql
from .window import Window, end_of_day, reach

NOBODY = "~"  # the mark of what has no value
EARLIEST = dt.date(1900, 1, 1)


class Countable(Protocol):
    """What a figure can be of: a `Number`, or anything else that can say which deals are behind a mark."""

    key: str
    label: Any
    rule: str
    words: Any

    def ids(self, marks: Sequence[Dimension], *, then: bool) -> str:
        """Return the statement of the ids behind the marks, with named parameters of `Window.params` and `is_<key>`."""
        ...


_countables: dict[str, Callable[[], Any]] = {}
_dimensions: dict[str, Dimension] = {}


def register_number(key: str, make: Callable[[], Any]) -> None:
    """Make a number known to addresses."""
    _countables[key] = make


def register_dimension(dimension: Dimension) -> None:
    """Make a dimension known to addresses, besides those of `dimensions`."""
    _dimensions[dimension.key] = dimension


def _itself(number: Number) -> Number:
    return number


for _number in (*numbers.NUMBERS.values(), conversion.FUNNEL, conversion.STAYS):
    register_number(_number.key, partial(_itself, _number))
register_number("conversion", conversion.conversion)
register_number("conversion_strict", lambda: conversion.conversion(strict=True))
for _dimension in (
    conversion.REACHED, conversion.REACHED_FROM, conversion.ENTERED, conversion.BECAME, conversion.STAYED,
    conversion.RUNNING,
):  # fmt: skip
    register_dimension(_dimension)


class BadFigure(ValueError):
    """A figure's address that makes no sense."""


@dataclass(frozen=True)
class Figure:
    """A number over a window, and the values of one mark: `{OWNER: id, CLOSED_MONTH: day}`."""

    key: str
    start: dt.date
    end: dt.date
    pipelines: tuple[UUID, ...] = ()
    team: UUID | None = None
    people: tuple[UUID, ...] = ()
    as_of: dt.date | None = None
    marks: Mapping[str, Any] = field(default_factory=dict)
    since: dt.date | None = None  # the earlier of two days that are compared

    def at(self, **marks: Any) -> Self:
        """Return the figure of one mark."""
        return replace(self, marks={**self.marks, **marks})

    def __str__(self) -> str:
        parts: list[tuple[str, Any]] = [("n", self.key), ("from", self.start), ("to", self.end)]
        parts += [("pipeline", each) for each in self.pipelines]
        parts += [("person", each) for each in self.people]
        parts += [(name, getattr(self, name)) for name in ("team", "as_of", "since") if getattr(self, name)]
        parts += [(f"is.{name}", NOBODY if value is None else value) for name, value in self.marks.items()]
        return urlencode(parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a figure from an address; raises BadFigure, also for marks that no report knows."""
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=60)
            single = dict(pairs)
            if "\0" in text or any("\0" in value for _name, value in pairs):
                raise BadFigure(text)
            return cls(
                single["n"],
                dt.date.fromisoformat(single["from"]),
                dt.date.fromisoformat(single["to"]),
                tuple(UUID(value) for name, value in pairs if name == "pipeline"),
                UUID(single["team"]) if "team" in single else None,
                tuple(UUID(value) for name, value in pairs if name == "person"),
                dt.date.fromisoformat(single["as_of"]) if "as_of" in single else None,
                {n.removeprefix("is."): None if v == NOBODY else v for n, v in pairs if n.startswith("is.")},
                dt.date.fromisoformat(single["since"]) if "since" in single else None,
            )._checked()
        except BadFigure:
            raise
        except (KeyError, ValueError) as error:
            raise BadFigure(text) from error

    def _checked(self) -> Self:
        if self.key not in _countables or not EARLIEST <= self.start <= self.end:
            raise ValueError(self.key)
        if any(
            day is not None and not EARLIEST <= day <= Workspace.current().today() for day in (self.as_of, self.since)
        ):
            raise ValueError(self.as_of)
        self.dimensions(None)
        return self

    def window(self, scope: Scope) -> Window:
        """Return the question behind it, for somebody's reach."""
        window = Window(
            self.start, self.end, scope, self.pipelines, people=self.people, as_of=self.as_of,
            extra={"since": self.since, "since_at": end_of_day(self.since)} if self.since else {},
        )  # fmt: skip
        return replace(window, teams=teams_below((self.team,), window.at)) if self.team else window

    def dimensions(self, actor: Any) -> dict[Dimension, Any]:
        """Return the marks with their values in the database's types; raises BadFigure."""
        found = {}
        for name, value in self.marks.items():
            known = _dimensions.get(name) or dimensions.find(name, lambda: fields_for("deal", actor))
            if known is None:
                raise BadFigure(name)
            found[known] = None if value is None else known.read(value)
        return found

    def statement(self, actor: Any, select: str = "") -> tuple[str, list[Any]]:
        """Return the statement of its deals' ids, or of sums over its set; raises BadFigure."""
        marks = self.dimensions(actor)
        window = self.window(reach(actor))
        number = _countables[self.key]()
        then = window.at is not None
        if isinstance(number, Number):
            question = select_sql(number, tuple(marks), select or "f.id")
            statement = with_facts(question, then=then)
        else:
            statement = number.ids(tuple(marks), then=then)
        values = {f"is_{each.key}": value for each, value in marks.items()}
        return positional(statement, {**window.params(), **values})

    def condition(self, actor: Any) -> Q:
        """Return the condition of its deals: none where it is told apart by a field that the person may not see."""
        try:
            return Q(pk__in=RawSQL(*self.statement(actor)))  # noqa: S611  values are parameters
        except BadFigure:  # told apart by a field that this person may not see
            return Q(pk__in=[])

    def words(self, actor: Any) -> str:
        """Return what it is in words, with what it counts: Won, 1 Oct - 31 Dec: 23 deals, $531,000."""
        number = _countables[self.key]()
        label = str(number.label)
        if self.start != EARLIEST:
            label = f"{label}, {formats.short_day(self.start)} \N{EN DASH} {formats.short_day(self.end)}"
        if self.as_of:
            label = _("%(figure)s, as of %(day)s") % {"figure": label, "day": formats.short_day(self.as_of)}
        if not isinstance(number, Number):
            return label
        try:
            sums = "count(DISTINCT f.id), COALESCE(sum(f.value), 0), sum(f.weighted)"
            statement = self.statement(actor, sums)
        except BadFigure:
            return label
        with connection.cursor() as cursor:
            cursor.execute(*statement)
            deals, amount, weighted = cursor.fetchone()
        currency = Workspace.current().base_currency
        counted = f"{ngettext('%d deal', '%d deals', deals) % deals}, {formats.money(amount, currency)}"
        if weighted is not None:  # of open deals alone (P6)
            counted = _("%(deals)s, weighted %(sum)s") % {"deals": counted, "sum": formats.money(weighted, currency)}
        return f"{label}: {counted}"


def figure_of(number: Any, window: Window, *, team: UUID | None = None) -> Figure:
    """Return the figure of a number over a window; `team` is the chosen one, without those below it."""
    as_of = window.as_of.date() if isinstance(window.as_of, dt.datetime) else window.as_of
    return Figure(
        number.key, window.start, window.end, window.pipelines, team, window.people, as_of,
        since=window.extra.get("since"),
    )  # fmt: skip
