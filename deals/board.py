"""The board: what it shows of a pipeline, with a fixed number of queries whatever the number of deals.

Filters, search and orders are those of the list engine; the address is the whole state. Totals of all columns are one
query, the first cards of each column another; more cards come by keys.
"""

import datetime as dt
import time
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID
from zlib import crc32

from django.db import connection
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.formats import money_short
from crm.kernel.core.http import Request
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.filters import Filter
from crm.kernel.listing.lists import COUNTED, Empty, ListPage, View, capped_count
from crm.kernel.listing.sorting import Cursor, Pager, Sort
from crm.kernel.workspace.models import Workspace

from .cards import CARD_ICONS, FIELDS, Card, CardWriter, with_person
from .days import moments_of
from .lists import BY_AMOUNT, BY_CLOSE, BY_TITLE, CLOSES, COMPANY, GAPS, OWNER, RECORDED, SEARCH, SOURCE, TAG
from .metrics import ZERO, StageTotal, stage_totals
from .metrics.moments import Moments
from .models import Deal, Pipeline, Stage
from .registry import last_touches
from .tones import tones

FIRST = 50
STAGE_AT = FIELDS.index("stage_id")
MOST = 500
STAMP = """
SELECT (SELECT string_agg(id::text, ',')
        FROM (SELECT pgh_id AS id FROM deals_dealhistory ORDER BY pgh_id DESC LIMIT 30) d)
    || ';' || COALESCE((SELECT string_agg(id::text, ',')
                        FROM (SELECT id FROM events_event ORDER BY id DESC LIMIT 30) e), '')
"""


BARS_KEPT = 60.0  # seconds
_largest: dict[tuple[Any, ...], tuple[float, Decimal]] = {}


@dataclass(slots=True)
class Column:
    """One stage on the board: its total, its first cards as HTML, and the address of more.

    `now` is the stage's total of today where the board is one of the past.
    """

    stage: Stage
    tone: str
    total: StageTotal
    share: int = 0
    cards: SafeString | str = ""
    shown: int = 0
    more_url: str = ""
    folded: bool = False
    etag: str = ""
    now: StageTotal | None = None
    rows: list[Card] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The id of the column's parts in the page."""
        return self.stage.pk.hex

    @property
    def weighted_words(self) -> str:
        """The weighted sum in few characters."""
        return money_short(self.total.weighted, Workspace.current().base_currency)

    @property
    def now_words(self) -> str:
        """The sum of today in few characters."""
        return money_short(self.now.amount if self.now else None, Workspace.current().base_currency)

    @property
    def left(self) -> int:
        """How many cards are not shown."""
        return max(self.total.count - self.shown, 0)


class Board(ListPage):
    """The board of one pipeline (`?pipeline=`, the first one unless given)."""

    key = "board"
    kind = "deal"
    title = gettext_lazy("Pipeline")
    url_name = "deals:board"
    new_url_name = "deals:deal_new"
    new_label = gettext_lazy("New deal")
    model = Deal
    template = "deals/board.html"
    personal = False
    selectable = False
    search = SEARCH
    columns = ()
    filters: ClassVar[tuple[Filter, ...]] = (OWNER, CLOSES, COMPANY, TAG, SOURCE, *GAPS)
    sorts: ClassVar[tuple[Sort, ...]] = (
        BY_CLOSE,
        BY_AMOUNT,
        Sort("next", gettext_lazy("Next step"), "next_step_at", nullable=True),
        Sort("stage", gettext_lazy("Longest in stage"), "stage_entered_at"),
        Sort("newest", gettext_lazy("Newest"), "created_at", descending=True),
        BY_TITLE,
    )
    views: ClassVar[tuple[View, ...]] = (
        View("open", gettext_lazy("All open"), counted=True),
        View("mine", gettext_lazy("My deals"), {"owner": "me"}, counted=True),
        View("closing", gettext_lazy("Closing this month"), {"closes": "this-month"}, counted=True),
        View("quiet", gettext_lazy("Gone quiet"), {"quiet": "1"}, counted=True),
    )
    empty = Empty(
        "square-kanban",
        gettext_lazy("No deals in this pipeline yet"),
        gettext_lazy("A deal is a chance to sell something. Make one here, or qualify a lead."),
    )

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.pipeline = self._pipeline()

    @classmethod
    def for_pipeline(cls, request: Request, pipeline_id: UUID) -> "Board":
        """Return the board of a pipeline without any filter, whatever the request's own address is."""
        data = QueryDict(mutable=True)
        data["pipeline"] = str(pipeline_id)
        request.GET = data  # type: ignore[assignment]
        return cls(request)

    def _filter_params(self) -> Any:
        yield from super()._filter_params()
        yield from ("pipeline", "lost", "stage", "stamp")
        yield from (name for name in self.data if name.startswith(("n-", "e-")))

    @property
    def view_label(self) -> str:
        """The name of the view that is shown, for the phone's menu of views."""
        return next((str(tab["view"].label) for tab in self.tabs if tab["current"]), _("Views"))

    @property
    def list_url(self) -> str:
        """The address of the list of open deals."""
        return reverse("deals:deal_list") + "?status=open"

    @property
    def icons(self) -> tuple[str, ...]:
        """The icons that cards refer to."""
        return CARD_ICONS

    @property
    def currency(self) -> str:
        """The currency of all sums."""
        return Workspace.current().base_currency

    @cached_property
    def moments(self) -> Moments | None:
        """The chooser of past days (N8)."""
        kept = {param for each in RECORDED for param in each.params}
        sorts = {sort.key for sort in self.sorts if sort.key != "next"}
        return moments_of(self, {"q", "sort", "pipeline", "lost", *kept}, sorts)

    # Pipeline and stages ------------------------------------------------------------------------------------------
    @cached_property
    def all_stages(self) -> list[Stage]:
        """The stages of all pipelines in use, in their order; one query."""
        rows = Stage.objects.usable().filter(pipeline__archived_at__isnull=True).select_related("pipeline")
        return list(rows.order_by("pipeline__position", "pipeline__name", "position"))

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """The pipelines in use."""
        return list({stage.pipeline_id: stage.pipeline for stage in self.all_stages}.values())

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages of this pipeline: open ones in order, then won and lost."""
        mine = [stage for stage in self.all_stages if stage.pipeline_id == self.pipeline.pk]
        return sorted(mine, key=lambda stage: (not stage.is_open, stage.is_lost, stage.position))

    @cached_property
    def tones(self) -> dict[UUID, str]:
        """The colour of each stage."""
        return tones(self.stages)

    def _pipeline(self) -> Pipeline:
        wanted = self.data.get("pipeline")
        for pipeline in self.pipelines:
            if not wanted or str(pipeline.pk) == wanted:
                return pipeline
        raise BadQuery("pipeline", wanted or "")

    @property
    def pipeline_urls(self) -> list[tuple[Pipeline, str]]:
        """Each pipeline with the address of its board under the same filters."""
        return [(each, self.query(pipeline=str(each.pk), lost=None)) for each in self.pipelines]

    @property
    def lost_open(self) -> bool:
        """True if the lost column is unfolded."""
        return bool(self.data.get("lost"))

    # Deals --------------------------------------------------------------------------------------------------------
    @cached_property
    def month(self) -> dt.date:
        """The first day of this month: closed deals are shown from then on."""
        return Workspace.current().today().replace(day=1)

    def base(self) -> Any:
        """Return the open deals of the pipeline, and those closed this month."""
        return super().base().open_or_closed_since(self.month).filter(stage__in=[stage.pk for stage in self.stages])

    def open_rows(self) -> Any:
        """Return the open deals that match."""
        return self.filtered().filter(closed_at__isnull=True)

    def count(self) -> int:
        """Return how many open deals match, at most 10,001."""
        return capped_count(self.open_rows(), COUNTED)

    def view_count(self, view: View) -> int:
        """Return how many open deals a view has, at most 10,001."""
        data = QueryDict(mutable=True)
        data.update({name: str(value) for name, value in view.params.items()})
        values = {each.key: each.read(data, self) for each in self.filters}
        return capped_count(self._narrow(self.base().filter(closed_at__isnull=True), values, ""), COUNTED)

    @cached_property
    def totals(self) -> dict[UUID, StageTotal]:
        """The totals of each stage."""
        return stage_totals(self.filtered(), self.stages)

    @cached_property
    def total(self) -> StageTotal:
        """The open deals of all columns together (N1)."""
        opens = [self.totals.get(stage.pk, StageTotal()) for stage in self.stages if stage.is_open]
        return StageTotal(
            sum(t.count for t in opens),
            sum((t.amount for t in opens), ZERO),
            sum((t.weighted for t in opens), ZERO),
            sum(t.without_rate for t in opens),
        )

    # Columns ------------------------------------------------------------------------------------------------------
    def board_columns(self) -> list[Column]:
        """Return all columns with their first cards."""
        columns = self.heads_of(self.stages)
        shown = [column for column in columns if not column.folded]
        rows = self._first_rows(shown)
        writer = self.writer([card for cards in rows.values() for _sort, card in cards])
        for column in shown:
            limit = self.limit(column.stage)
            found = rows.get(column.stage.pk, [])
            column.rows = [card for _sort, card in found[:limit]]
            column.shown = len(column.rows)
            column.cards = mark_safe(writer.html(column.rows))
            if len(found) > limit:
                column.more_url = self.more_url(column.stage, found[limit - 1])
            column.etag = f"{crc32(f'{column.cards}{column.total}'.encode()):x}"
        return columns

    def heads_of(self, stages: list[Stage]) -> list[Column]:
        """Return columns without cards, for their heads; for some of the columns only their deals are added up."""
        largest = self._largest_before() if len(stages) < len(self.stages) else None
        if largest is None:
            totals = self.totals
            largest = max((t.amount for t in totals.values()), default=ZERO)
            self._keep_largest(largest)
        else:
            totals = stage_totals(self.filtered().filter(stage__in=[stage.pk for stage in stages]), stages)
        return [
            Column(
                stage=stage,
                tone=self.tones[stage.pk],
                total=(total := totals.get(stage.pk, StageTotal())),
                share=min(int(total.amount * 100 / (largest or 1)), 100),
                folded=stage.is_lost and not self.lost_open,
            )
            for stage in stages
        ]

    @property
    def _same_board(self) -> tuple[Any, ...]:
        return self.actor.id, self.pipeline.pk, self.query()

    def _largest_before(self) -> Decimal | None:
        """Return the largest sum of a column when this process last added all of them up, within a minute, else None.

        Bars show shares of it. They are worth no reading of all columns at each move of a card.
        """
        seen, largest = _largest.get(self._same_board, (0.0, ZERO))
        return largest if time.monotonic() - seen < BARS_KEPT else None

    def _keep_largest(self, largest: Decimal) -> None:
        if len(_largest) > 1000:
            _largest.clear()
        _largest[self._same_board] = (time.monotonic(), largest)

    def limit(self, stage: Stage) -> int:
        """Return how many cards of a column are shown: 50, or as many as the person has unfolded."""
        wanted = self.data.get(f"n-{stage.pk.hex}", "")
        return min(max(int(wanted), FIRST), MOST) if wanted.isdecimal() and len(wanted) < 5 else FIRST

    def order_in(self, stage: Stage) -> tuple[Sort, bool]:
        """Return a column's order: closed deals stand latest first."""
        if not stage.is_open:
            return Sort("closed", "", "closed_on", descending=True), False
        return self.sort, self.reverse

    def _rows_in(self, stage: Stage) -> Any:
        sort, _reverse = self.order_in(stage)
        return with_person(self.filtered().filter(stage=stage)).annotate(_sort=F(sort.column))

    def _first_rows(self, columns: list[Column]) -> dict[UUID, list[tuple[str | None, Card]]]:
        """Return the first cards of the columns with their sort values, one more than is shown, in one query."""
        parts = []
        for column in columns:
            sort, reverse = self.order_in(column.stage)
            rows = with_person(self.filtered().filter(stage=column.stage)).order_by(*sort.ordering(reverse))
            # As text, so that columns sorted by dates, numbers and names stand in one result.
            rows = rows.annotate(_sort=Cast(F(sort.column), TextField()))
            parts.append(rows.values_list(*FIELDS, "_sort")[: self.limit(column.stage) + 1])
        found: dict[UUID, list[tuple[str | None, Card]]] = {column.stage.pk: [] for column in columns}
        for row in parts[0].union(*parts[1:], all=True) if parts else ():
            found[row[STAGE_AT]].append((row[-1], Card(*row[:-1])))
        return found

    def writer(self, cards: list[Card]) -> CardWriter:
        """Return what writes these cards; asks once what last touched those gone quiet (P8)."""
        writer = CardWriter(self.actor.scope("deal", "edit"))
        writer.touches = last_touches([card.pk for card in cards if writer.idle(card).level])
        return writer

    def more_url(self, stage: Stage, last: tuple[Any, Card]) -> str:
        """Return the address of a column's next cards."""
        value, card = last
        return f"{self.query(stage=str(stage.pk))}&after={Cursor(value, card.pk).encode()}"

    def more(self) -> Column:
        """Return the next cards of the column in the address (`stage`, `after`)."""
        stage = next((s for s in self.stages if str(s.pk) == self.data.get("stage")), None)
        if stage is None:
            raise BadQuery("stage", self.data.get("stage") or "")
        sort, reverse = self.order_in(stage)
        text = self.data.get("after")
        after = Cursor.decode(text, sort, Deal) if text else None
        page = Pager(self._rows_in(stage).values(*FIELDS, "_sort"), sort, reverse).page(after)
        cards = [Card(*(row[name] for name in FIELDS)) for row in page.rows]
        [column] = self.heads_of([stage])
        column.cards = mark_safe(self.writer(cards).html(cards))
        if page.next is not None:
            column.more_url = f"{self.query(stage=str(stage.pk))}&after={page.next.encode()}"
        return column

    # Changes by others --------------------------------------------------------------------------------------------
    @staticmethod
    def stamp() -> str:
        """Return a word that changes with every change of a deal and every event; two index reads whatever the size.

        It is made of the latest ids, not of the highest alone: a transaction that commits late brings a lower one.
        """
        with connection.cursor() as cursor:
            cursor.execute(STAMP)
            return f"{crc32((cursor.fetchone()[0] or '').encode()):x}"

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        """The views under the pipeline that is shown, and which of them this is."""
        own = {each.key: self.data.getlist(each.key) for each in self.filters if self.values[each.key] is not None}
        pipeline = self.data.get("pipeline")
        found = []
        for view in self.views:
            current = {name: [value] for name, value in view.params.items()} == own and not self.typed
            data = QueryDict(mutable=True)
            data.update({"pipeline": pipeline} if pipeline else {})
            data.update({name: str(value) for name, value in view.params.items()})
            tab = {"view": view, "key": view.key, "label": view.label, "counted": view.counted, "saved": None}
            found.append({**tab, "url": f"{self.url}?{data.urlencode()}" if data else self.url, "current": current})
        return found
