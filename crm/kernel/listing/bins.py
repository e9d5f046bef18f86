"""The bin of a kind of record as a list (R8): what was deleted, with Restore for each row and for a selection.

To add one: `class TaskBin(BinPage, TaskList)` with a key, columns that end with `restore_column`, and `bin_url_name` on
the list of the live records, which shows the way here. A `RestoreAction` (bulk/actions.py) serves the selection.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.html import icon_html

from .columns import Column, Row, ago_cell
from .lists import ListPage
from .sorting import Sort

BINNED = Column("binned", _("In the bin since"), ("binned_at",), ago_cell("binned_at"), sort="binned")
BY_BINNING = Sort("binned", _("Deleted last"), "binned_at", descending=True, indexed=False)


class BinPage(ListPage):
    """Base of bins; stands before the list of the live records, of which it keeps model, kind and search."""

    in_bin: ClassVar[bool] = True
    personal: ClassVar[bool] = False
    new_url_name: ClassVar[str] = ""
    field_url_name: ClassVar[str] = ""
    bin_url_name: ClassVar[str] = ""
    template: ClassVar[str] = "listing/list.html"
    extra_columns: ClassVar[tuple[Any, ...]] = ()
    conditions: ClassVar[tuple[Any, ...]] = ()
    custom_kind: ClassVar[str] = ""
    filters: ClassVar[tuple[Any, ...]] = ()
    views: ClassVar[tuple[Any, ...]] = ()
    sorts: ClassVar[tuple[Any, ...]] = (BY_BINNING,)

    def base(self) -> Any:
        """Return what is in the bin."""
        return self.model._default_manager.visible_to(self.actor).binned()  # type: ignore[attr-defined]


def owned(row: Row, page: ListPage) -> bool:
    """Say whether the reader may delete, and so restore, a record by its owner."""
    return bool(page.actor.scope(page.kind, "delete").covers(row["owner_id"]))


def restore_column(
    url_name: str,
    name: Callable[[Row], str],
    fields: Sequence[str] = ("owner_id",),
    may: Callable[[Row, ListPage], bool] = owned,
) -> Column:
    """Return the column of buttons that restore a row; `name(row)` is read to people who do not see the row."""

    def cell(row: Row, page: ListPage) -> str:
        if not may(row, page):
            return ""
        return format_html(
            '<form method="post" action="{url}" hx-post="{url}" hx-swap="none">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
            '<button class="btn btn-sm" type="submit">{icon}{label}<span class="sr-only"> {name}</span></button></form>',
            url=reverse(url_name, args=[row["pk"]]),
            token=get_token(page.request),
            icon=icon_html("undo-2"),
            label=_("Restore"),
            name=name(row),
        )

    return Column("restore", _("Actions"), tuple(fields), cell, phone="end", css="cell-actions")
