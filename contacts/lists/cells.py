"""What the cells of the lists of contacts and companies show."""

from typing import Any
from uuid import UUID

from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, LeadStatus, Lifecycle, SizeBand
from crm.kernel.core import formats
from crm.kernel.core.html import avatar_html, escape, icon_html, org_avatar_html
from crm.kernel.listing.columns import Column, Row, badge, link, time_html
from crm.kernel.listing.lists import ListPage

LIFECYCLE_TONES = {
    Lifecycle.LEAD: "",
    Lifecycle.OPPORTUNITY: "accent",
    Lifecycle.CUSTOMER: "ok",
    Lifecycle.CHURNED: "bad",
    Lifecycle.OTHER: "outline",
}
STATUS_TONES = {
    LeadStatus.NEW: "accent",
    LeadStatus.WORKING: "warn",
    LeadStatus.NURTURING: "",
    LeadStatus.UNQUALIFIED: "outline",
}


def company_name(actor: Any, pk: UUID) -> str | None:
    """Return a company's name, None if the person may not see it (U3)."""
    return Company.objects.visible_to(actor).filter(pk=pk).values_list("name", flat=True).first()


def full_name(row: Row) -> str:
    """Return first and last name of a row."""
    return f"{row['first_name']} {row['last_name']}".strip()


def contact_picture(row: Row, page: ListPage) -> str:
    """Return the picture of a contact."""
    return avatar_html(full_name(row), row["pk"])


def contact_name(row: Row, page: ListPage) -> str:
    """Return a contact's link, with the job title."""
    name = link(f"/contacts/{row['pk']}/", full_name(row))
    title = row["job_title"]
    about = f'<span class="dim xs clip only-wide-inline">{escape(title)}</span>' if title else ""
    return mark_safe(f'<span class="row">{name}{about}</span>')


def company_cell(row: Row, page: ListPage) -> str:
    """Return the contact's company."""
    name = row["company__name"]
    if not name:
        return ""
    picture = org_avatar_html(name, row["company_id"], "xs")
    return mark_safe(
        f'<span class="row"><span class="only-wide-inline">{picture}</span>'
        f'<span class="clip">{escape(name)}</span></span>'
    )


def lifecycle_cell(row: Row, page: ListPage) -> str:
    """Return where a contact stands."""
    stage = Lifecycle(row["lifecycle"])
    return badge(stage.label, LIFECYCLE_TONES[stage])


def status_cell(row: Row, page: ListPage) -> str:
    """Return how far we are with a lead."""
    status = LeadStatus(row["lead_status"])
    return badge(status.label, STATUS_TONES[status])


def next_step_cell(row: Row, page: ListPage) -> str:
    """Return when the next step is due."""
    at = row["next_step_at"]
    if at is None:
        return ""
    today = page.today
    day = formats.timezone.localtime(at).date()
    due = "over" if day < today else "today" if day == today else "later"
    return mark_safe(
        f'<span class="next" data-due="{due}">{icon_html("calendar")}{time_html(at, capfirst(formats.day(day)))}</span>'
    )


def email_cell(row: Row, page: ListPage) -> str:
    """Return the primary address."""
    return str(row["primary_email"])


PICTURE = Column("picture", "", ("first_name", "last_name"), contact_picture)
NAME = Column("name", _("Name"), ("first_name", "last_name", "job_title"), contact_name, sort="name", phone="main")
COMPANY = Column("company", _("Company"), ("company_id", "company__name"), company_cell, phone="sub", edit="company")


def plain_name(row: Row) -> str:
    """Return the name of a row."""
    return str(row["name"])


def company_picture(row: Row, page: ListPage) -> str:
    """Return the picture of a company."""
    return org_avatar_html(row["name"], row["pk"])


def company_name_cell(row: Row, page: ListPage) -> str:
    """Return a company's link, with its city."""
    name = link(f"/companies/{row['pk']}/", row["name"])
    city = row["city"]
    about = f'<span class="dim xs clip only-wide-inline">{escape(city)}</span>' if city else ""
    return mark_safe(f'<span class="row">{name}{about}</span>')


def size_cell(row: Row, page: ListPage) -> str:
    """Return how many people a company has."""
    return str(SizeBand(row["size_band"]).label) if row["size_band"] else ""
