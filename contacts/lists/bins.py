"""The bins of contacts and of companies (R8)."""

from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact
from crm.kernel.listing.bins import BINNED, BY_BINNING, BinPage, restore_column
from crm.kernel.listing.columns import Column, person_column
from crm.kernel.listing.lists import Empty, TextSearch
from crm.kernel.listing.sorting import Sort

from .cells import PICTURE, company_picture, email_cell, full_name, plain_name

BY_NAME = Sort("name", _("Name"), "sort_name", indexed=False)


class ContactBin(BinPage):
    """Contacts in the bin (R8)."""

    key = "contact-bin"
    kind = "contact"
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
        BINNED,
        restore_column("contacts:contact_restore", full_name),
    )
    sorts = (BY_BINNING, BY_NAME)
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted contacts wait here and can be restored."))
    row_name = staticmethod(full_name)


class CompanyBin(BinPage):
    """Companies in the bin (R8)."""

    key = "company-bin"
    kind = "company"
    title = _("Deleted companies")
    url_name = "contacts:company_bin_list"
    model = Company
    search = TextSearch(placeholder=_("Name, domain, city or phone"), label=_("Search deleted companies"))
    picture = Column("picture", "", ("name",), company_picture)
    columns = (
        Column("name", _("Name"), ("name",), lambda row, page: row["name"], sort="name", phone="main"),
        Column("city", _("City"), ("city",), lambda row, page: row["city"], phone="sub"),
        person_column(label=_("Owner")),
        BINNED,
        restore_column("contacts:company_restore", plain_name),
    )
    sorts = (BY_BINNING, BY_NAME)
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted companies wait here and can be restored."))
    row_name = staticmethod(plain_name)
