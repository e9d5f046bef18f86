"""The board as of a day (`?as_of=`, N8): what stood where at its end, read-only, beside what has become of it since.

Columns are the stages of that day. One statement gives the cards and the totals of all columns; the board of today is
asked for its totals under the same filters.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, F, Q, Sum, TextField, When, Window
from django.db.models.functions import Cast, RowNumber
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.past import NEAREST
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.filters import Filter
from crm.kernel.listing.lists import Empty, View
from crm.kernel.listing.sorting import Cursor, Pager, Sort
from crm.kernel.workspace.models import Workspace

from .board import Board, Column
from .cards import Card
from .lists import RECORDED
from .metrics import ZERO, StageTotal
from .metrics.past import Shown, fact
from .models import Deal, Pipeline, Stage
from .past import Past, names_then
from .past_cards import PastCard, PastCardWriter, fates

# All stages, as they are and as they were. One made later is not of that day, unless deals were brought in with a past in
# it, or in its pipeline where all stages are younger than that day.
STAGES = f"""
SELECT s.id, s.kind_of, s.name, h.name, h.position, h.probability, p.id, p.name, p.position,
    (h.archived_at IS NULL OR h.archived_at > %(at)s) AND (p.archived_at IS NULL OR p.archived_at > %(at)s) AND (
        EXISTS (SELECT FROM deals_stagehistory x WHERE x.pgh_obj_id = s.id AND x.pgh_created_at <= %(at)s)
        OR EXISTS (SELECT FROM deals_stagechange v WHERE v.to_stage_id = s.id AND v.at <= %(at)s)
        OR NOT EXISTS (
            SELECT FROM deals_stagehistory x JOIN deals_stage o ON o.id = x.pgh_obj_id AND o.pipeline_id = p.id
            WHERE x.pgh_created_at <= %(at)s)
        AND EXISTS (
            SELECT FROM deals_stagechange v JOIN deals_stage o ON o.id = v.to_stage_id AND o.pipeline_id = p.id
            WHERE v.at <= %(at)s))
FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id
CROSS JOIN LATERAL (SELECT * FROM deals_stagehistory h WHERE h.pgh_obj_id = s.id ORDER BY {NEAREST} LIMIT 1) h
ORDER BY p.position, p.name, h.position
"""
# What the statement reads of a deal and of its column.
READ = (
    "pk", "title", "stage_id", "amount", "currency", "expected_close", "closed_on", "created_at", "stage_entered_at",
    "owner_id", "owner__name", "company_id",
)  # fmt: skip
TOTALS = ("_count", "_amount", "_weighted", "_unrated")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StageThen:
    """A stage of that day, and its name today."""

    stage: Stage
    name_now: str
    there: bool


class PastBoard(Past, Board):
    """The board of one pipeline at the end of a past day."""

    key = "board-past"
    template = "deals/board_past.html"
    new_url_name = ""
    of_today = Board
    filters: ClassVar[tuple[Filter, ...]] = RECORDED
    sorts: ClassVar[tuple[Sort, ...]] = tuple(sort for sort in Board.sorts if sort.key != "next")
    views: ClassVar[tuple[View, ...]] = tuple(
        replace(view, counted=False) for view in Board.views if view.key != "quiet"
    )

    empty = Empty(
        "square-kanban",
        gettext_lazy("No deal was open on that day"),
        gettext_lazy("Choose another day, or go back to today."),
    )

    @property
    def list_url(self) -> str:
        """The address of the list of the deals that were open."""
        return self._on_the_day(super().list_url)

    # Pipeline and stages ------------------------------------------------------------------------------------------
    @cached_property
    def known_stages(self) -> list[StageThen]:
        """All stages as they were, one query."""
        with connection.cursor() as cursor:
            cursor.execute(STAGES, {"at": self.window.now})
            rows = cursor.fetchall()
        found = []
        for pk, kind, now, name, position, percent, pipeline, title, place, there in rows:
            of = Pipeline(id=pipeline, name=title, position=place)
            stage = Stage(id=pk, kind_of=kind, name=name, position=position, probability=percent, pipeline=of)
            found.append(StageThen(stage, now, there))
        return found

    @cached_property
    def all_stages(self) -> list[Stage]:
        """The stages that there were, in the order of that day."""
        return [each.stage for each in self.known_stages if each.there]

    def _pipeline(self) -> Pipeline:
        try:
            return super()._pipeline()
        except BadQuery as error:
            raise BadQuery("pipeline", words=_("There was no such pipeline on that day.")) from error

    # Deals --------------------------------------------------------------------------------------------------------
    @cached_property
    def month(self) -> dt.date:
        """The first day of the month of that day: closed deals are shown from it on."""
        return self.day.replace(day=1)

    def base(self) -> Any:
        """Return the deals that were open, and those that had been closed in that month."""
        since = dt.datetime.combine(self.month, dt.time(), tzinfo=Workspace.current().zone)
        kinds: dict[bool, list[UUID]] = {True: [], False: []}
        for stage in self.stages:
            kinds[stage.is_open].append(stage.pk)
        rows = self.deals(Shown(kinds[True], kinds[False], since))
        return rows.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=self.month))

    def _read(self, rows: Any, **more: Any) -> Any:
        return rows.values(*READ, _kind=fact("kind"), **more)

    @cached_property
    def found(self) -> dict[UUID, list[Row]]:
        """The first cards of each column, one more than is shown, each with its column's totals: one statement."""
        column: dict[str, Any] = {"partition_by": F("stage_id")}
        unrated = Case(When(amount__isnull=False, then=Case(When(_rate__isnull=True, then=1))))
        by_key = Case(When(closed_on__isnull=False, then=F("pk"))).desc(nulls_last=True)
        order = [F("closed_on").desc(nulls_last=True), by_key, *self.sort.ordering(self.reverse)]
        rows = self._read(
            self.filtered().alias(_rate=fact("rate")),
            _sort=Cast(F(self.sort.column), TextField()),
            _count=Window(Count("*"), **column),
            _amount=Window(Sum(fact("value")), **column),
            _weighted=Window(Sum(fact("weighted")), **column),
            _unrated=Window(Count(unrated), **column),
            _place=Window(RowNumber(), order_by=order, **column),
        )
        names = [*rows.query.values_select, *rows.query.annotation_select]
        inner, params = rows.query.sql_with_params()
        heads = ", ".join(f'"{name}"' for name in names)
        most = max((self.limit(stage) for stage in self.stages), default=0) + 1
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM ({inner}) q ({heads}) WHERE "_place" <= %s', [*params, most])
            cells = cursor.fetchall()
        found: dict[UUID, list[Row]] = {}
        for row in sorted((dict(zip(names, each, strict=True)) for each in cells), key=lambda row: row["_place"]):
            found.setdefault(row["stage_id"], []).append(row)
        return found

    @cached_property
    def totals(self) -> dict[UUID, StageTotal]:
        """The totals of each stage, at the rates and probabilities of that day (N1, P7)."""
        return {
            stage: StageTotal(first["_count"], first["_amount"] or ZERO, first["_weighted"] or ZERO, first["_unrated"])
            for stage, [first, *_others] in self.found.items()
        }

    @cached_property
    def present(self) -> Board:
        """The board of today under the same filters."""
        query = self.query(as_of=None, stage=None, lost=None)[1:]
        return Board.for_query(query, self.actor)

    # Columns ------------------------------------------------------------------------------------------------------
    def heads_of(self, stages: list[Stage]) -> list[Column]:
        """Return columns without cards, with what is in their stages today."""
        largest = max((total.amount for total in self.totals.values()), default=ZERO)
        columns = []
        for stage in stages:
            total = self.totals.get(stage.pk, StageTotal())
            share = min(int(total.amount * 100 / (largest or 1)), 100)
            folded = stage.is_lost and not self.lost_open
            now = self.present.totals.get(stage.pk, StageTotal())
            columns.append(Column(stage, self.tones[stage.pk], total, share, folded=folded, now=now))
        return columns

    def board_columns(self) -> list[Column]:
        """Return all columns with their first cards."""
        columns = self.heads_of(self.stages)
        shown = {column.stage.pk: self.found.get(column.stage.pk, []) for column in columns if not column.folded}
        cards = self._cards([row for pk, rows in shown.items() for row in rows[: self._limit_of(pk)]])
        for column in columns:
            rows = shown.get(column.stage.pk, [])
            limit = self.limit(column.stage)
            found = [cards[row["pk"]] for row in rows[:limit]]
            column.shown, column.rows = len(found), [each.card for each in found]
            column.cards = mark_safe(self.past_writer.past_html(found))
            if len(rows) > limit:
                column.more_url = self._more_url(column.stage, rows[limit - 1])
        return columns

    def _limit_of(self, pk: UUID) -> int:
        return self.limit(next(stage for stage in self.stages if stage.pk == pk))

    def _more_url(self, stage: Stage, row: Row) -> str:
        value = row["_sort"] if stage.is_open else row["closed_on"]
        return f"{self.query(stage=str(stage.pk))}&after={Cursor(value, row['pk']).encode()}"

    def more(self) -> Column:
        """Return the next cards of the column in the address (`stage`, `after`)."""
        stage = next((each for each in self.stages if str(each.pk) == self.data.get("stage")), None)
        if stage is None:
            raise BadQuery("stage", self.data.get("stage") or "")
        sort, reverse = self.order_in(stage)
        text = self.data.get("after")
        rows = self._read(self.filtered().filter(stage=stage.pk), _sort=F(sort.column))
        page = Pager(rows, sort, reverse).page(Cursor.decode(text, sort, Deal) if text else None)
        cards = self._cards(page.rows)
        column = Column(stage, self.tones[stage.pk], StageTotal())
        column.cards = mark_safe(self.past_writer.past_html([cards[row["pk"]] for row in page.rows]))
        if page.next is not None:
            column.more_url = f"{self.query(stage=str(stage.pk))}&after={page.next.encode()}"
        return column

    # Cards --------------------------------------------------------------------------------------------------------
    @cached_property
    def past_writer(self) -> PastCardWriter:
        """What writes the cards."""
        stages = {
            each.stage.pk: Stage(id=each.stage.pk, kind_of=each.stage.kind_of, name=each.name_now)
            for each in self.known_stages
        }
        return PastCardWriter(stages, self.day, self.window.now)

    def _cards(self, rows: Iterable[Row]) -> dict[UUID, PastCard]:
        """Return the cards of rows by deal, with the names that companies and people had, and what has become of them."""
        rows = list(rows)
        companies = {row["company_id"] for row in rows if row["company_id"]}
        names = names_then(self.window.now, companies, [row["pk"] for row in rows if not row["company_id"]])
        fate = fates([row["pk"] for row in rows])
        return {row["pk"]: PastCard(_card(row, names), row["stage_entered_at"], fate[row["pk"]]) for row in rows}

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        """The views, as of that day."""
        return [{**tab, "url": self._on_the_day(tab["url"])} for tab in super().tabs]


def _card(row: Row, names: dict[UUID, str]) -> Card:
    company = row["company_id"]
    return Card(
        pk=row["pk"], title=row["title"], stage_id=row["stage_id"], amount=row["amount"], currency=row["currency"],
        expected_close=row["expected_close"], closed_on=row["closed_on"], created_at=row["created_at"],
        last_activity_at=None, next_step_at=None, next_step_due=None, next_step_type="", next_step_text="",
        snoozed_until=None, owner_id=row["owner_id"], owner=row["owner__name"], company_id=company,
        company=names.get(company, "") if company else None, idle_days=0, kind=row["_kind"],
        person=names.get(row["pk"]),
    )  # fmt: skip


__all__ = ["PastBoard"]
