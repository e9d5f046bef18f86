"""The bins of contacts and of companies (R8)."""

from collections.abc import Callable
from typing import Any

from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.core.html import escape
from crm.kernel.listing.columns import Cell, Column, Row, ago_cell, person_column
from crm.kernel.listing.lists import Empty, ListPage, TextSearch
from crm.kernel.listing.sorting import Sort

from .cells import PICTURE, company_picture, email_cell, full_name, plain_name


def _restore_button(url_name: str, name: Callable[[Row], str]) -> Cell:
    def cell(row: Row, page: ListPage) -> str:
        if not page.actor.scope(page.kind, "delete").covers(row["owner_id"]):
            return ""
        url = reverse(url_name, args=[row["pk"]])
        return mark_safe(
            f'<form method="post" action="{url}" hx-post="{url}" hx-swap="none">'
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(page.request)}">'
            f'<button class="btn btn-sm" type="submit">{escape(_("Restore"))}'
            f'<span class="sr-only"> {escape(name(row))}</span></button></form>'
        )

    return cell


class ContactBin(ListPage):
    """Contacts in the bin (R8)."""

    key = "contact-bin"
    kind = "contact"
    personal = False
    title = _("Deleted contacts")
    url_name = "contacts:contact_bin_list"
    model = Contact
    search = TextSearch(placeholder=_("Name, e-mail, company or phone"), label=_("Search deleted contacts"))
    picture = PICTURE
    columns = (
        Column(
            "name", _("Name"), ("first_name", "last_name"), lambda row, page: full_name(row), sort="name", phone="main"
        ),
        Column("email", _("E-mail"), ("primary_email",), email_cell, phone="sub"),
        person_column(label=_("Owner")),
        Column("binned", _("Deleted"), ("binned_at",), ago_cell("binned_at"), sort="binned"),
        Column(
            "restore", _("Actions"), ("owner_id",), _restore_button("contacts:contact_restore", full_name), phone="end",
            css="cell-actions",
        ),
    )  # fmt: skip
    sorts = (
        Sort("binned", _("Deleted last"), "binned_at", descending=True, indexed=False),
        Sort("name", _("Name"), "sort_name", indexed=False),
    )
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted contacts wait here and can be restored."))
    row_name = staticmethod(full_name)

    def base(self) -> Any:
        """Return what is in the bin."""
        return self.model.objects.visible_to(self.actor).binned()


class CompanyBin(ListPage):
    """Companies in the bin (R8)."""

    key = "company-bin"
    kind = "company"
    personal = False
    title = _("Deleted companies")
    url_name = "contacts:company_bin_list"
    model = Company
    search = TextSearch(placeholder=_("Name, domain, city or phone"), label=_("Search deleted companies"))
    picture = Column("picture", "", ("name",), company_picture)
    columns = (
        Column("name", _("Name"), ("name",), lambda row, page: row["name"], sort="name", phone="main"),
        Column("city", _("City"), ("city",), lambda row, page: row["city"], phone="sub"),
        person_column(label=_("Owner")),
        Column("binned", _("Deleted"), ("binned_at",), ago_cell("binned_at"), sort="binned"),
        Column(
            "restore", _("Actions"), ("owner_id",),
            _restore_button("contacts:company_restore", plain_name),
            phone="end", css="cell-actions",
        ),
    )  # fmt: skip
    sorts = (
        Sort("binned", _("Deleted last"), "binned_at", descending=True, indexed=False),
        Sort("name", _("Name"), "sort_name", indexed=False),
    )
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted companies wait here and can be restored."))
    row_name = staticmethod(plain_name)

    def base(self) -> Any:
        """Return what is in the bin."""
        return self.model.objects.visible_to(self.actor).binned()
