"""The lists of contacts and of leads."""

from functools import cached_property
from typing import Any

from django.db.models import Q
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from contacts.came import Came
from contacts.models import Contact, LeadStatus, Lifecycle
from contacts.registry import lead_actions
from crm.kernel.core.html import escape
from crm.kernel.listing.columns import Column, Row, ago_cell, person_column
from crm.kernel.listing.filters import (
    ChoiceFilter,
    DateFilter,
    FigureFilter,
    PersonFilter,
    RecordFilter,
    TagFilter,
    WordFilter,
    YesFilter,
)
from crm.kernel.listing.lists import Empty, ListPage, TextSearch, View
from crm.kernel.listing.plain import text_column
from crm.kernel.listing.sorting import Sort

from .cells import (
    COMPANY,
    NAME,
    PICTURE,
    company_name,
    email_cell,
    full_name,
    lifecycle_cell,
    next_step_cell,
    status_cell,
)
from .offers import CONTACT_COLUMNS, CONTACT_CONDITIONS, LEAD_COLUMNS

BY_TOUCH = Sort(
    "touched", _("Last activity"), "last_touch_at", descending=True, nullable=True, by_owner=True, covers="search_text"
)


class ContactList(ListPage):
    """All contacts that a person may see (R2)."""

    key = "contacts"
    kind = "contact"
    title = _("Contacts")
    url_name = "contacts:contact_list"
    new_url_name = "contacts:contact_new"
    bin_url_name = "contacts:contact_bin_list"
    new_label = _("New contact")
    model = Contact
    field_url_name = "contacts:contact_field"
    search = TextSearch(placeholder=_("Name, e-mail, company or phone"), label=_("Search contacts"))
    picture = PICTURE
    columns = (
        NAME,
        COMPANY,
        Column("lifecycle", _("Lifecycle"), ("lifecycle",), lifecycle_cell, phone="end"),
        person_column(label=_("Owner"), edit="owner"),
        Column(
            "touched",
            _("Last activity"),
            ("last_touch_at",),
            ago_cell("last_touch_at"),
            sort="touched",
            phone="sub-end",
        ),
        Column("next", _("Next step"), ("next_step_at",), next_step_cell),
        text_column("email", _("E-mail"), "primary_email", cell=email_cell, edit="emails"),
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
        FigureFilter(key="came", label=_("Came in"), parse=Came.parse),
        YesFilter(key="no_next_step", label=_("No next step"), rows=Q(next_step_at__isnull=True)),
        YesFilter(key="no_email", label=_("No e-mail address"), rows=Q(primary_email="")),
    )  # fmt: skip
    sorts = (
        BY_TOUCH,
        Sort("name", _("Name"), "sort_name", by_owner=True),
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
    extra_columns = CONTACT_COLUMNS
    conditions = CONTACT_CONDITIONS
    custom_kind = "contact"


def _lead_actions(row: Row, page: ListPage) -> str:
    buttons = []
    if row["owner_id"] is None and page.can_claim:
        url = reverse("contacts:contact_claim", args=[row["pk"]])
        buttons.append(
            f'<form method="post" action="{url}" hx-post="{url}" hx-swap="none">'
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{page.csrf}">'
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
    bin_url_name = "contacts:contact_bin_list"
    new_label = _("New lead")
    model = Contact
    field_url_name = "contacts:contact_field"
    search = TextSearch(placeholder=_("Name, e-mail, company or phone"), label=_("Search leads"))
    picture = PICTURE
    columns = (
        NAME,
        COMPANY,
        Column("status", _("Status"), ("lead_status",), status_cell, phone="end"),
        text_column("source", _("Source"), edit="source"),
        Column(
            "score",
            _("Score"),
            ("lead_score",),
            lambda row, page: str(row["lead_score"] or ""),
            sort="score",
            css="num",
            edit="lead_score",
        ),
        person_column(label=_("Owner"), edit="owner"),
        Column("created", _("Came in"), ("created_at",), ago_cell("created_at"), sort="created", phone="sub-end"),
        Column("actions", _("Actions"), ("owner_id",), _lead_actions, css="cell-actions", phone="actions", fixed=True),
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
        BY_TOUCH,
        Sort("name", _("Name"), "sort_name", by_owner=True),
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
    extra_columns = (  # not among the first ones: with the buttons of each row they fill 1440 pixels
        Column("touched", _("Last activity"), ("last_touch_at",), ago_cell("last_touch_at"), sort="touched"),
        *LEAD_COLUMNS,
    )
    conditions = CONTACT_CONDITIONS
    custom_kind = "contact"

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
