"""Finding contacts and companies by name, e-mail, number or domain: for typeaheads, the palette and the search page."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import CharField, OuterRef, Q, Subquery

from crm.kernel.core.changes import Actor
from crm.kernel.core.html import avatar_html, org_avatar_html
from crm.kernel.search.registry import Hit
from crm.kernel.search.words import clean, folded, matching

from .models import Company, CompanyDomain, Contact, ContactEmail

# A fragment may match half of the table: this many matches are looked at, and the best of them shown.
CANDIDATES = 60


def find_contacts(actor: Actor, text: str, most: int = 8) -> list[Hit]:
    """Return the best matches.

    The exact address first, then names that begin with the text, one's own before others'.
    """
    text = clean(text)
    rows = Contact.objects.visible_to(actor).live()
    if not text:
        found = _contacts(rows.order_by("-created_at", "-pk"), most)
        return [_contact_hit(row, 9) for row in found]
    exact = set(ContactEmail.objects.filter(address=text.lower(), live=True).values_list("contact_id", flat=True))
    begins = _contacts(rows.filter(Q(sort_name__startswith=folded(text)) | Q(pk__in=exact)), CANDIDATES)
    more = _contacts(rows.filter(matching(text)), CANDIDATES) if len(begins) < most and len(text) > 2 else []
    return _best(actor, begins, more, most, _contact_hit, exact)


def _contacts(rows: Any, most: int) -> list[dict[str, Any]]:
    names = ("pk", "first_name", "last_name", "job_title", "owner_id", "primary_email", "company__name")
    return list(rows.values(*names)[:most])


def _contact_hit(row: dict[str, Any], rank: int) -> Hit:
    name = f"{row['first_name']} {row['last_name']}".strip()
    about = ", ".join(filter(None, (row["job_title"], row["company__name"]))) or row["primary_email"]
    return Hit("contact", row["pk"], name, about, f"/contacts/{row['pk']}/", avatar_html(name, row["pk"]), rank)


def named_contacts(actor: Actor, ids: Iterable[UUID]) -> list[Hit]:
    """Return those of these contacts that the person may see."""
    rows = Contact.objects.visible_to(actor).live().filter(pk__in=list(ids))
    return [_contact_hit(row, 9) for row in _contacts(rows, 100)]


def find_companies(actor: Actor, text: str, most: int = 8) -> list[Hit]:
    """Return the best matches: names that begin with the text, one's own before others'."""
    text = clean(text)
    rows = Company.objects.visible_to(actor).live()
    if not text:
        return [_company_hit(row, 9) for row in _companies(rows.order_by("-created_at", "-pk"), most)]
    begins = _companies(rows.filter(sort_name__startswith=folded(text)), CANDIDATES)
    more = _companies(rows.filter(matching(text)), CANDIDATES) if len(begins) < most and len(text) > 2 else []
    return _best(actor, begins, more, most, _company_hit, set())


def _companies(rows: Any, most: int) -> list[dict[str, Any]]:
    domain = CompanyDomain.objects.filter(company=OuterRef("pk")).order_by("pk").values("domain")[:1]
    rows = rows.annotate(domain=Subquery(domain, output_field=CharField()))
    return list(rows.values("pk", "name", "city", "owner_id", "domain")[:most])


def _company_hit(row: dict[str, Any], rank: int) -> Hit:
    about = ", ".join(filter(None, (row["domain"], row["city"])))
    return Hit(
        "company",
        row["pk"],
        row["name"],
        about,
        f"/companies/{row['pk']}/",
        org_avatar_html(row["name"], row["pk"]),
        rank,
    )


def named_companies(actor: Actor, ids: Iterable[UUID]) -> list[Hit]:
    """Return those of these companies that the person may see."""
    rows = Company.objects.visible_to(actor).live().filter(pk__in=list(ids))
    return [_company_hit(row, 9) for row in _companies(rows, 100)]


def _best(
    actor: Actor,
    begins: list[dict[str, Any]],
    more: list[dict[str, Any]],
    most: int,
    hit: Callable[[dict[str, Any], int], Hit],
    exact: set[UUID],
) -> list[Hit]:
    """Return the best rows as hits; each rank is halved into own records and those of others."""
    ranks: dict[UUID, tuple[int, dict[str, Any]]] = {}
    for rank, rows in ((2, begins), (4, more)):
        for row in rows:
            own = 0 if row["owner_id"] is not None and row["owner_id"] == actor.id else 1
            ranks.setdefault(row["pk"], (0 if row["pk"] in exact else rank + own, row))
    ordered = sorted(ranks.values(), key=lambda pair: pair[0])
    return [hit(row, rank) for rank, row in ordered[:most]]
