"""By what two records are known to be one: fields, how they are compared, and the points that they give (M1)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import DuplicateRules
from crm.kernel.core.changes import Actor, command
from crm.kernel.customfields.fields import column_key, fields_for

# How values are compared; every one gives a likeness from 0 to 1.
COMPARISONS: dict[str, str | Promise] = {
    "exact": _("Exactly the same"),
    "text": _("Similar text"),
    "name": _("Names of people"),
    "firm": _("Names of companies"),
    "number": _("Close numbers"),
    "date": _("Close dates"),
}
CONTACT_FIELDS: dict[str, str | Promise] = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "name": _("Name"),
    "company": _("Company"),
    "domain": _("E-mail domain"),
    "job_title": _("Job title"),
    "street": _("Street"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "region": _("Region"),
    "country": _("Country"),
}
COMPANY_FIELDS: dict[str, str | Promise] = {
    "name": _("Name"),
    "domain": _("Web or e-mail domain"),
    "email": _("Shared e-mail"),
    "phone": _("Phone"),
    "street": _("Street"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "region": _("Region"),
    "country": _("Country"),
}
FIELDS = {"contact": CONTACT_FIELDS, "company": COMPANY_FIELDS}


@dataclass(frozen=True, slots=True)
class Rule:
    """One field that scores: `same` points if the values agree, minus `different` if both are there and do not."""

    field: str
    compare: str
    same: int
    different: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a kind of record. From `possible` points on a pair is shown, from `certain` on it may go in bulk."""

    kind: str
    rules: tuple[Rule, ...]
    possible: int
    certain: int


DEFAULTS: dict[str, Rules] = {
    "contact": Rules(
        "contact",
        (
            Rule("email", "exact", 95),
            Rule("phone", "exact", 50),
            Rule("name", "name", 45, 60),
            Rule("company", "exact", 28, 4),
            Rule("domain", "exact", 15),
            Rule("street", "text", 10),
            Rule("postal_code", "exact", 8),
            Rule("city", "text", 5),
        ),
        60,
        95,
    ),
    "company": Rules(
        "company",
        (
            Rule("name", "firm", 62, 50),
            Rule("domain", "exact", 60, 5),
            Rule("email", "exact", 50),
            Rule("phone", "exact", 35),
            Rule("street", "text", 12),
            Rule("postal_code", "exact", 8),
            Rule("city", "text", 6, 6),
            Rule("country", "text", 0, 20),
        ),
        60,
        95,
    ),
}


def rules_for(kind: str) -> Rules:
    """Return the rules in force."""
    stored = DuplicateRules.objects.filter(record_kind=kind).first()
    if stored is None:
        return DEFAULTS[kind]
    rules = tuple(Rule(**each) for each in stored.fields)
    return Rules(kind, rules, stored.possible, stored.certain)


def labels_for(kind: str, actor: Any = None) -> dict[str, str | Promise]:
    """Return what can score, by key: own fields and custom ones."""
    return {**FIELDS[kind], **{column_key(field): field.label for field in fields_for(kind, actor)}}


@command("duplicates.rules")
def save_rules(*, kind: str, rules: list[Rule], possible: int, certain: int, actor: Actor) -> DuplicateRules:
    """Store the rules of a kind; pairs are judged by them from the next change or scan on.

    Raises PermissionDenied without the settings right.
    """
    actor.require_flag("settings")
    values: Mapping[str, Any] = {
        "fields": [asdict(rule) for rule in rules],
        "possible": possible,
        "certain": certain,
    }
    stored, _made = DuplicateRules.objects.update_or_create(record_kind=kind, defaults=values)
    return stored


def ordered(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """Return two ids, the smaller one first, as pairs are stored."""
    return (one, other) if one < other else (other, one)
