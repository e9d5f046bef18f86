"""The fields of a record page: how each is shown, and which form fields edit it in its place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import formats
from crm.kernel.core.html import avatar_html, org_avatar_html
from crm.kernel.customfields.lines import lines_for
from crm.kernel.listing.columns import badge, tags_html

from .models import SizeBand

Show = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class RecordField:
    """One line of the summary. `inputs` are the form's fields.

    `show(record)` gives text or safe HTML, nothing when empty; `link(record)` an address that the value leads to.
    """

    key: str
    label: str | Promise
    inputs: tuple[str, ...]
    show: Show
    empty: str | Promise
    group: str = "main"
    link: Show | None = None


def _lines(values: list[str]) -> SafeString | str:
    if len(values) < 2:
        return values[0] if values else ""
    return mark_safe(
        '<span class="fld-lines">' + "".join(f'<span class="clip">{escape(v)}</span>' for v in values) + "</span>"
    )


def _emails(record: Any) -> Any:
    return _lines([row["value"] for row in record.email_rows])


def _phones(record: Any) -> Any:
    return _lines(
        [
            f"{formats.phone(row['value'])} {row['label']}" if row.get("label") else formats.phone(row["value"])
            for row in record.phone_rows
        ]
    )


def _domains(record: Any) -> Any:
    return _lines([row["value"] for row in record.domain_rows])


def _owner(record: Any) -> Any:
    if record.owner is None:
        return ""
    return mark_safe(
        f'{avatar_html(record.owner.name, record.owner_id, "xs")}<span class="clip">{escape(record.owner.name)}</span>'
    )


def _organisation(company: Any) -> Any:
    if company is None:
        return ""
    return mark_safe(
        f'{org_avatar_html(company.name, company.pk, "xs")}<span class="clip">{escape(company.name)}</span>'
    )


def _address(record: Any) -> Any:
    city = " ".join(filter(None, (record.postal_code, record.city)))
    return ", ".join(filter(None, (record.street, city, record.region, record.country)))


def _consent(contact: Any) -> Any:
    marks = []
    if contact.do_not_email:
        marks.append(badge(_("Do not e-mail"), "warn"))
    if contact.do_not_call:
        marks.append(badge(_("Do not call"), "warn"))
    if contact.consent_at:
        marks.append(badge(_("Agreed %(day)s") % {"day": formats.day(contact.consent_at)}, "ok"))
    return mark_safe(f'<span class="row row-wrap">{"".join(marks)}</span>') if marks else ""


def _tags(record: Any) -> Any:
    return tags_html(record.tags, most=12)


def _text(name: str) -> Show:
    return lambda record: getattr(record, name)


ADDRESS = RecordField(
    "address",
    gettext_lazy("Location"),
    ("street", "postal_code", "city", "region", "country"),
    _address,
    gettext_lazy("Add location"),
)
OWNER = RecordField("owner", gettext_lazy("Owner"), ("owner",), _owner, gettext_lazy("Nobody yet"))
TAGS = RecordField("tags", gettext_lazy("Tags"), ("tags",), _tags, gettext_lazy("Add tags"))
ABOUT = RecordField(
    "description",
    gettext_lazy("About"),
    ("description",),
    _text("description"),
    gettext_lazy("Add a description"),
    "more",
)

CONTACT_FIELDS = (
    RecordField("emails", gettext_lazy("E-mail"), ("emails",), _emails, gettext_lazy("Add e-mail")),
    RecordField("phones", gettext_lazy("Phone"), ("phones",), _phones, gettext_lazy("Add phone")),
    OWNER,
    RecordField(
        "company", gettext_lazy("Company"), ("company",), lambda c: _organisation(c.company),
        gettext_lazy("Add company")
    ),
    RecordField("job_title", gettext_lazy("Job title"), ("job_title",), _text("job_title"),
    gettext_lazy("Add job title")),
    TAGS,
    ADDRESS,
    RecordField("links", gettext_lazy("Links"), ("links",), lambda c: _lines(c.links), gettext_lazy("Add a link")),
    RecordField("source", gettext_lazy("Source"), ("source",), _text("source"), gettext_lazy("Add source"), "more"),
    RecordField("language", gettext_lazy("Language"), ("language",), _text("language"), gettext_lazy("Add language"),
    "more"),
    RecordField(
        "lead_score", gettext_lazy("Score"), ("lead_score",), lambda c: str(c.lead_score or ""),
        gettext_lazy("Add score"), "more"
    ),
    RecordField(
        "consent",
        gettext_lazy("Consent"),
        ("do_not_email", "do_not_call", "consent_at", "consent_how", "consent_basis"),
        _consent,
        gettext_lazy("Add consent"),
        "more",
    ),
    RecordField(
        "name", gettext_lazy("Full name"), ("first_name", "middle_name", "last_name"),
        lambda c: " ".join(filter(None, (c.first_name, c.middle_name, c.last_name))), gettext_lazy("Add name"), "more",
    ),
    ABOUT,
)  # fmt: skip

COMPANY_FIELDS = (
    RecordField("domains", gettext_lazy("Domains"), ("domains",), _domains, gettext_lazy("Add domain")),
    RecordField("phones", gettext_lazy("Phone"), ("phones",), _phones, gettext_lazy("Add phone")),
    RecordField("emails", gettext_lazy("Shared e-mail"), ("emails",), _emails, gettext_lazy("Add info@, sales@")),
    OWNER,
    RecordField("industry", gettext_lazy("Industry"), ("industry",), _text("industry"), gettext_lazy("Add industry")),
    RecordField(
        "size_band", gettext_lazy("People"), ("size_band",),
        lambda c: str(SizeBand(c.size_band).label) if c.size_band else "", gettext_lazy("Add number of people"),
    ),
    RecordField("website", gettext_lazy("Website"), ("website",), _text("website"), gettext_lazy("Add website")),
    TAGS,
    ADDRESS,
    RecordField(
        "parent", gettext_lazy("Parent company"), ("parent",), lambda c: _organisation(c.parent),
        gettext_lazy("Add parent company")
    ),
    RecordField("name", gettext_lazy("Name"), ("name",), _text("name"), gettext_lazy("Add name"), "more"),
    ABOUT,
)  # fmt: skip


def fields_of(kind: str, actor: Any) -> tuple[RecordField, ...]:
    """Return the fields of a contact's or company's page; custom ones that the actor may see stand after the main ones."""
    own = CONTACT_FIELDS if kind == "contact" else COMPANY_FIELDS
    custom = [
        RecordField(each.key, each.label, (each.key,), each.show, each.empty, link=each.link)
        for each in lines_for(kind, actor)
    ]
    return (*own, *custom)


def lines(record: Any, fields: tuple[RecordField, ...], *, group: str = "", editable: bool) -> list[dict[str, Any]]:
    """Return the lines of the summary for `components/inline_value.html`.

    Without the right to edit they have no button.
    """
    return [line(record, each, editable=editable) for each in fields if not group or each.group == group]


def line(record: Any, each: RecordField, *, editable: bool) -> dict[str, Any]:
    """Return one line."""
    shown = each.show(record)
    safe = isinstance(shown, SafeString)
    url = reverse(f"contacts:{record.kind}_field", args=[record.pk, each.key])
    return {
        "id": f"field-{each.key}",
        "label": each.label,
        "url": f"{url}?edit=1" if editable else "",
        "value": "" if safe else shown,
        "html": shown if safe and shown else "",
        "empty": each.empty,
        "link": each.link(record) if each.link else "",
    }
