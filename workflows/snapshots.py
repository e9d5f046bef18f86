"""Values of a record by field name: now, as of an event, and before it. Conditions are pure functions over these.

One `load` with two sources: `Present` reads the rows as they are, `Past` the history at a moment. Both give rows with the
same columns, and all that follows from them is computed here once, so that a dry run sees what a run would have seen.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, cast
from uuid import UUID

from django.db import connection, models

from activities.models import Task
from contacts.models import Company, Contact, ContactEmail, ContactPhone
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from crm.kernel.events.models import Event
from crm.kernel.listing.conditions import Date, Number
from crm.kernel.users.models import User
from deals.models import Deal, DealContact

from .clocks import touched_before
from .fields import MODELS, RuleField

Row = Mapping[str, Any]


class Unknown:
    """What the past does not tell: a derived value that no history keeps."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Moment:
    """A record at a moment: as the change-set `changeset` left it, or before that set with `before`; at `at` otherwise.

    `told`: the set is one of the sample workspace, which was recorded in one go: business time says what was before it.
    """

    record_id: UUID
    at: dt.datetime | None = None
    changeset: UUID | None = None
    before: bool = False
    told: bool = False

    @classmethod
    def of(cls, event: Event, record_id: UUID | None = None, *, before: bool = False) -> "Moment":
        """Return the moment at which an event left its record, or that before it; `record_id` is whom it was merged into."""
        told = event.recorded_at == event.at
        return cls(record_id or event.subject_id, event.recorded_at, event.changeset_id, before, told)

    @property
    def by_business(self) -> bool:
        """True if it is a moment of business time, not of the clock (N8)."""
        return self.changeset is None or self.told


@dataclass(slots=True)
class Snapshot:
    """A record's values by field name. `before` holds those before the event, None for a record that was made by it."""

    kind: str
    record_id: UUID
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] | None = None
    exists: bool = True


class Source(Protocol):
    """Where rows come from."""

    past: bool

    def rows(self, model: type[models.Model], wanted: Sequence[Moment]) -> list[Row | None]:
        """Return the row of each moment by attribute name, None where there was none."""

    def people(self, wanted: Sequence[Moment]) -> list[UUID | None]:
        """Return the primary person of the deal of each moment."""


class Present:
    """The rows as they are."""

    past = False

    def rows(self, model: type[models.Model], wanted: Sequence[Moment]) -> list[Row | None]:
        """Return the present rows, in one query."""
        ids = {each.record_id for each in wanted}
        columns = [each.attname for each in model._meta.concrete_fields if each.attname != "search_text"]
        found = {row["id"]: row for row in model._base_manager.filter(pk__in=ids).values(*columns)}
        return [found.get(each.record_id) for each in wanted]

    def people(self, wanted: Sequence[Moment]) -> list[UUID | None]:
        """Return the present primary person of each deal."""
        ids = {each.record_id for each in wanted}
        links = DealContact.objects.filter(deal__in=ids, primary=True).values_list("deal_id", "contact_id")
        found = dict(links)
        return [found.get(each.record_id) for each in wanted]


# Moments of time triggers, which no change-set names, are of business time; those of events of the clock (N8).
THEN = "CASE WHEN m.business THEN h.pgh_created_at ELSE h.recorded_at END"

# The last row of history at a moment. Rows of one record follow each other under its lock, so those of the event's own
# change-set, and those recorded before it, are what was true then.
AT = """
SELECT m.n, h.* FROM unnest(%(ids)s::uuid[], %(ats)s::timestamptz[], %(sets)s::uuid[], %(before)s::bool[],
    %(business)s::bool[]) WITH ORDINALITY AS m(id, at, cs, before, business, n)
CROSS JOIN LATERAL (
    SELECT {columns} FROM {table} h
    WHERE h.{key} = m.id AND ({then} <= m.at OR h.pgh_context_id = m.cs{first}) AND (NOT m.before OR h.pgh_id < COALESCE(
        (SELECT min(f.pgh_id) FROM {table} f WHERE f.{key} = m.id AND f.pgh_context_id = m.cs), h.pgh_id + 1))
    ORDER BY h.pgh_id DESC LIMIT 1
) h
"""

# Of colleagues the first row holds before it was written: who is owner of what was dated back was there (N8).
FIRST = " OR h.pgh_id = (SELECT min(f.pgh_id) FROM {table} f WHERE f.pgh_obj_id = m.id)"

# Rows that belong to a record (addresses, people of a deal): of those that stood at the moment, the primary one.
PRIMARY = """
SELECT m.n, c.value FROM unnest(%(ids)s::uuid[], %(ats)s::timestamptz[], %(sets)s::uuid[], %(before)s::bool[],
    %(business)s::bool[]) WITH ORDINALITY AS m(id, at, cs, before, business, n)
CROSS JOIN LATERAL (
    SELECT l.value FROM (
        SELECT DISTINCT ON (h.pgh_obj_id) h.pgh_label, h.{value} AS value, h."primary" AS first, h.{key} AS parent
        FROM {table} h
        WHERE h.pgh_obj_id IN (SELECT DISTINCT g.pgh_obj_id FROM {table} g WHERE g.{key} = m.id)
          AND ({then} <= m.at OR h.pgh_context_id = m.cs) AND NOT (m.before AND h.pgh_context_id IS NOT DISTINCT FROM m.cs)
        ORDER BY h.pgh_obj_id, h.pgh_id DESC
    ) l WHERE l.pgh_label <> 'delete' AND l.first AND l.parent = m.id LIMIT 1
) c
"""


class Past:
    """The rows as history has them."""

    past = True

    def rows(self, model: type[models.Model], wanted: Sequence[Moment]) -> list[Row | None]:
        """Return the rows of history at each moment, in one query."""
        history = history_of(model)
        kept = {each.attname: each.column for each in history._meta.concrete_fields}
        names = [each.attname for each in model._meta.concrete_fields if each.attname in kept]
        quote = connection.ops.quote_name
        columns = ", ".join(["h.pgh_label", "h.pgh_created_at", *(f"h.{quote(kept[name])}" for name in names)])
        table = quote(history._meta.db_table)
        first = FIRST.format(table=table) if model is User else ""
        sql = AT.format(columns=columns, table=table, key="pgh_obj_id", then=THEN, first=first)
        fields = [model._meta.get_field(name) for name in names]
        found: list[Row | None] = [None] * len(wanted)
        for number, label, changed, *values in _fetch(sql, wanted):
            if label != "delete":
                row = {n: _python(f, v) for n, f, v in zip(names, fields, values, strict=True)}
                found[number - 1] = row | {"updated_at": changed}
        return found

    def people(self, wanted: Sequence[Moment]) -> list[UUID | None]:
        """Return the primary person of each deal at its moment."""
        return self.primary(DealContact, "deal_id", "contact_id", wanted)

    def primary(self, model: type[models.Model], key: str, value: str, wanted: Sequence[Moment]) -> list[Any]:
        """Return a value of the primary row that belongs to each record at its moment."""
        table = connection.ops.quote_name(history_of(model)._meta.db_table)
        found: list[Any] = [None] * len(wanted)
        for number, each in _fetch(PRIMARY.format(table=table, key=key, value=value, then=THEN), wanted):
            found[number - 1] = each
        return found

    def derived(self, model: type[models.Model], column: str, wanted: Sequence[Moment]) -> list[Any]:
        """Return a value that history does not keep as it was, UNKNOWN where nobody can tell."""
        if model is Contact and column == "primary_email":
            return [each or "" for each in self.primary(ContactEmail, "contact_id", "address", wanted)]
        if model is Contact and column == "primary_phone":
            return [each or "" for each in self.primary(ContactPhone, "contact_id", "number", wanted)]
        if (model, column) in ((Deal, "last_activity_at"), (Contact, "last_touch_at"), (Company, "last_touch_at")):
            return touched_before(model.kind, [(each.record_id, each.at, each.by_business) for each in wanted])  # type: ignore[attr-defined]
        return [UNKNOWN] * len(wanted)


class JustThen(Past):
    """The past a moment ago, for a run that comes late: what history does not keep is read as it is now."""

    def derived(self, model: type[models.Model], column: str, wanted: Sequence[Moment]) -> list[Any]:
        """Return the value as it was, else as it is."""
        found = super().derived(model, column, wanted)
        if UNKNOWN not in found:
            return found
        now = Present().rows(model, wanted)
        return [row[column] if each is UNKNOWN and row else each for each, row in zip(found, now, strict=True)]


def _fetch(sql: str, wanted: Sequence[Moment]) -> Iterable[Any]:
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "ids": [each.record_id for each in wanted],
                "ats": [each.at for each in wanted],
                "sets": [each.changeset for each in wanted],
                "before": [each.before for each in wanted],
                "business": [each.by_business for each in wanted],
            },
        )
        return cursor.fetchall()


def _python(column: Any, value: Any) -> Any:
    """Return a raw value as the model would have it: JSON comes from the driver as text."""
    return cast(Any, column).from_db_value(value, None, connection) if isinstance(column, models.JSONField) else value


def load(
    kind: str,
    wanted: Sequence[Moment],
    fields: Iterable[RuleField],
    *,
    reader: "Reader",
) -> list[dict[str, Any] | None]:
    """Return the values of each moment by field name, None for a record that was not there; a fixed number of queries."""
    model = MODELS[kind]
    roots = reader.rows(model, wanted)
    there = [number for number, row in enumerate(roots) if row is not None]
    found: list[dict[str, Any] | None] = [{} if row is not None else None for row in roots]
    for each in fields:
        values = reader.follow(model, [wanted[n] for n in there], [roots[n] for n in there], each.path.split("__"))
        for number, value in zip(there, values, strict=True):
            found[number][each.key] = typed(each, value)  # type: ignore[index]
    return found


@dataclass(slots=True)
class Reader:
    """Reads rows from a source, each once. Related contacts that the actor may not see are empty (U3)."""

    source: Source
    actor: Actor | None = None
    kept: dict[tuple[Any, Moment], Row | None] = field(default_factory=dict)
    links: dict[Moment, UUID | None] = field(default_factory=dict)
    seen: dict[UUID, bool] = field(default_factory=dict)

    def rows(self, model: type[models.Model], wanted: Sequence[Moment]) -> list[Row | None]:
        """Return rows, asking for each moment once."""
        new = list(dict.fromkeys(each for each in wanted if (model, each) not in self.kept))
        if new:
            self.kept |= {(model, each): row for each, row in zip(new, self.source.rows(model, new), strict=True)}
        return [self.kept[model, each] for each in wanted]

    def follow(self, model: Any, wanted: list[Moment], rows: list[Row | None], path: list[str]) -> list[Any]:
        """Return the values at the end of a path for rows that are there."""
        name, *rest = path
        if not rest:
            return self._ends(model, wanted, rows, name)
        target, ids = self._hop(model, wanted, rows, name)
        there = [(n, pk) for n, pk in enumerate(ids) if pk is not None]
        moments = [_at(wanted[n], pk) for n, pk in there]
        reached = self.rows(target, moments)
        values: list[Any] = [None] * len(wanted)
        live = [(n, m, row) for (n, _pk), m, row in zip(there, moments, reached, strict=True) if row is not None]
        if target is Contact:
            shown = self._shown([m.record_id for _n, m, _row in live])
            live = [each for each in live if each[1].record_id in shown]
        ends = self.follow(target, [m for _n, m, _row in live], [row for _n, _m, row in live], rest)
        for (number, _m, _row), value in zip(live, ends, strict=True):
            values[number] = value
        return values

    def _ends(self, model: Any, wanted: list[Moment], rows: list[Row | None], name: str) -> list[Any]:
        if self.source.past and rows and name not in rows[0]:  # type: ignore[operator]
            return self.source.derived(model, name, wanted)  # type: ignore[attr-defined]
        return [row[name] for row in rows if row is not None]

    def _hop(
        self, model: Any, wanted: list[Moment], rows: list[Row | None], name: str
    ) -> tuple[Any, list[UUID | None]]:
        """Return the model that a name leads to, and the key of each."""
        if model is Deal and name == "contact":
            new = [each for each in wanted if each not in self.links]
            if new:
                self.links |= dict(zip(new, self.source.people(new), strict=True))
            return Contact, [self.links[each] for each in wanted]
        if model is Task and name == "owner":
            name = "assignee"
        column = model._meta.get_field(name)
        return column.related_model, [row[column.attname] if row else None for row in rows]

    def _shown(self, ids: Sequence[UUID]) -> set[UUID]:
        """Return the contacts among these that the actor may see."""
        if self.actor is None:
            return set(ids)
        new = {pk for pk in ids if pk not in self.seen}
        if new:
            found = set(Contact.objects.visible_to(self.actor).filter(pk__in=new).values_list("pk", flat=True))
            self.seen |= {pk: pk in found for pk in new}
        return {pk for pk in ids if self.seen[pk]}


def _at(moment: Moment, pk: UUID) -> Moment:
    return dataclasses.replace(moment, record_id=pk)


def typed(of: RuleField, value: Any) -> Any:
    """Return a value as its field compares it: of custom fields the one under their key, nothing if it does not fit."""
    if not of.custom or value is None or value is UNKNOWN:
        return value
    stored = value.get(of.custom)
    if isinstance(of.field, Number):
        raw = stored.get("amount") if isinstance(stored, dict) else stored
        try:
            return None if raw is None or isinstance(raw, bool) else Decimal(str(raw))
        except InvalidOperation:
            return None
    if isinstance(of.field, Date):
        try:
            return None if stored is None else dt.date.fromisoformat(str(stored))
        except ValueError:
            return None
    return stored


__all__ = ["UNKNOWN", "Moment", "Past", "Present", "Snapshot", "load", "typed"]
