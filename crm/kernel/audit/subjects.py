"""The kinds of things that a change-set can touch, and how many of each it touched.

A row that belongs to a record (an address, a person of a deal) counts as its record.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Exists, OuterRef

from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.models import Record

# Rows counted of each kind in a set; beyond it "more than" is said. An import may have a million.
COUNTED = 1000


@dataclass(slots=True)
class Subject:
    """A kind of thing: its model, and the history models that tell of it with the column that names it there."""

    kind: str
    model: type[models.Model]
    told_by: list[tuple[type[models.Model], str]] = field(default_factory=list)

    def words(self, count: int) -> str:
        """Return the name of the kind for so many."""
        options = self.model._meta
        return str(options.verbose_name if count == 1 else options.verbose_name_plural)


@dataclass(frozen=True, slots=True)
class Touched:
    """How many of a kind a change-set touched, and the first of them. `more` says that counting stopped."""

    subject: Subject
    count: int
    first: UUID
    more: bool


@cache
def subjects() -> dict[str, Subject]:
    """Return the kinds by name, records first."""
    found: dict[str, Subject] = {}
    for model in sorted(TRACKED, key=lambda each: (not issubclass(each, Record), hasattr(each, "history_parent"))):
        top = subject_model(model)
        subject = found.setdefault(kind_of(top), Subject(kind_of(top), top))
        subject.told_by.append((history_of(model), subject_column(model)))
    return found


def kind_of(model: Any) -> str:
    """Return the name of a kind, as it stands in addresses."""
    return str(getattr(model, "kind", model._meta.model_name))


def subject_model(model: type[models.Model]) -> type[models.Model]:
    """Return the model to whose records rows of `model` belong: itself, or that of its parent."""
    parent = getattr(model, "history_parent", None)
    return model._meta.get_field(parent).related_model if parent else model  # type: ignore[return-value]


def subject_column(model: type[models.Model]) -> str:
    """Return the column of the history rows of `model` that names the record."""
    parent = getattr(model, "history_parent", None)
    return f"{parent}_id" if parent else "pgh_obj_id"


def touched_by(changeset_ids: Iterable[UUID]) -> dict[UUID, list[Touched]]:
    """Return how many of each kind these change-sets touched; one query, however large they are.

    What follows from another record of the set (`follows` on the model: system entries of the timeline) is not counted.
    """
    ids = list(changeset_ids)
    found: dict[UUID, list[Touched]] = defaultdict(list)
    if not ids:
        return found
    kinds = subjects()
    parts = " UNION ALL ".join(_count_of(number, subject) for number, subject in enumerate(kinds.values()))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id, n.kind, n.count, n.first, n.more FROM unnest(%(ids)s::uuid[]) AS s(id)"
            f" CROSS JOIN LATERAL ({parts}) n WHERE n.count > 0 ORDER BY s.id, n.kind",
            {"ids": ids},
        )
        rows = cursor.fetchall()
    listed = list(kinds.values())
    for pk, number, count, first, more in rows:
        found[pk].append(Touched(listed[number], count, first, more))
    return found


def _count_of(number: int, subject: Subject) -> str:
    quote = connection.ops.quote_name
    rows = " UNION ALL ".join(
        f"(SELECT {quote(column)} AS obj FROM {quote(history._meta.db_table)} h"
        f" WHERE h.pgh_context_id = s.id{_but_followers(history)} LIMIT {COUNTED + 1})"
        for history, column in subject.told_by
    )
    return (
        f"(SELECT {number} AS kind, count(DISTINCT r.obj) AS count, (array_agg(r.obj))[1] AS first,"
        f" count(*) > {COUNTED} AS more FROM ({rows}) r)"
    )


def _but_followers(history: type[models.Model]) -> str:
    """Return the condition that leaves out what follows from another record, and the rows that belong to it."""
    model: Any = history._meta.get_field("pgh_obj").related_model
    quote = connection.ops.quote_name
    top: Any = subject_model(model)
    marks = " AND ".join(f"{quote(name)} = '{value}'" for name, value in getattr(top, "follows", {}).items())
    if not marks:
        return ""
    if top is model:
        return f" AND NOT ({marks})"
    table, column = quote(top._meta.db_table), quote(subject_column(model))
    return f" AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = h.{column} AND {marks})"


def without_followers(rows: Any) -> Any:
    """Leave out of history rows what follows from another record (`follows` on the model), as counts do."""
    model: Any = rows.model._meta.get_field("pgh_obj").related_model
    top: Any = subject_model(model)
    marks = getattr(top, "follows", {})
    if not marks:
        return rows
    if top is model:
        return rows.exclude(**marks)
    return rows.exclude(Exists(top._base_manager.filter(pk=OuterRef(subject_column(model)), **marks)))
