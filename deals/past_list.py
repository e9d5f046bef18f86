"""The list of deals as of a day (`?as_of=`, N8): read-only, without what is not recorded."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.columns import Column, Row, link
from crm.kernel.listing.filters import Filter
from crm.kernel.listing.lists import Empty, ListPage

from .lists import CLOSED, PIPELINE, RECORDED, STAGE, STATUS, DealList
from .metrics.past import fact
from .models import Stage
from .past import Past, names_then
from .past_cards import fate_words

SHOWN = ("company", "stage", "amount", "close", "owner", "created")
NOW = ("_now_stage_id", "_now_binned_at", "_now_closed_on")


def _title(row: Row, page: ListPage) -> str:
    assert isinstance(page, PastDealList)
    if row["_now_binned_at"] is not None:
        return mark_safe(f'<span class="cell-main clip">{escape(row["title"])}</span>')
    return link(f"/deals/{row['pk']}/?as_of={page.day.isoformat()}", row["title"])


def _fate(row: Row, page: ListPage) -> str:
    assert isinstance(page, PastDealList)
    kind, words = fate_words(
        row["stage_id"], row["_now_stage_id"], row["_now_binned_at"] is not None, row["_now_closed_on"], page.stages_now
    )
    return mark_safe(f'<span class="fate" data-fate="{kind}">{escape(words)}</span>')


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
        Column("title", _("Deal"), ("title", *NOW), _title, sort="title", phone="main"),
        *(_recorded(column) for column in DealList.columns if column.key in SHOWN),
        Column("fate", _("Since then"), ("stage_id", *NOW), _fate),
    )
    filters: ClassVar[tuple[Filter, ...]] = (*RECORDED, STATUS, STAGE, PIPELINE, CLOSED)
    views = tuple(replace(view, counted=False) for view in DealList.views)
    empty = Empty("square-kanban", _("No deal on that day"), _("Choose another day, or go back to today."))

    def base(self) -> Any:
        """Return all deals of that day, each with what it is now."""
        return super().base().annotate(**{name: fact(name[1:]) for name in NOW})

    @property
    def board_url(self) -> str:
        """The address of the board of that day."""
        return self._on_the_day(super().board_url)

    def _draw(self, rows: Sequence[Row]) -> SafeString:
        """Draw rows with the names that companies had."""
        names = names_then(self.window.now, {row["company_id"] for row in rows if row["company_id"]}, ())
        return super()._draw([{**row, "company__name": names.get(row["company_id"])} for row in rows])

    @cached_property
    def stages_now(self) -> dict[UUID, Stage]:
        """The stages of today by id."""
        return Stage.objects.in_bulk()


__all__ = ["PastDealList"]
