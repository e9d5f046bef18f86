"""What contacts tell the kernel when the process starts: words for history, recomputing, menus, search."""

from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands, link_records, recompute_with
from crm.kernel.core import navigation
from crm.kernel.core.navigation import NavItem
from crm.kernel.customfields.registry import refresh_search_with
from crm.kernel.search import registry as find
from crm.kernel.users.models import User

from . import bulk, duplicates, exports, finders, history, leaving, personal, purging
from .models import Company, CompanyDomain, CompanyEmail, CompanyPhone, Contact, ContactEmail, ContactPhone, LeadStatus
from .services import search, undone
from .services.bin import follow_companies, follow_contacts


def register() -> None:
    """Register everything; called once from `AppConfig.ready()`."""
    _history()
    _menus()
    _search()
    undone.register()
    leaving.register()
    bulk.connect()
    exports.connect()
    history.register()
    duplicates.register()
    personal.register()
    purging.register()


def _history() -> None:
    label_commands(
        {
            "contacts.create": _("added a contact"),
            "contacts.edit": _("edited a contact"),
            "contacts.bin": _("deleted contacts"),
            "contacts.restore": _("restored contacts"),
            "contacts.claim": _("claimed a contact"),
            "contacts.assign": _("changed the owner"),
            "contacts.lead_status": _("changed the status of a lead"),
            "contacts.churn": _("marked a contact as churned"),
            "leads.return": _("took in a lead that came back"),
            "companies.create": _("added a company"),
            "companies.edit": _("edited a company"),
            "companies.bin": _("deleted companies"),
            "companies.restore": _("restored companies"),
            "contacts.gather": _("moved what came late to merged records"),
            "contacts.erase": _("erased a person"),
            "contacts.archive": _("asked for a person's archive"),
            "contacts.request_erasure": _("asked to erase a person"),
        }
    )
    link_records({"contact": "contacts:contact_detail", "company": "contacts:company_detail"})
    refresh_search_with(Contact.kind, search.refresh_search)
    refresh_search_with(Company.kind, search.refresh_company_search)
    recompute_with(Contact, follow_contacts)
    recompute_with(Company, follow_companies)
    recompute_with(Contact, search.refresh_search)
    recompute_with(Company, search.refresh_company_search)
    for row in (ContactEmail, ContactPhone):
        recompute_with(row, search.refresh_parents_of_contact_rows)
    for below in (CompanyDomain, CompanyEmail, CompanyPhone):
        recompute_with(below, search.refresh_parents_of_company_rows)


def may_edit_contacts(user: User) -> bool:
    """Say whether a person may make contacts: creating follows edit (U2)."""
    return user.level("contact", "edit") != "none"


def may_edit_companies(user: User) -> bool:
    """Say whether a person may make companies."""
    return user.level("company", "edit") != "none"


def new_leads(user: User) -> int:
    """Return how many new leads wait that the person may see, at most 100."""
    rows = Contact.objects.visible_to(user).live().leads().filter(lead_status=LeadStatus.NEW)
    return int(rows.values("pk")[:100].count())


def _menus() -> None:
    navigation.register(
        NavItem("leads", _("Leads"), "contacts:lead_list", "target", order=30, shortcut="L", count=new_leads)
    )
    navigation.register(
        NavItem("contacts", _("Contacts"), "contacts:contact_list", "users", order=40, shortcut="C", phone=True)
    )
    navigation.register(
        NavItem("companies", _("Companies"), "contacts:company_list", "building-2", order=50, shortcut="O")
    )
    navigation.register_create(
        NavItem(
            "contact",
            _("Contact"),
            "contacts:contact_new",
            "user-round",
            order=20,
            dialog=True,
            visible=may_edit_contacts,
        )
    )
    navigation.register_create(
        NavItem(
            "company",
            _("Company"),
            "contacts:company_new",
            "building-2",
            order=30,
            dialog=True,
            visible=may_edit_companies,
        )
    )
    navigation.register_create(
        NavItem("lead", _("Lead"), "contacts:lead_new", "target", order=40, dialog=True, visible=may_edit_contacts)
    )


def _search() -> None:
    find.register(finders.CONTACTS)
    find.register(finders.COMPANY)
