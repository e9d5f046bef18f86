"""The list of companies."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, CompanyDomain, CompanyPhone, SizeBand
from crm.kernel.listing.columns import Column, Row, ago_cell, day_cell, person_column
from crm.kernel.listing.filters import ChoiceFilter, DateFilter, PersonFilter, RecordFilter, TagFilter, WordFilter
from crm.kernel.listing.lists import Empty, ListPage, TextSearch, View
from crm.kernel.listing.plain import tags_column, text_column
from crm.kernel.listing.sorting import Sort

from .cells import company_name, company_name_cell, company_picture, plain_name, size_cell
from .offers import COMPANY_COLUMNS, COMPANY_CONDITIONS

# Columns of which a company has several values: their key, their table, its column.
SEVERAL: tuple[tuple[str, type[Any], str], ...] = (
    ("domains", CompanyDomain, "domain"),
    ("phones", CompanyPhone, "number"),
)


class CompanyList(ListPage):
    """All companies (R3)."""

    key = "companies"
    kind = "company"
    title = _("Companies")
    url_name = "contacts:company_list"
    new_url_name = "contacts:company_new"
    bin_url_name = "contacts:company_bin_list"
    new_label = _("New company")
    model = Company
    field_url_name = "contacts:company_field"
    search = TextSearch(placeholder=_("Name, domain, city or phone"), label=_("Search companies"))
    picture = Column("picture", "", ("name",), company_picture)
    columns = (
        Column("name", _("Name"), ("name", "city"), company_name_cell, sort="name", phone="main"),
        text_column("industry", _("Industry"), phone="sub", edit="industry"),
        Column("people", _("People"), ("size_band",), size_cell, edit="size_band"),
        text_column("country", _("Country"), phone="end", edit="address"),
        person_column(label=_("Owner"), edit="owner"),
        Column(
            "touched",
            _("Last activity"),
            ("last_touch_at",),
            ago_cell("last_touch_at"),
            sort="touched",
            phone="sub-end",
        ),
        tags_column(label=_("Tags"), edit="tags"),
        Column("created", _("Created"), ("created_at",), day_cell("created_at"), sort="created"),
    )
    filters = (
        PersonFilter(key="owner", label=_("Owner")),
        WordFilter(key="industry", label=_("Industry")),
        ChoiceFilter(key="people", label=_("People"), column="size_band", choices=SizeBand.choices),
        WordFilter(key="country", label=_("Country")),
        RecordFilter(
            key="parent", label=_("Parent company"), column="parent_id", options="contacts:company_options",
            name_of=company_name
        ),
        TagFilter(),
        DateFilter(
            key="touched", label=_("Last activity"), column="last_touch_at",
            periods=("today", "last-7", "last-30", "not-30", "never"),
        ),
        DateFilter(key="created", label=_("Created"), column="created_at"),
    )  # fmt: skip
    sorts = (
        Sort("name", _("Name"), "sort_name"),
        Sort("touched", _("Last activity"), "last_touch_at", descending=True, nullable=True),
        Sort("created", _("Newest"), "created_at", descending=True),
    )
    views = (
        View("all", _("All companies")),
        View("mine", _("My companies"), {"owner": "me"}, counted=True),
        View("unowned", _("Unowned"), {"owner": "none"}, counted=True),
    )
    empty = Empty("building-2", _("No companies yet"), _("Companies group your contacts and deals. Add the first one."))
    row_name = staticmethod(plain_name)
    extra_columns = COMPANY_COLUMNS
    conditions = COMPANY_CONDITIONS
    custom_kind = "company"

    def _draw(self, rows: Sequence[Row]) -> SafeString:
        return super()._draw(self.filled(rows))

    def filled(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows with domains and numbers where these columns are shown, by one query each."""
        shown = {column.key for column in self.shown}
        found: dict[UUID, dict[str, list[str]]] = {row["pk"]: {} for row in rows}
        for key, model, name in SEVERAL:
            if key in shown:
                values = model.objects.filter(company_id__in=list(found)).order_by("pk")
                for pk, value in values.values_list("company_id", name):
                    found[pk].setdefault(key, []).append(value)
        return [{**row, **found[row["pk"]]} for row in rows]
