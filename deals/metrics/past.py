"""The table of deals as it was at a moment, for boards and lists: filters, orders and pages read it like today's (N8).

`deals_as_of` gives a query set of `Deal` whose table is the relation of `facts`. What history does not record (next
step, last activity) is empty. Rows are read as values, never as objects that could be saved.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Field, IntegerField, QuerySet, TextField
from django.db.models.expressions import Col
from django.db.models.sql.datastructures import BaseTable

from crm.kernel.core.past import positional
from deals.models import Deal

from .facts import FACTS, MOVES, deals_then, frame, moves
from .money import MONEY
from .window import Window

HELD = """h.description, h.lost_comment, h.import_source, h.external_id, h.snoozed_until, h.tags,
    h.pgh_created_at AS updated_at"""
# The visits that a board of some stages shows, each part found by an index. A close may be dated to a day before it was
# recorded, or be corrected later, never into the future (P4): so what was closed since a day came to its stage, or was
# changed, since then; or it has been reopened since.
ON_BOARD = moves(
    "WHERE v.to_stage_id = ANY(%(open)s::uuid[]) AND v.until IS NULL",
    "WHERE v.to_stage_id = ANY(%(open)s::uuid[]) AND v.until > %(at)s",
    "WHERE v.to_stage_id = ANY(%(closed)s::uuid[]) AND v.at >= %(since)s",
    "WHERE v.to_stage_id = ANY(%(closed)s::uuid[]) AND v.at < %(since)s AND v.until > %(at)s",
    """JOIN deals_deal c ON c.id = v.deal_id AND c.closed_at IS NOT NULL AND c.updated_at > c.closed_at
    AND c.updated_at >= %(since)s
    WHERE v.to_stage_id = ANY(%(closed)s::uuid[]) AND v.at < %(since)s AND v.until IS NULL""",
)
OF_ONE = moves("WHERE v.deal_id = %(only)s::uuid")
COMPANY_NAME = "(SELECT c.name FROM contacts_company c WHERE c.id = f.company_id)"
UNRECORDED = {
    "version": "1",
    "stage_version": "1",
    "binned_at": "NULL::timestamptz",
    "purged_at": "NULL::timestamptz",
    "sort_title": "crm_fold(f.title)",
    "search_text": f"crm_fold(concat_ws(' ', f.title, {COMPANY_NAME}, crm_custom_words('deal', f.custom)))",
    "last_activity_at": "NULL::timestamptz",
    "last_worked_at": "NULL::timestamptz",
    "next_step_at": "NULL::timestamptz",
    "next_step_due": "NULL::date",
    "next_step_type": "''::text",
    "next_step_text": "''::text",
}
OF_FACTS: dict[str, "Field[Any, Any]"] = {
    "value": MONEY, "weighted": MONEY, "rate": MONEY, "percent": IntegerField(), "kind": TextField(),
}  # fmt: skip


def table_sql(visits: str) -> str:
    """Return the statement whose rows stand for the table: the columns of `Deal`, then those of `OF_FACTS`."""
    names = [field.column for field in Deal._meta.concrete_fields]
    columns = [f"{UNRECORDED[name]} AS {name}" if name in UNRECORDED else f"f.{name}" for name in names]
    columns += [f"f.{name}" for name in OF_FACTS]
    deals = deals_then(columns=HELD, visits=visits)
    return f"WITH {frame(then=True)}, deals AS ({deals}) SELECT {', '.join(columns)} FROM ({FACTS}) f"


class PastTable(BaseTable):
    """Stands in a query in the place of the table of deals."""

    def __init__(self, table_name: str, alias: str | None, sql: str, params: list[Any]) -> None:
        super().__init__(table_name, alias)
        self.sql, self.params = sql, params

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the relation under the table's alias."""
        return f"({self.sql}) {compiler.quote_name(self.table_alias)}", self.params

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> "PastTable":
        """Return the same under another alias."""
        alias = change_map.get(self.table_alias) or self.table_alias
        return PastTable(self.table_name, alias, self.sql, self.params)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a board shows: the open and the closed stages, and since when what is in these must have been closed."""

    open: Sequence[UUID]
    closed: Sequence[UUID]
    since: dt.datetime


def deals_as_of(window: Window, *, shown: Shown | None = None, only: UUID | None = None) -> "QuerySet[Any]":
    """Return the deals as they were at the window's moment, within its reach and choice.

    With `shown` those of its stages alone, without most of what was closed before its instant: for questions that
    filter by `closed_on` anyway. With `only` a single deal.
    """
    rows: Any = Deal.objects.order_by()
    alias = rows.query.get_initial_alias()
    values = {"open": list(shown.open), "closed": list(shown.closed), "since": shown.since} if shown else {}
    visits = ON_BOARD if shown else OF_ONE if only else MOVES
    sql, params = positional(table_sql(visits), {**window.params(), **values, "only": only})
    rows.query.alias_map[alias] = PastTable(Deal._meta.db_table, alias, sql, params)
    return rows


def fact(name: str) -> Col:
    """Return a column of the relation that is none of `Deal`: what the deal was worth, its rate, percentage and kind of stage."""
    kind = OF_FACTS[name]
    field = kind.clone()
    field.set_attributes_from_name(name)
    field.model = Deal  # expressions compare by it
    return Col(Deal._meta.db_table, field)


__all__ = ["Shown", "deals_as_of", "fact"]
