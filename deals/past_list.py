"""The list of deals as of a day (`?as_of=`, N8): read-only, without what is not recorded."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from contacts.exports import OWNER
from crm.kernel.listing.columns import Column, Row, link
from crm.kernel.listing.exports.registry import Cell, instant
from crm.kernel.listing.filters import Filter
from crm.kernel.listing.lists import Empty, ListPage

from .lists import CLOSED, PIPELINE, RECORDED, STAGE, STATUS, DealList
from .models import Stage
from .past import Past, names_then
from .past_cards import fates

SHOWN = ("company", "stage", "amount", "close", "owner", "created")


def _title(row: Row, page: ListPage) -> str:
    assert isinstance(page, PastDealList)
    if row["_fate"].binned:
        return mark_safe(f'<span class="cell-main clip">{escape(row["title"])}</span>')
    return link(f"/deals/{row['pk']}/?as_of={page.day.isoformat()}", row["title"])


def _fate(row: Row, page: ListPage) -> str:
    assert isinstance(page, PastDealList)
    kind, words = row["_fate"].words(row["stage_id"], page.stages_now)
    return mark_safe(f'<span class="fate" data-fate="{kind}">{escape(words)}</span>')


def _created(row: Row) -> str:
    return "" if row["created_unknown"] else str(instant("created_at")(row))


def _recorded(column: Column) -> Column:
    return replace(column, edit="")


class PastDealList(Past, DealList):
    """All deals that there were at the end of a day, as they were, as far as the person may see them today."""

    key = "deals-past"
    of_today = DealList
    new_url_name = ""
    bin_url_name = ""
    field_url_name = ""
    extra_columns: ClassVar[tuple[Column, ...]] = ()
    conditions = ()
    custom_kind = ""
    columns: ClassVar[tuple[Column, ...]] = (
        Column("title", _("Deal"), ("title",), _title, sort="title", phone="main"),
        *(_recorded(column) for column in DealList.columns if column.key in SHOWN),
        Column("fate", _("Since then"), ("stage_id",), _fate),
    )
    filters: ClassVar[tuple[Filter, ...]] = (*RECORDED, STATUS, STAGE, PIPELINE, CLOSED)
    views = tuple(replace(view, counted=False) for view in DealList.views)
    empty = Empty("square-kanban", _("No deal on that day"), _("Choose another day, or go back to today."))

    @property
    def board_url(self) -> str:
        """The address of the board of that day."""
        return self._on_the_day(super().board_url)

    @property
    def file_stem(self) -> str:
        """What its files are called: they say of which day they tell."""
        return f"deals-as-of-{self.day.isoformat()}"

    @property
    def file_cells(self) -> tuple[Cell, ...]:
        """The columns of its files: those of the page."""
        return (
            Cell("title", ("title",)),
            Cell("company", ("company__name", "company_id")),
            Cell("stage", ("stage__name", "stage_id")),
            Cell("amount", ("amount",)),
            Cell("currency", ("currency",)),
            Cell("expected_close", ("expected_close",)),
            Cell("closed", ("closed_on",)),
            OWNER,
            Cell("created", ("created_at", "created_unknown"), _created),
            Cell("since_then", ("pk",), lambda row: str(row["_fate"].words(row["stage_id"], self.stages_now)[1])),
        )

    def _draw(self, rows: Sequence[Row]) -> SafeString:
        """Draw rows with the names that companies had, and with what has become of the deals."""
        return super()._draw(self.filled(rows))

    def filled(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows with the names that companies had, and with what has become of the deals."""
        names = names_then(self.window.now, {row["company_id"] for row in rows if row["company_id"]}, ())
        fate = fates([row["pk"] for row in rows])
        more = [{"company__name": names.get(row["company_id"]), "_fate": fate[row["pk"]]} for row in rows]
        return [{**row, **known} for row, known in zip(rows, more, strict=True)]

    @cached_property
    def stages_now(self) -> dict[UUID, Stage]:
        """The stages of today by id."""
        return Stage.objects.in_bulk()


__all__ = ["PastDealList"]
