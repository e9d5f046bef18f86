"""The lists of contacts, leads and companies: which columns, filters, orders and views they have."""

from .bins import CompanyBin, ContactBin
from .cells import LIFECYCLE_TONES, STATUS_TONES, company_name
from .companies import CompanyList
from .people import ContactList, LeadList

__all__ = [
    "LIFECYCLE_TONES", "STATUS_TONES", "CompanyBin", "CompanyList", "ContactBin", "ContactList", "LeadList",
    "company_name",
]  # fmt: skip
