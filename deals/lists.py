"""The list of deals, and the filters, orders and search that it shares with the board."""

from typing import ClassVar
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.html import icon_html, org_avatar_html
from crm.kernel.listing.bins import BINNED, BinPage, restore_column
from crm.kernel.listing.columns import Column, Row, Total, ago_cell, day_cell, link, person_column, time_html
from crm.kernel.listing.filters import (
    ChoiceFilter,
    DateFilter,
    FigureFilter,
    Filter,
    PersonFilter,
    RecordFilter,
    TagFilter,
    WordFilter,
    YesFilter,
)
from crm.kernel.listing.lists import Empty, ListPage, TextSearch, View
from crm.kernel.listing.plain import tags_column
from crm.kernel.listing.sorting import Sort

from .cards import STEP_ICONS, next_due, step_words
from .days import moments_of
from .metrics.figures import Figure
from .metrics.moments import Moments
from .models import Deal, Stage
from .models.deal import quiet
from .offers import DEAL_COLUMNS, DEAL_CONDITIONS, company_name, pipeline_choices, stage_choices
from .tones import tones

OWNER = PersonFilter(key="owner", label=_("Owner"), nobody=False)
CLOSES = DateFilter(
    key="closes",
    label=_("Closes"),
    column="expected_close",
    instant=False,
    periods=("overdue", "today", "this-week", "this-month", "next-30"),
)
COMPANY = RecordFilter(
    key="company", label=_("Company"), column="company_id", options="contacts:company_options", name_of=company_name
)
TAG = TagFilter()
SOURCE = WordFilter(key="source", label=_("Source"), column="source")
STATUS = ChoiceFilter(key="status", label=_("Status"), column="stage__kind_of", choices=Stage.Kind.choices)
STAGE = ChoiceFilter(key="stage", label=_("Stage"), column="stage_id", choices=stage_choices)
PIPELINE = ChoiceFilter(key="pipeline", label=_("Pipeline"), column="pipeline_id", choices=pipeline_choices)
CLOSED = DateFilter(
    key="closed", label=_("Closed"), column="closed_on", instant=False, periods=("this-week", "this-month", "last-30")
)
GAPS = (
    YesFilter(key="no_customer", label=_("No customer"), rows=Q(company__isnull=True, people__isnull=True)),
    YesFilter(key="no_amount", label=_("No amount"), rows=Q(amount__isnull=True)),
    YesFilter(key="no_close", label=_("No close date"), rows=Q(expected_close__isnull=True)),
    YesFilter(key="no_next", label=_("No next step"), rows=Q(next_step_type="")),
    YesFilter(key="quiet", label=_("Gone quiet"), rows=lambda page: quiet(timezone.now())),
)
# What can be asked of a past day as well: people in deals, next steps and activities are not recorded with deals (N8).
RECORDED: tuple[Filter, ...] = (
    OWNER, CLOSES, COMPANY, TAG, SOURCE, *(gap for gap in GAPS if gap.key in ("no_amount", "no_close")),
)  # fmt: skip
SEARCH = TextSearch(
    prefix="sort_title", placeholder=_("Find a deal"), label=_("Find a deal by title, company or person")
)
BY_CLOSE = Sort("close", _("Close date"), "expected_close", nullable=True)
BY_AMOUNT = Sort("amount", _("Amount"), "amount", descending=True, nullable=True, by_owner=True)
BY_CREATION = Sort("created", _("Newest"), "created_at", descending=True, by_owner=True)
BY_TITLE = Sort("title", _("Title"), "sort_title")


def restated(page: ListPage) -> Q:
    """Return the condition of deals whose close was dated back into an earlier month (P4)."""
    return Q(pk__in=Deal.objects.restated().values("pk"))


def _title(row: Row, page: ListPage) -> str:
    return link(f"/deals/{row['pk']}/", row["title"])


def _company(row: Row, page: ListPage) -> str:
    name = row["company__name"]
    if not name:
        return ""
    picture = org_avatar_html(name, row["company_id"], "xs")
    return mark_safe(
        f'<span class="row"><span class="only-wide-inline">{picture}</span>'
        f'<span class="clip">{escape(name)}</span></span>'
    )


def _stage(row: Row, page: ListPage) -> str:
    assert isinstance(page, DealList)
    tone = page.stage_tones.get(row["stage_id"], "1")
    return mark_safe(
        f'<span class="row"><span class="dot" data-stage="{tone}"></span>'
        f'<span class="clip">{escape(row["stage__name"])}</span></span>'
    )


def _amount(row: Row, page: ListPage) -> str:
    if row["amount"] is None:
        return mark_safe(f'<span class="dim">{escape(_("No amount"))}</span>')
    return formats.money(row["amount"], row["currency"])


def _closes(row: Row, page: ListPage) -> str:
    day = row["closed_on"] or row["expected_close"]
    if day is None:
        return ""
    late = row["closed_on"] is None and day < page.today
    words = time_html(day, formats.day(day))
    return (
        mark_safe(f'<span class="next" data-due="over">{icon_html("triangle-alert")}{words}</span>') if late else words
    )


def _next_step(row: Row, page: ListPage) -> str:
    if not row["next_step_type"]:
        return ""
    due, when = next_due(row["next_step_at"], row["next_step_due"], timezone.now())
    icon = icon_html(STEP_ICONS.get(row["next_step_type"], "circle-check"))
    words = escape(f"{step_words(row['next_step_type'], row['next_step_text'])} {when}".rstrip())
    return mark_safe(f'<span class="next" data-due="{due}">{icon}{words}</span>')


class DealList(ListPage):
    """All deals that a person may see, open and closed (P0)."""

    key = "deals"
    kind = "deal"
    title = _("Deals")
    url_name = "deals:deal_list"
    new_url_name = "deals:deal_new"
    new_label = _("New deal")
    bin_url_name = "deals:deal_bin"
    model = Deal
    field_url_name = "deals:deal_field"
    template = "deals/list.html"
    search = SEARCH
    columns: ClassVar[tuple[Column, ...]] = (
        Column("title", _("Deal"), ("title",), _title, sort="title", phone="main"),
        Column("company", _("Company"), ("company_id", "company__name"), _company, phone="sub"),
        Column("stage", _("Stage"), ("stage_id", "stage__name"), _stage, phone="sub-end"),
        Column(
            "amount",
            _("Amount"),
            ("amount", "currency"),
            _amount,
            sort="amount",
            phone="end",
            css="num",
            total=Total("amount", lambda row: (row["amount"], row["currency"]), "currency"),
            edit="amount",
        ),
        Column("close", _("Closes"), ("expected_close", "closed_on"), _closes, sort="close", edit="expected_close"),
        person_column(label=_("Owner")),
        Column(
            "next", _("Next step"), ("next_step_at", "next_step_due", "next_step_type", "next_step_text"), _next_step
        ),
        Column("activity", _("Last activity"), ("last_activity_at",), ago_cell("last_activity_at")),
        tags_column(label=_("Tags"), edit="tags"),
        Column("created", _("Created"), ("created_at",), day_cell("created_at"), sort="created"),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        OWNER,
        STATUS,
        STAGE,
        PIPELINE,
        CLOSES,
        CLOSED,
        COMPANY,
        TAG,
        SOURCE,
        *GAPS,
        YesFilter(key="restated", label=_("Dated back"), rows=restated),
        FigureFilter(key="figure", label=_("Figure"), parse=Figure.parse),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        BY_CREATION,
        BY_TITLE,
        BY_CLOSE,
        BY_AMOUNT,
    )
    views: ClassVar[tuple[View, ...]] = (
        View("open", _("All open"), {"status": "open"}, counted=True),
        View("mine", _("My deals"), {"status": "open", "owner": "me"}, counted=True),
        View("won", _("Won"), {"status": "won"}),
        View("lost", _("Lost"), {"status": "lost"}),
        View("all", _("Everything")),
    )
    empty = Empty(
        "square-kanban",
        _("No deals yet"),
        _("A deal is a chance to sell something. Make one here, or qualify a lead."),
    )

    extra_columns: ClassVar[tuple[Column, ...]] = DEAL_COLUMNS
    conditions = DEAL_CONDITIONS
    custom_kind = "deal"

    @cached_property
    def moments(self) -> Moments | None:
        """The chooser of past days (N8)."""
        kept = {param for each in (*RECORDED, STATUS, STAGE, PIPELINE, CLOSED) for param in each.params}
        return moments_of(self, {"q", "sort", *kept}, [sort.key for sort in self.sorts])

    @property
    def board_url(self) -> str:
        """The address of the board."""
        return reverse("deals:board")

    @classmethod
    def row_name(cls, row: Row) -> str:
        """Return the deal's title."""
        return str(row["title"])

    @cached_property
    def stage_tones(self) -> dict[UUID, str]:
        """The colour of each stage's dot."""
        return tones(list(Stage.objects.order_by("pipeline_id", "position")))


class BinnedDeals(BinPage, DealList):
    """The deals in the bin (R8)."""

    key = "deal-bin"
    moments = None
    title = _("Deals in the bin")
    url_name = "deals:deal_bin"
    columns = (
        Column("title", _("Deal"), ("title",), lambda row, page: row["title"], phone="main"),
        Column("company", _("Company"), ("company_id", "company__name"), _company, phone="sub"),
        Column("stage", _("Stage"), ("stage_id", "stage__name"), _stage),
        Column("amount", _("Amount"), ("amount", "currency"), _amount, css="num"),
        person_column(label=_("Owner")),
        BINNED,
        restore_column("deals:deal_restored", lambda row: str(row["title"]), ("title", "owner_id")),
    )
    filters = (OWNER,)
    empty = Empty("trash-2", _("The bin is empty"), _("Deals that you put into the bin wait here to be restored."))
