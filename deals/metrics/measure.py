"""How numbers are computed: each is a set of deals told apart by dimensions, and sums over them.

`measure` computes any number of questions in one statement, so that a page with many figures asks the database once.
`records` gives the deals behind a figure: the same set, the same condition, so that they sum to the figure.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from crm.kernel.core.past import positional
from deals.models import Deal

from .dimensions import Dimension
from .facts import with_facts
from .series import series_sql, won_series_sql
from .window import Window

IN_PERIOD = "f.closed_on BETWEEN %(start)s::date AND %(end)s::date"
COUNTED_LOSS = "NOT EXISTS (SELECT 1 FROM deals_lostreason l WHERE l.id = f.lost_reason_id AND l.not_a_loss)"

# What every set of deals can tell: how many, how many with a worth, the sum, and who is in no sum and why (P0, P7).
SUMS = (
    ("deals", "count(*)"),
    ("amount", "COALESCE(sum(f.value), 0)"),
    ("weighted", "COALESCE(sum(f.weighted), 0)"),
    ("no_amount", "count(*) FILTER (WHERE f.amount IS NULL)"),
    ("no_rate", "count(*) FILTER (WHERE f.amount IS NOT NULL AND f.rate IS NULL)"),
)


@dataclass(frozen=True)
class Number:
    """A set of deals (`where` over `facts f`), its sums, and the definition that stands beside it.

    `rule` is the number of the rule, `words` the definition for people. `source` is what the set is taken from.
    """

    key: str
    label: Any
    rule: str
    words: Any
    where: str
    sums: tuple[tuple[str, str], ...] = SUMS
    dimensions: tuple[Dimension, ...] = ()
    source: str = "facts f"
    extra: str = ""  # a further condition, such as that of one mark

    def by(self, *dimensions: Dimension) -> Self:
        """Return the number told apart by dimensions."""
        return replace(self, dimensions=dimensions)

    def among(self, condition: str) -> Self:
        """Return the number over the part of its set for which a condition over `f` holds."""
        return replace(self, extra=f"{self.extra} AND ({condition})")

    def during(self, name: str) -> Self:
        """Return the number over the days `<name>_start` to `<name>_end` of the window's extra values."""
        return replace(self, where=re.sub(r"%\((start|end)\)s", rf"%({name}_\1)s", self.where))

    @property
    def condition(self) -> str:
        """Which deals are in the set."""
        return f"({self.where}){self.extra}"

    @property
    def question(self) -> str:
        """The statement over `facts` that gives a row of sums for each group."""
        groups = [f'{each.sql} AS "{each.key}"' for each in self.dimensions]
        sums = [f'{sql} AS "{name}"' for name, sql in self.sums]
        grouping = f" GROUP BY {', '.join(str(i + 1) for i in range(len(groups)))}" if groups else ""
        return f"SELECT {', '.join([*groups, *sums])} FROM {self.source} WHERE {self.condition}{grouping}"


@dataclass(frozen=True, slots=True)
class Question:
    """Any other statement over `facts f`, `visits v` and `stages s`, such as the rows that an estimator needs."""

    question: str


Row = dict[str, Any]
Askable = Number | Question


def measure(window: Window, asked: Mapping[str, Askable]) -> dict[str, list[Row]]:
    """Return the rows of each question, by name, all in one statement. Money is Decimal, ids and days are text."""
    parts = [f"SELECT '{name}', (SELECT json_agg(x)::text FROM ({each.question}) x)" for name, each in asked.items()]
    statement = with_facts(" UNION ALL ".join(parts), then=window.at is not None)
    with connection.cursor() as cursor:
        cursor.execute(statement, window.params())
        found = dict(cursor.fetchall())
    return {name: json.loads(found[name] or "[]", parse_float=Decimal) for name in asked}


@dataclass(frozen=True, slots=True)
class Stock:
    """What stood open at a moment (N1)."""

    deals: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    no_rate: int = 0


def stock_series(window: Window, moments: Sequence[dt.datetime]) -> list[Stock]:
    """Return what stood open at each of the moments, in one statement (N1, N8)."""
    if not moments:
        return []
    with connection.cursor() as cursor:
        cursor.execute(series_sql(), {**window.params(), "moments": list(moments)})
        found = {row[0]: Stock(*row[1:]) for row in cursor.fetchall()}
    return [found.get(moment, Stock()) for moment in moments]


def won_by_ends(window: Window, moments: Sequence[dt.datetime]) -> list[Decimal]:
    """Return what stood won at each of the moments, of what was closed in its month: one statement (P4, N8)."""
    if not moments:
        return []
    with connection.cursor() as cursor:
        cursor.execute(won_series_sql(), {**window.params(), "moments": list(moments)})
        found = dict(cursor.fetchall())
    return [found.get(moment, Decimal(0)) for moment in moments]


def select_sql(number: Number, marks: Sequence[Dimension] = (), select: str = "f.id") -> str:
    """Return the select over a number's set of what has the values `is_<dimension>`: its ids, or sums."""
    conditions = "".join(f" AND {each.condition}" for each in marks)
    return f"SELECT {select} FROM {number.source} WHERE {number.condition}{conditions}"


def records(window: Window, number: Number, marks: Mapping[Dimension, Any] | None = None) -> "QuerySet[Any]":
    """Return the deals behind a number, or behind one of its groups. They are limited by the window's reach alone."""
    values = {f"is_{each.key}": value for each, value in (marks or {}).items()}
    statement = with_facts(select_sql(number, tuple(marks or ())), then=window.at is not None)
    sql, params = positional(statement, {**window.params(), **values})
    return Deal.objects.filter(pk__in=RawSQL(sql, params))  # noqa: S611  values are parameters


def decimal(value: Any) -> Decimal:
    """Return a figure of a row as Decimal; None is 0."""
    return Decimal(0) if value is None else Decimal(value)


def uuid(value: Any) -> UUID | None:
    """Return an id of a row."""
    return None if value is None else UUID(value)


def day(value: Any) -> dt.date | None:
    """Return a day of a row."""
    return None if value is None else dt.date.fromisoformat(value)
