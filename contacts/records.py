"""Reading one contact or company with all that its page shows, in as few queries as may be."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.shortcuts import get_object_or_404

from .models import (
    Company,
    CompanyDomain,
    CompanyEmail,
    CompanyPhone,
    Contact,
    ContactEmail,
    ContactPhone,
    DuplicatePair,
)


def _rows(model: Any, parent: str, value: str, *, primary: bool = True, label: bool = False) -> ArraySubquery:
    """Return the rows below a record as a list of values, the primary one first, in the record's own query."""
    rows = model.objects.filter(**{parent: OuterRef("pk")}).order_by(*(["-primary"] if primary else []), "pk")
    shown = JSONObject(id="pk", value=value, label=F("label")) if label else JSONObject(id="pk", value=value)
    return ArraySubquery(rows.values(json=shown))


def _paired() -> Exists:
    """Return whether a record is in the queue of duplicates at all: few are, and only of those more is asked."""
    return Exists(DuplicatePair.objects.filter(Q(first_id=OuterRef("pk")) | Q(second_id=OuterRef("pk"))))


def contact_for_page(actor: Any, pk: UUID) -> Contact:
    """Return a live contact that the person may see, with addresses, numbers, owner and company; one query.

    Else 404.
    """
    domain = CompanyDomain.objects.filter(company=OuterRef("company_id")).order_by("pk").values("domain")[:1]
    rows = Contact.objects.visible_to(actor).live().select_related("company", "owner")
    rows = rows.annotate(
        email_rows=_rows(ContactEmail, "contact", "address"),
        phone_rows=_rows(ContactPhone, "contact", "number", label=True),
        company_domain=Subquery(domain, output_field=CharField()),
        paired=_paired(),
    )
    return get_object_or_404(rows, pk=pk)


def company_for_page(actor: Any, pk: UUID) -> Company:
    """Return a live company that the person may see, with domains, addresses, numbers, owner and parent; one query.

    Else 404.
    """
    rows = Company.objects.visible_to(actor).live().select_related("parent", "owner")
    rows = rows.annotate(
        email_rows=_rows(CompanyEmail, "company", "address"),
        phone_rows=_rows(CompanyPhone, "company", "number"),
        domain_rows=_rows(CompanyDomain, "company", "domain", primary=False),
        paired=_paired(),
    )
    return get_object_or_404(rows, pk=pk)


def colleagues_of(actor: Any, company_id: UUID | None, but: UUID | None = None, most: int = 6) -> list[dict[str, Any]]:
    """Return people of a company whom the person may see, those spoken to last first.

    One more than `most` tells of more.
    """
    if company_id is None:
        return []
    rows = Contact.objects.visible_to(actor).live().filter(company_id=company_id)
    if but is not None:
        rows = rows.exclude(pk=but)
    rows = rows.order_by(F("last_touch_at").desc(nulls_last=True), "sort_name")
    return list(rows.values("pk", "first_name", "last_name", "job_title", "last_touch_at")[: most + 1])


def subsidiaries_of(actor: Any, company_id: UUID, most: int = 8) -> list[dict[str, Any]]:
    """Return the companies below a company that the person may see."""
    rows = Company.objects.visible_to(actor).live().filter(parent_id=company_id).order_by("sort_name")
    return list(rows.values("pk", "name", "city")[: most + 1])
