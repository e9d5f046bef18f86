"""Finding contacts and companies by name, e-mail, number or domain: for typeaheads, lists, the palette and `/search/`."""

from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.core.html import avatar_html, org_avatar_html
from crm.kernel.search.engine import Hit, Searchable, find_by_text
from crm.kernel.search.language import Query, digits_of
from crm.kernel.search.operators import by_person, by_tag
from crm.kernel.search.words import NOTHING, folded

from .models import Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone, Lifecycle

STAGES = {
    "lead": Lifecycle.LEAD,
    "leads": Lifecycle.LEAD,
    "customer": Lifecycle.CUSTOMER,
    "customers": Lifecycle.CUSTOMER,
}
PEOPLE = ("contacts", "person", "people", *STAGES)
COMPANIES = ("companies", "organisation", "organization", "account", "accounts")


def _exact_contact(query: Query) -> Q:
    if query.address:
        return Q(pk__in=ContactEmail.objects.filter(address=query.address, live=True).values("contact_id"))
    number = digits_of(query.text) if query.text.startswith("+") else ""
    return Q(pk__in=ContactPhone.objects.filter(number=f"+{number}").values("contact_id")) if number else NOTHING


def _by_stage(_actor: Actor, value: str) -> Q:
    stage = STAGES.get(value.casefold())
    if stage is not None:
        return Q(lifecycle=stage)
    return Q() if value.casefold() in ("contact", *PEOPLE) else NOTHING


def in_company(actor: Actor, value: str) -> Q:
    """Return what belongs to a company whose name holds a text: the operator `company:` of every record with one."""
    named = Company.objects.visible_to(actor).live().filter(search_text__contains=folded(value))
    return Q(company__in=named.filter(sort_name__contains=folded(value)).values("pk"))


def _by_email(model: Any, column: str) -> Any:
    """Return the operator for a part of an address: the index of the search text first, then the addresses."""

    def condition(_actor: Actor, value: str) -> Q:
        rows = model.objects.filter(**{column: OuterRef("pk")}, address__contains=value.lower())
        return Q(search_text__contains=folded(value)) & Q(Exists(rows))

    return condition


def _by_phone(model: Any, column: str) -> Any:
    """Return the operator for a part of a phone number in any notation."""

    def condition(_actor: Actor, value: str) -> Q:
        digits = digits_of(value)
        if not digits:
            return NOTHING
        rows = model.objects.filter(**{column: OuterRef("pk")}, number__contains=digits)
        return Q(search_text__contains=digits) & Q(Exists(rows))

    return condition


def _contact_hit(row: Mapping[str, Any]) -> Hit:
    name = f"{row['first_name']} {row['last_name']}".strip()
    about = ", ".join(filter(None, (row["job_title"], row["company__name"]))) or row["primary_email"]
    phone = formats.phone(row["primary_phone"]) if row["primary_phone"] else ""
    more = tuple(filter(None, (row["middle_name"], row["primary_email"], phone)))
    url = f"/contacts/{row['pk']}/"
    return Hit("contact", row["pk"], name, about, url, avatar_html(name, row["pk"]), more=more)


CONTACTS = Searchable(
    kind="contact",
    label=_("Contacts"),
    icon="users",
    rows=lambda actor: Contact.objects.visible_to(actor).live(),
    values=(
        "first_name", "middle_name", "last_name", "job_title", "primary_email", "primary_phone", "company__name",
    ),
    hit=_contact_hit,
    recent="last_touch_at",
    exact=_exact_contact,
    covered=True,
    operators={
        "owner": by_person(),
        "tag": by_tag,
        "email": _by_email(ContactEmail, "contact"),
        "phone": _by_phone(ContactPhone, "contact"),
        "company": in_company,
        "type": _by_stage,
    },
    types=PEOPLE,
    list_url_name="contacts:contact_list",
    order=10,
)  # fmt: skip


def _exact_company(query: Query) -> Q:
    if query.address:
        return Q(pk__in=CompanyEmail.objects.filter(address=query.address).values("company_id"))
    if "." in query.text and " " not in query.text:
        return Q(pk__in=CompanyDomain.objects.filter(domain=query.text.lower(), live=True).values("company_id"))
    return NOTHING


def _with_domain(rows: Any) -> Any:
    domain = CompanyDomain.objects.filter(company=OuterRef("pk")).order_by("pk").values("domain")[:1]
    return rows.annotate(domain=Subquery(domain, output_field=CharField()))


def _company_hit(row: Mapping[str, Any]) -> Hit:
    about = ", ".join(filter(None, (row["domain"], row["city"])))
    picture = org_avatar_html(row["name"], row["pk"])
    return Hit("company", row["pk"], row["name"], about, f"/companies/{row['pk']}/", picture)


COMPANY = Searchable(
    kind="company",
    label=_("Companies"),
    icon="building-2",
    rows=lambda actor: Company.objects.visible_to(actor).live(),
    values=("name", "city", "domain"),
    annotate=_with_domain,
    hit=_company_hit,
    recent="last_touch_at",
    exact=_exact_company,
    operators={
        "owner": by_person(),
        "tag": by_tag,
        "email": _by_email(CompanyEmail, "company"),
        "phone": _by_phone(CompanyPhone, "company"),
        "company": lambda _actor, value: Q(search_text__contains=folded(value), sort_name__contains=folded(value)),
    },
    types=COMPANIES,
    list_url_name="contacts:company_list",
    order=20,
)


def find_contacts(actor: Actor, text: str, most: int = 8) -> list[Hit]:
    """Return the best matches for what was typed into a typeahead: exact address and name, then one's own."""
    return find_by_text(CONTACTS, actor, text, most)


def find_companies(actor: Actor, text: str, most: int = 8) -> list[Hit]:
    """Return the best matches for what was typed into a typeahead: exact domain and name, then one's own."""
    return find_by_text(COMPANY, actor, text, most)
