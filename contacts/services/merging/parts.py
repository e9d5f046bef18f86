"""What is chosen when two records become one: each part is one line of the comparison, made of one or more columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, Contact, LeadStatus, Lifecycle
from crm.kernel.customfields.fields import column_key, fields_for

KEPT, OTHER, BOTH = "survivor", "loser", "both"


@dataclass(frozen=True, slots=True)
class Part:
    """One choice: columns that only make sense together, such as a name or an address.

    `blank` are values that count as empty besides the usual ones. `unite` says how two values can be one: `list` (each
    word once), `text` (one below the other), `or` (true wins: whoever does not want mail from one wants none).
    """

    key: str
    label: str | Promise
    columns: tuple[str, ...]
    unite: str = ""
    blank: tuple[Any, ...] = ()

    EMPTY: ClassVar[tuple[Any, ...]] = (None, "", [])

    def is_empty(self, value: Any) -> bool:
        """Say whether a column's value says nothing."""
        return value in self.EMPTY or value in self.blank

    def values(self, record: Any) -> dict[str, Any]:
        """Return the part's columns of a record."""
        return {name: getattr(record, name) for name in self.columns}

    def choices(self) -> tuple[str, ...]:
        """Return what may be chosen."""
        return (KEPT, OTHER, BOTH) if self.unite in ("list", "text") else (KEPT, OTHER)

    def default(self, kept: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result if nobody chooses: empties are filled, values that can be united are."""
        if self.unite:
            return {name: self.united(kept[name], other[name]) for name in self.columns}
        if all(self.is_empty(value) for value in kept.values()):
            return dict(other)
        agree = all(
            self.is_empty(kept[name]) or self.is_empty(other[name]) or kept[name] == other[name]
            for name in self.columns
        )
        if not agree:
            return dict(kept)
        return {name: other[name] if self.is_empty(kept[name]) else kept[name] for name in self.columns}

    def united(self, kept: Any, other: Any) -> Any:
        """Return both values as one."""
        if self.unite == "list":
            return list(dict.fromkeys([*kept, *other]))
        if self.unite == "or":
            return kept or other
        if not kept or not other or other in kept:
            return kept or other
        return other if kept in other else f"{kept}\n\n{other}"

    def chosen(self, choice: str, kept: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a choice, empty values included: whoever picks "empty" means it."""
        if choice == BOTH:
            return {name: self.united(kept[name], other[name]) for name in self.columns}
        return dict(kept if choice == KEPT else other)


ADDRESS = Part("address", _("Location"), ("street", "postal_code", "city", "region", "country"))
TAGS = Part("tags", _("Tags"), ("tags",), "list")
ABOUT = Part("description", _("About"), ("description",), "text")
OWNER = Part("owner", _("Owner"), ("owner_id",))
CONTACT_PARTS = (
    Part("name", _("Name"), ("first_name", "middle_name", "last_name")),
    Part("job_title", _("Job title"), ("job_title",)),
    Part("company", _("Company"), ("company_id",)),
    OWNER,
    Part("lifecycle", _("Lifecycle"), ("lifecycle", "churned_on", "churned_reason"), blank=(Lifecycle.LEAD,)),
    Part("lead_status", _("Lead status"), ("lead_status", "unqualified_reason"), blank=(LeadStatus.NEW,)),
    Part("lead_score", _("Score"), ("lead_score",), blank=(0,)),
    ADDRESS,
    Part("source", _("Source"), ("source",)),
    Part("language", _("Language"), ("language",)),
    Part("links", _("Links"), ("links",), "list"),
    TAGS,
    ABOUT,
    Part("do_not_email", _("Do not e-mail"), ("do_not_email",), "or"),
    Part("do_not_call", _("Do not call"), ("do_not_call",), "or"),
    Part("consent", _("Consent"), ("consent_at", "consent_how", "consent_basis")),
)
COMPANY_PARTS = (
    Part("name", _("Name"), ("name",)),
    Part("industry", _("Industry"), ("industry",)),
    Part("size_band", _("People"), ("size_band",)),
    Part("website", _("Website"), ("website",)),
    Part("parent", _("Parent company"), ("parent_id",)),
    OWNER,
    ADDRESS,
    TAGS,
    ABOUT,
)
PARTS: dict[type[models.Model], tuple[Part, ...]] = {Contact: CONTACT_PARTS, Company: COMPANY_PARTS}


def parts_of(model: type[Any], actor: Any = None) -> list[Part]:
    """Return the choices of a kind of record: its own parts, then the custom fields that the actor may see (C1)."""
    return [*PARTS[model], *(custom_part(field) for field in fields_for(model.kind, actor))]


def custom_part(field: Any) -> Part:
    """Return a custom field as a part; its column is the field's key with `cf_` before it."""
    key = column_key(field)
    return Part(key, field.label, (key,), "list" if field.type == "multi_select" else "")
