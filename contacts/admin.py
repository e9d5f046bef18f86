"""Companies and contacts in the admin, saved by the same services as the pages (U5)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.kernel.core.adminsite import BinFilter, ReadOnlyAdmin, RecordAdmin, RowsInline
from crm.kernel.core.changes import Actor

from .models import (
    Company,
    CompanyDomain,
    CompanyEmail,
    CompanyPhone,
    Contact,
    ContactEmail,
    ContactPhone,
    Dismissal,
    DuplicateCheck,
    DuplicateKey,
    DuplicatePair,
    DuplicateRules,
    DuplicateScan,
    Erasure,
    PersonalRun,
)  # fmt: skip
from .services.bin import bin_companies, bin_contacts, restore_companies, restore_contacts
from .services.companies import create_company, edit_company
from .services.contacts import create_contact, edit_contact

ADDRESS = ("street", "postal_code", "city", "region", "country")


class DomainInline(RowsInline):
    """Domains of a company."""

    model = CompanyDomain


class CompanyEmailInline(RowsInline):
    """Shared addresses of a company."""

    model = CompanyEmail


class CompanyPhoneInline(RowsInline):
    """Phones of a company."""

    model = CompanyPhone


@admin.register(Company)
class CompanyAdmin(RecordAdmin):
    """Companies."""

    list_display = ("name", "industry", "owner", "parent", "created_at")
    list_filter = (BinFilter, "owner", "size_band")
    list_select_related = ("owner", "parent")
    search_fields = ("search_text",)
    autocomplete_fields = ("owner", "parent")
    fields = ("name", "industry", "size_band", "website", "parent", "owner", "tags", "description", *ADDRESS)
    inlines = (DomainInline, CompanyEmailInline, CompanyPhoneInline)
    ordering = ("-id",)

    def edit(self, request: HttpRequest, pk: Any, values: dict[str, Any]) -> Company:
        """Change a company by its service."""
        return edit_company(company_id=pk, values=values, actor=self.actor(request))

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Company:
        """Make a company by its service."""
        return create_company(values=values, actor=self.actor(request))

    def bin_records(self, ids: list[Any], actor: Actor) -> int:
        """Put companies into the bin."""
        return len(bin_companies(company_ids=ids, actor=actor))

    def restore_records(self, ids: list[Any], actor: Actor) -> int:
        """Bring companies back."""
        return len(restore_companies(company_ids=ids, actor=actor))


class ContactEmailInline(RowsInline):
    """E-mail addresses of a contact."""

    model = ContactEmail


class ContactPhoneInline(RowsInline):
    """Phones of a contact."""

    model = ContactPhone


@admin.register(Contact)
class ContactAdmin(RecordAdmin):
    """Contacts and leads."""

    list_display = ("name", "company", "primary_email", "owner", "lifecycle", "created_at")
    list_filter = (BinFilter, "lifecycle", "lead_status", "owner")
    list_select_related = ("company", "owner")
    search_fields = ("search_text",)
    autocomplete_fields = ("company", "owner")
    fields = (
        "first_name", "middle_name", "last_name", "job_title", "company", "owner", "lifecycle", "churned_on",
        "churned_reason", "lead_status", "unqualified_reason", "lead_score", "source", "language", "links", "tags",
        "description", "do_not_email", "do_not_call", "consent_at", "consent_how", "consent_basis", *ADDRESS,
    )  # fmt: skip
    inlines = (ContactEmailInline, ContactPhoneInline)
    ordering = ("-id",)

    def edit(self, request: HttpRequest, pk: Any, values: dict[str, Any]) -> Contact:
        """Change a contact by its service."""
        return edit_contact(contact_id=pk, values=values, actor=self.actor(request))

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Contact:
        """Make a contact by its service."""
        return create_contact(values=values, actor=self.actor(request))

    def bin_records(self, ids: list[Any], actor: Actor) -> int:
        """Put contacts into the bin."""
        return len(bin_contacts(contact_ids=ids, actor=actor))

    def restore_records(self, ids: list[Any], actor: Actor) -> int:
        """Bring contacts back."""
        return len(restore_contacts(contact_ids=ids, actor=actor))


@admin.register(ContactEmail, ContactPhone)
class ContactRowAdmin(ReadOnlyAdmin):
    """Addresses and phones of contacts; they are changed with their contact."""

    list_display = ("__str__", "contact", "primary")
    list_select_related = ("contact",)
    ordering = ("-id",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Find by the beginning, which has an index."""
        return ("address__startswith",) if self.model is ContactEmail else ("number__startswith",)


@admin.register(CompanyDomain, CompanyEmail, CompanyPhone)
class CompanyRowAdmin(ReadOnlyAdmin):
    """Domains, addresses and phones of companies; they are changed with their company."""

    list_display = ("__str__", "company")
    list_select_related = ("company",)
    ordering = ("-id",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Find by the beginning."""
        column = {CompanyDomain: "domain", CompanyEmail: "address", CompanyPhone: "number"}[self.model]
        return (f"{column}__startswith",)


@admin.register(DuplicateRules)
class DuplicateRulesAdmin(ReadOnlyAdmin):
    """By what records are known to be one; the settings page changes it."""

    list_display = ("record_kind", "possible", "certain")


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    """Pairs that may be one."""

    list_display = ("record_kind", "first_id", "second_id", "score", "found_at")
    list_filter = ("record_kind",)
    search_fields = ("first_id__exact", "second_id__exact")
    ordering = ("-id",)


@admin.register(Dismissal)
class DismissalAdmin(ReadOnlyAdmin):
    """Pairs that somebody said are not one."""

    list_display = ("record_kind", "first_id", "second_id", "user", "at")
    list_filter = ("record_kind",)
    list_select_related = ("user",)
    search_fields = ("first_id__exact", "second_id__exact")
    ordering = ("-id",)


@admin.register(DuplicateKey)
class DuplicateKeyAdmin(ReadOnlyAdmin):
    """What records have in common, as hashes."""

    list_display = ("record_kind", "key", "record_id")
    list_filter = ("record_kind",)
    search_fields = ("record_id__exact",)
    ordering = ("-id",)


@admin.register(DuplicateCheck)
class DuplicateCheckAdmin(ReadOnlyAdmin):
    """Records that wait for being compared."""

    list_display = ("record_kind", "record_id")
    list_filter = ("record_kind",)
    search_fields = ("record_id__exact",)
    ordering = ("-id",)


@admin.register(DuplicateScan)
class DuplicateScanAdmin(ReadOnlyAdmin):
    """Looks at all records of a kind."""

    list_display = ("record_kind", "phase", "state", "rows_done", "rows_total", "user", "created_at")
    list_filter = ("state",)
    list_select_related = ("user",)
    ordering = ("-id",)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """People who were erased, when and by whom."""

    list_display = ("contact", "label", "user", "rows", "at")
    list_select_related = ("contact", "user")
    search_fields = ("contact__id__exact",)
    ordering = ("-id",)


@admin.register(PersonalRun)
class PersonalRunAdmin(ReadOnlyAdmin):
    """Archives and erasures of people, on their way."""

    list_display = ("kind", "contact", "state", "user", "created_at", "expires_at")
    list_filter = ("kind", "state")
    list_select_related = ("contact", "user")
    search_fields = ("contact__id__exact",)
    ordering = ("-id",)
