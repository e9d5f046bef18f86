"""Changes of contacts, leads and companies: the only door (ARCHITECTURE 4).

Bodies are set-based; a form calls them with one row. `drafts` reads what was typed, `children` the addresses and
numbers, `writing` writes both; `contacts`, `companies`, `bin` and `leads` are the commands.
"""

from .bin import bin_companies, bin_contacts, restore_companies, restore_contacts
from .companies import check_companies, create_companies, create_company, edit_companies, edit_company
from .contacts import check_contacts, create_contact, create_contacts, edit_contact, edit_contacts
from .leads import assign_owner, change_lead_status, churn_contact, claim_contact, return_leads
from .search import refresh_company_search, refresh_search

__all__ = [
    "assign_owner",
    "bin_companies",
    "bin_contacts",
    "change_lead_status",
    "check_companies",
    "check_contacts",
    "churn_contact",
    "claim_contact",
    "create_companies",
    "create_company",
    "create_contact",
    "create_contacts",
    "edit_companies",
    "edit_company",
    "edit_contact",
    "edit_contacts",
    "refresh_company_search",
    "refresh_search",
    "restore_companies",
    "restore_contacts",
    "return_leads",
]
