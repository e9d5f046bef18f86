"""Contacts and companies as files: all that the import reads, under its names (R2, R3)."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.exports.registry import Cell, Exporter, first, instant, joined, register, yes

from .models import Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone

OWNER = Cell("owner", ("owner__email", "owner__name"), lambda row: row["owner__email"] or row["owner__name"])
ADDRESS = tuple(Cell(name, (name,)) for name in ("street", "postal_code", "city", "region", "country"))


def _texts(model: type[Any], column: str, parent: str, *order: str) -> ArraySubquery:
    """Return the texts of a record's rows as one list."""
    rows = model._default_manager.filter(**{parent: OuterRef("pk")}).order_by(*order, "pk")
    return ArraySubquery(rows.values(column))


class ContactExporter(Exporter):
    """People."""

    kind = "contact"
    importer = "contacts"
    label = _("Contacts")
    model = Contact
    of_list = {
        "name": ("first_name", "middle_name", "last_name", "job_title"), "email": ("email", "emails"),
        "phone": ("phone", "phones"), "status": ("lead_status",),
    }  # fmt: skip
    cells = (
        Cell("external_id", ("pk",), lambda row: str(row["pk"])),
        Cell("first_name", ("first_name",)),
        Cell("middle_name", ("middle_name",)),
        Cell("last_name", ("last_name",)),
        Cell("email", ("all_emails",), first("all_emails")),
        Cell("emails", ("all_emails",), joined("all_emails", skip=1)),
        Cell("phone", ("all_phones",), first("all_phones")),
        Cell("phones", ("all_phones",), joined("all_phones", skip=1)),
        Cell("job_title", ("job_title",)),
        Cell("company", ("company__name",)),
        Cell("company_external_id", ("company_id",), lambda row: str(row["company_id"] or "")),
        Cell("lifecycle", ("lifecycle",)),
        Cell("lead_status", ("lead_status",)),
        Cell("unqualified_reason", ("unqualified_reason",)),
        Cell("churned_on", ("churned_on",)),
        Cell("churned_reason", ("churned_reason",)),
        Cell("lead_score", ("lead_score",)),
        Cell("source", ("source",)),
        OWNER,
        *ADDRESS,
        Cell("language", ("language",)),
        Cell("links", ("links",), joined("links", " ")),
        Cell("tags", ("tags",), joined("tags")),
        Cell("do_not_email", ("do_not_email",), yes("do_not_email")),
        Cell("do_not_call", ("do_not_call",), yes("do_not_call")),
        Cell("consent_at", ("consent_at",), instant("consent_at")),
        Cell("consent_how", ("consent_how",)),
        Cell("consent_basis", ("consent_basis",)),
        Cell("description", ("description",)),
        Cell("created", ("created_at",), instant("created_at")),
    )

    def annotated(self, rows: Any) -> Any:
        """Add addresses and numbers, the primary ones first."""
        return rows.annotate(
            all_emails=_texts(ContactEmail, "address", "contact", "-primary"),
            all_phones=_texts(ContactPhone, "number", "contact", "-primary"),
        )


class CompanyExporter(Exporter):
    """Organisations."""

    kind = "company"
    importer = "companies"
    label = _("Companies")
    model = Company
    cells = (
        Cell("external_id", ("pk",), lambda row: str(row["pk"])),
        Cell("name", ("name",)),
        Cell("domains", ("all_domains",), joined("all_domains")),
        Cell("website", ("website",)),
        Cell("industry", ("industry",)),
        Cell("size_band", ("size_band",)),
        Cell("emails", ("all_emails",), joined("all_emails")),
        Cell("phones", ("all_phones",), joined("all_phones")),
        Cell("parent", ("parent__name",)),
        OWNER,
        *ADDRESS,
        Cell("tags", ("tags",), joined("tags")),
        Cell("description", ("description",)),
        Cell("created", ("created_at",), instant("created_at")),
    )

    def annotated(self, rows: Any) -> Any:
        """Add domains, addresses and numbers."""
        return rows.annotate(
            all_domains=_texts(CompanyDomain, "domain", "company"),
            all_emails=_texts(CompanyEmail, "address", "company"),
            all_phones=_texts(CompanyPhone, "number", "company"),
        )


def connect() -> None:
    """Offer contacts, leads and companies for export."""
    register(ContactExporter())
    register(CompanyExporter())
