"""What people can add to the lists of contacts and companies: more columns, and the fields of the filter builder."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from contacts.models import LeadStatus, Lifecycle, SizeBand
from crm.kernel.core import formats
from crm.kernel.listing.columns import Cell, Column, Row, day_cell
from crm.kernel.listing.conditions import Choice, Date, Field, Instant, Number, Person, Record, Tags, Text, YesNo
from crm.kernel.listing.conditions.members import InList
from crm.kernel.listing.lists import ListPage
from crm.kernel.listing.plain import (
    ago_column,
    day_column,
    link_column,
    number_column,
    tags_column,
    text_column,
    yes_column,
)

from .cells import company_name, status_cell


def _phone(row: Row, page: ListPage) -> str:
    return formats.phone(row["primary_phone"]) if row["primary_phone"] else ""


PLACE = (
    text_column("city", _("City"), edit="address"),
    text_column("country", _("Country"), edit="address"),
    text_column("region", _("Region"), edit="address"),
    text_column("postal_code", _("Postal code"), edit="address"),
    text_column("street", _("Street"), edit="address"),
)
ORIGIN = (
    ago_column("updated", _("Last changed"), "updated_at"),
    text_column("import_source", _("Imported from")),
    text_column("external_id", _("Id there")),
)
TAGS = tags_column(label=_("Tags"), edit="tags")
CREATED = Column("created", _("Created"), ("created_at",), day_cell("created_at"), sort="created")
_PERSONAL = (
    text_column("phone", _("Phone"), "primary_phone", cell=_phone, edit="phones"),
    text_column("job_title", _("Job title"), edit="job_title"),
    *PLACE,
    TAGS,
    text_column("company_industry", _("Industry of the company"), "company__industry"),
    text_column("language", _("Language"), edit="language"),
    text_column("middle_name", _("Middle name"), edit="name"),
    ago_column("worked", _("Last worked"), "last_worked_at"),
    yes_column("do_not_email", _("Do not e-mail"), tone="warn", edit="consent"),
    yes_column("do_not_call", _("Do not call"), tone="warn", edit="consent"),
    day_column("consent", _("Consent given"), "consent_at", edit="consent"),
    text_column("consent_basis", _("Legal basis"), edit="consent"),
    *ORIGIN,
)
CONTACT_COLUMNS = (
    *_PERSONAL,
    CREATED,
    text_column("source", _("Source"), edit="source"),
    number_column("score", _("Score"), "lead_score", edit="lead_score"),
    Column("status", _("Lead status"), ("lead_status",), status_cell),
    day_column("churned", _("Churned on"), "churned_on"),
    text_column("churned_reason", _("Why churned")),
)
LEAD_COLUMNS = (
    text_column("email", _("E-mail"), "primary_email", edit="emails"),
    *_PERSONAL,
    text_column("unqualified_reason", _("Why unqualified")),
)


def _listed(key: str, show: Callable[[str], str] = str) -> Cell:
    """Return a cell of several values, which `CompanyList.filled` has looked up."""
    return lambda row, page: ", ".join(show(each) for each in row.get(key, ()))


COMPANY_COLUMNS = (
    Column("domains", _("Domains"), (), _listed("domains"), edit="domains"),
    Column("phones", _("Phone"), (), _listed("phones", formats.phone), edit="phones"),
    text_column("city", _("City"), edit="address"),
    text_column("region", _("Region"), edit="address"),
    text_column("postal_code", _("Postal code"), edit="address"),
    text_column("street", _("Street"), edit="address"),
    link_column("website", _("Website"), edit="website"),
    text_column("parent", _("Parent company"), "parent__name", edit="parent"),
    *ORIGIN,
)


def _place() -> tuple[Field, ...]:
    group = _("Location")
    return (
        Text(key="city", label=_("City"), group=group),
        Text(key="country", label=_("Country"), group=group),
        Text(key="region", label=_("Region"), group=group),
        Text(key="postal_code", label=_("Postal code"), group=group),
        Text(key="street", label=_("Street"), group=group),
    )


def _origin() -> tuple[Field, ...]:
    group = _("Dates and origin")
    return (
        Instant(key="touched", label=_("Last activity"), column="last_touch_at", group=group),
        Instant(key="created", label=_("Created"), column="created_at", group=group),
        Instant(key="updated", label=_("Last changed"), column="updated_at", group=group),
        Text(key="import_source", label=_("Imported from"), group=group),
        Text(key="external_id", label=_("Id there"), group=group),
    )


_COMPANY = _("Company")
CONTACT_CONDITIONS: tuple[Field, ...] = (
    Text(key="first_name", label=_("First name")),
    Text(key="last_name", label=_("Last name")),
    Text(key="job_title", label=_("Job title")),
    Text(key="email", label=_("E-mail"), column="primary_email"),
    Text(key="phone", label=_("Phone"), column="primary_phone"),
    Person(key="owner", label=_("Owner"), column="owner_id"),
    Choice(key="lifecycle", label=_("Lifecycle"), options=Lifecycle.choices),
    Choice(key="status", label=_("Lead status"), column="lead_status", options=LeadStatus.choices),
    Number(key="score", label=_("Score"), column="lead_score"),
    Tags(key="tags", label=_("Tags")),
    InList(key="list", label=_("List"), kind="contact"),
    Text(key="source", label=_("Source")),
    Text(key="language", label=_("Language")),
    Instant(key="next", label=_("Next step"), column="next_step_at"),
    Instant(key="worked", label=_("Last worked"), column="last_worked_at"),
    YesNo(key="do_not_email", label=_("Do not e-mail")),
    YesNo(key="do_not_call", label=_("Do not call")),
    Instant(key="consent", label=_("Consent given"), column="consent_at"),
    Date(key="churned", label=_("Churned on"), column="churned_on"),
    Record(
        key="company", label=_("Company"), column="company_id", group=_COMPANY, options="contacts:company_options",
        name_of=company_name,
    ),
    Text(key="company_name", label=_("Name of the company"), column="company__name", group=_COMPANY),
    Text(key="industry", label=_("Industry of the company"), column="company__industry", group=_COMPANY),
    Choice(
        key="company_size", label=_("People of the company"), column="company__size_band", options=SizeBand.choices,
        group=_COMPANY,
    ),
    *_place(),
    *_origin(),
)  # fmt: skip
COMPANY_CONDITIONS: tuple[Field, ...] = (
    Text(key="name", label=_("Name")),
    Text(key="industry", label=_("Industry")),
    Choice(key="people", label=_("People"), column="size_band", options=SizeBand.choices),
    Text(key="website", label=_("Website")),
    Person(key="owner", label=_("Owner"), column="owner_id"),
    Tags(key="tags", label=_("Tags")),
    InList(key="list", label=_("List"), kind="company"),
    Record(
        key="parent", label=_("Parent company"), column="parent_id", options="contacts:company_options",
        name_of=company_name,
    ),
    *_place(),
    *_origin(),
)  # fmt: skip
