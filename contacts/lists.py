"""The lists of contacts, leads and companies: which columns, filters, orders and views they have."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.html import avatar_html, escape, icon_html, org_avatar_html
from crm.kernel.listing.columns import (
    Cell,
    Column,
    Row,
    ago_cell,
    badge,
    day_cell,
    link,
    person_column,
    tags_html,
    time_html,
)
from crm.kernel.listing.filters import (
    ChoiceFilter,
    DateFilter,
    PersonFilter,
    RecordFilter,
    TagFilter,
    WordFilter,
    YesFilter,
)
from crm.kernel.listing.lists import Empty, ListPage, TextSearch, View
from crm.kernel.listing.sorting import Sort

from .models import Company, Contact, LeadStatus, Lifecycle, SizeBand
from .registry import lead_actions

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


def _contact_picture(row: Row, page: ListPage) -> str:
    return avatar_html(full_name(row), row["pk"])


def _contact_name(row: Row, page: ListPage) -> str:
    name = link(f"/contacts/{row['pk']}/", full_name(row))
    title = row["job_title"]
    about = f'<span class="dim xs clip only-wide-inline">{escape(title)}</span>' if title else ""
    return mark_safe(f'<span class="row">{name}{about}</span>')


def _company(row: Row, page: ListPage) -> str:
    name = row["company__name"]
    if not name:
        return ""
    picture = org_avatar_html(name, row["company_id"], "xs")
    return mark_safe(
        f'<span class="row"><span class="only-wide-inline">{picture}</span>'
        f'<span class="clip">{escape(name)}</span></span>'
    )


def _lifecycle(row: Row, page: ListPage) -> str:
    stage = Lifecycle(row["lifecycle"])
    return badge(stage.label, LIFECYCLE_TONES[stage])


def _status(row: Row, page: ListPage) -> str:
    status = LeadStatus(row["lead_status"])
    return badge(status.label, STATUS_TONES[status])


def _next_step(row: Row, page: ListPage) -> str:
    at = row["next_step_at"]
    if at is None:
        return ""
    today = page.today
    day = formats.timezone.localtime(at).date()
    due = "over" if day < today else "today" if day == today else "later"
    return mark_safe(
        f'<span class="next" data-due="{due}">{icon_html("calendar")}{time_html(at, capfirst(formats.day(day)))}</span>'
    )


def _email(row: Row, page: ListPage) -> str:
    return str(row["primary_email"])


PICTURE = Column("picture", "", ("first_name", "last_name"), _contact_picture)
NAME = Column("name", _("Name"), ("first_name", "last_name", "job_title"), _contact_name, sort="name", phone="main")
COMPANY = Column("company", _("Company"), ("company_id", "company__name"), _company, phone="sub")


class ContactList(ListPage):
    """All contacts that a person may see (R2)."""

    key = "contacts"
    kind = "contact"
    title = _("Contacts")
    url_name = "contacts:contact_list"
    new_url_name = "contacts:contact_new"
    new_label = _("New contact")
    model = Contact
    search = TextSearch(placeholder=_("Name, e-mail, company or phone"), label=_("Search contacts"))
    picture = PICTURE
    columns = (
        NAME,
        COMPANY,
        Column("lifecycle", _("Lifecycle"), ("lifecycle",), _lifecycle, phone="end"),
        person_column(label=_("Owner")),
        Column(
            "touched",
            _("Last activity"),
            ("last_touch_at",),
            ago_cell("last_touch_at"),
            sort="touched",
            phone="sub-end",
        ),
        Column("next", _("Next step"), ("next_step_at",), _next_step),
        Column("email", _("E-mail"), ("primary_email",), _email),
    )
    filters = (
        ChoiceFilter(key="stage", label=_("Lifecycle"), column="lifecycle", choices=Lifecycle.choices),
        PersonFilter(key="owner", label=_("Owner")),
        RecordFilter(
            key="company", label=_("Company"), column="company_id", options="contacts:company_options",
            name_of=company_name
        ),
        WordFilter(key="source", label=_("Source")),
        WordFilter(key="country", label=_("Country")),
        TagFilter(),
        DateFilter(
            key="touched", label=_("Last activity"), column="last_touch_at",
            periods=("today", "last-7", "last-30", "not-30", "never"),
        ),
        DateFilter(key="created", label=_("Created"), column="created_at"),
        YesFilter(key="no_next_step", label=_("No next step"), rows=Q(next_step_at__isnull=True)),
        YesFilter(key="no_email", label=_("No e-mail address"), rows=Q(primary_email="")),
    )  # fmt: skip
    sorts = (
        Sort("touched", _("Last activity"), "last_touch_at", descending=True, nullable=True),
        Sort("name", _("Name"), "sort_name"),
        Sort("created", _("Newest"), "created_at", descending=True),
    )
    views = (
        View("all", _("All contacts")),
        View("mine", _("My contacts"), {"owner": "me"}, counted=True),
        View("customers", _("Customers"), {"stage": "customer"}, counted=True),
        View("unowned", _("Unowned"), {"owner": "none"}, counted=True),
        View("quiet", _("No activity for 30 days"), {"touched": "not-30"}),
    )
    empty = Empty(
        "users",
        _("No contacts yet"),
        _("Contacts are the people you sell to. Add the first one, or bring them in from a file."),
    )
    row_name = staticmethod(full_name)


def _lead_actions(row: Row, page: ListPage) -> str:
    buttons = []
    if row["owner_id"] is None and page.can_claim:  # type: ignore[attr-defined]
        url = reverse("contacts:contact_claim", args=[row["pk"]])
        buttons.append(
            f'<form method="post" action="{url}" hx-post="{url}" hx-swap="none">'
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{page.csrf}">'  # type: ignore[attr-defined]
            f'<button class="btn btn-sm" type="submit">{escape(_("Claim"))}'
            f'<span class="sr-only"> {escape(full_name(row))}</span></button></form>'
        )
    for action in lead_actions:
        if page.actor.scope("contact", "edit").covers(row["owner_id"]):
            buttons.append(action.button(row["pk"], full_name(row)))
    return mark_safe(f'<span class="row row-end">{"".join(buttons)}</span>')


class LeadList(ListPage):
    """The inbox of contacts at stage lead (R4); the unowned ones are the queue that everybody may claim from (U4)."""

    key = "leads"
    kind = "contact"
    title = _("Leads")
    url_name = "contacts:lead_list"
    new_url_name = "contacts:lead_new"
    new_label = _("New lead")
    model = Contact
    search = TextSearch(placeholder=_("Name, e-mail, company or phone"), label=_("Search leads"))
    picture = PICTURE
    columns = (
        NAME,
        COMPANY,
        Column("status", _("Status"), ("lead_status",), _status, phone="end"),
        Column("source", _("Source"), ("source",), lambda row, page: row["source"]),
        Column("score", _("Score"), ("lead_score",), lambda row, page: str(row["lead_score"] or ""), css="num"),
        person_column(label=_("Owner")),
        Column("created", _("Came in"), ("created_at",), ago_cell("created_at"), sort="created", phone="sub-end"),
        Column("touched", _("Last activity"), ("last_touch_at",), ago_cell("last_touch_at"), sort="touched"),
        Column("actions", _("Actions"), ("owner_id",), _lead_actions, css="cell-actions", phone="actions"),
    )
    filters = (
        ChoiceFilter(key="status", label=_("Status"), column="lead_status", choices=LeadStatus.choices),
        PersonFilter(key="owner", label=_("Owner")),
        WordFilter(key="source", label=_("Source")),
        RecordFilter(
            key="company",
            label=_("Company"),
            column="company_id",
            options="contacts:company_options",
            name_of=company_name,
        ),
        WordFilter(key="country", label=_("Country")),
        TagFilter(),
        DateFilter(key="created", label=_("Came in"), column="created_at"),
        YesFilter(key="untouched", label=_("Nobody has been in touch"), rows=Q(last_touch_at__isnull=True)),
    )
    sorts = (
        Sort("created", _("Newest"), "created_at", descending=True),
        Sort("touched", _("Last activity"), "last_touch_at", descending=True, nullable=True),
        Sort("name", _("Name"), "sort_name"),
        Sort("score", _("Score"), "lead_score", descending=True, indexed=False),
    )
    views = (
        View("all", _("All leads")),
        View("new", _("New"), {"status": "new"}, counted=True),
        View("mine", _("My leads"), {"owner": "me"}, counted=True),
        View("unowned", _("Unowned"), {"owner": "none"}, counted=True),
        View("nurturing", _("Nurturing"), {"status": "nurturing"}),
    )
    empty = Empty(
        "target", _("No leads"), _("People who might buy land here: from a form, an import, or added by hand.")
    )

    row_name = staticmethod(full_name)

    def base(self) -> Any:
        """Return the contacts at stage lead."""
        return super().base().leads()

    @cached_property
    def can_claim(self) -> bool:
        """True if the person may claim from the queue: claiming follows edit (U2)."""
        return not self.actor.scope("contact", "edit").nothing

    @cached_property
    def csrf(self) -> str:
        """The token for the forms in the rows."""
        return get_token(self.request)


def _plain_name(row: Row) -> str:
    return str(row["name"])


def _company_picture(row: Row, page: ListPage) -> str:
    return org_avatar_html(row["name"], row["pk"])


def _company_name(row: Row, page: ListPage) -> str:
    name = link(f"/companies/{row['pk']}/", row["name"])
    city = row["city"]
    about = f'<span class="dim xs clip only-wide-inline">{escape(city)}</span>' if city else ""
    return mark_safe(f'<span class="row">{name}{about}</span>')


def _people(row: Row, page: ListPage) -> str:
    return str(SizeBand(row["size_band"]).label) if row["size_band"] else ""


class CompanyList(ListPage):
    """All companies (R3)."""

    key = "companies"
    kind = "company"
    title = _("Companies")
    url_name = "contacts:company_list"
    new_url_name = "contacts:company_new"
    new_label = _("New company")
    model = Company
    search = TextSearch(placeholder=_("Name, domain, city or phone"), label=_("Search companies"))
    picture = Column("picture", "", ("name",), _company_picture)
    columns = (
        Column("name", _("Name"), ("name", "city"), _company_name, sort="name", phone="main"),
        Column("industry", _("Industry"), ("industry",), lambda row, page: row["industry"], phone="sub"),
        Column("people", _("People"), ("size_band",), _people),
        Column("country", _("Country"), ("country",), lambda row, page: row["country"], phone="end"),
        person_column(label=_("Owner")),
        Column(
            "touched",
            _("Last activity"),
            ("last_touch_at",),
            ago_cell("last_touch_at"),
            sort="touched",
            phone="sub-end",
        ),
        Column("tags", _("Tags"), ("tags",), lambda row, page: tags_html(row["tags"])),
        Column("created", _("Created"), ("created_at",), day_cell("created_at"), sort="created"),
    )
    filters = (
        PersonFilter(key="owner", label=_("Owner")),
        WordFilter(key="industry", label=_("Industry")),
        ChoiceFilter(key="people", label=_("People"), column="size_band", choices=SizeBand.choices),
        WordFilter(key="country", label=_("Country")),
        RecordFilter(
            key="parent", label=_("Parent company"), column="parent_id", options="contacts:company_options",
            name_of=company_name
        ),
        TagFilter(),
        DateFilter(
            key="touched", label=_("Last activity"), column="last_touch_at",
            periods=("today", "last-7", "last-30", "not-30", "never"),
        ),
        DateFilter(key="created", label=_("Created"), column="created_at"),
    )  # fmt: skip
    sorts = (
        Sort("name", _("Name"), "sort_name"),
        Sort("touched", _("Last activity"), "last_touch_at", descending=True, nullable=True),
        Sort("created", _("Newest"), "created_at", descending=True),
    )
    views = (
        View("all", _("All companies")),
        View("mine", _("My companies"), {"owner": "me"}, counted=True),
        View("unowned", _("Unowned"), {"owner": "none"}, counted=True),
    )
    empty = Empty("building-2", _("No companies yet"), _("Companies group your contacts and deals. Add the first one."))
    row_name = staticmethod(_plain_name)


def _restore_button(url_name: str, name: Callable[[Row], str]) -> Cell:
    def cell(row: Row, page: ListPage) -> str:
        if not page.actor.scope(page.kind, "delete").covers(row["owner_id"]):
            return ""
        url = reverse(url_name, args=[row["pk"]])
        return mark_safe(
            f'<form method="post" action="{url}" hx-post="{url}" hx-swap="none">'
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(page.request)}">'
            f'<button class="btn btn-sm" type="submit">{escape(_("Restore"))}'
            f'<span class="sr-only"> {escape(name(row))}</span></button></form>'
        )

    return cell


class ContactBin(ListPage):
    """Contacts in the bin (R8)."""

    key = "contact-bin"
    kind = "contact"
    title = _("Deleted contacts")
    url_name = "contacts:contact_bin_list"
    model = Contact
    search = TextSearch(placeholder=_("Name, e-mail, company or phone"), label=_("Search deleted contacts"))
    picture = PICTURE
    columns = (
        Column(
            "name", _("Name"), ("first_name", "last_name"), lambda row, page: full_name(row), sort="name", phone="main"
        ),
        Column("email", _("E-mail"), ("primary_email",), _email, phone="sub"),
        person_column(label=_("Owner")),
        Column("binned", _("Deleted"), ("binned_at",), ago_cell("binned_at"), sort="binned"),
        Column(
            "restore", _("Actions"), ("owner_id",), _restore_button("contacts:contact_restore", full_name), phone="end",
            css="cell-actions",
        ),
    )  # fmt: skip
    sorts = (
        Sort("binned", _("Deleted last"), "binned_at", descending=True, indexed=False),
        Sort("name", _("Name"), "sort_name", indexed=False),
    )
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted contacts wait here and can be restored."))
    row_name = staticmethod(full_name)

    def base(self) -> Any:
        """Return what is in the bin."""
        return self.model.objects.visible_to(self.actor).binned()


class CompanyBin(ListPage):
    """Companies in the bin (R8)."""

    key = "company-bin"
    kind = "company"
    title = _("Deleted companies")
    url_name = "contacts:company_bin_list"
    model = Company
    search = TextSearch(placeholder=_("Name, domain, city or phone"), label=_("Search deleted companies"))
    picture = Column("picture", "", ("name",), _company_picture)
    columns = (
        Column("name", _("Name"), ("name",), lambda row, page: row["name"], sort="name", phone="main"),
        Column("city", _("City"), ("city",), lambda row, page: row["city"], phone="sub"),
        person_column(label=_("Owner")),
        Column("binned", _("Deleted"), ("binned_at",), ago_cell("binned_at"), sort="binned"),
        Column(
            "restore", _("Actions"), ("owner_id",),
            _restore_button("contacts:company_restore", _plain_name),
            phone="end", css="cell-actions",
        ),
    )  # fmt: skip
    sorts = (
        Sort("binned", _("Deleted last"), "binned_at", descending=True, indexed=False),
        Sort("name", _("Name"), "sort_name", indexed=False),
    )
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted companies wait here and can be restored."))
    row_name = staticmethod(_plain_name)

    def base(self) -> Any:
        """Return what is in the bin."""
        return self.model.objects.visible_to(self.actor).binned()
