"""Companies and contacts."""

from .company import Company, CompanyDomain, CompanyEmail, CompanyPhone, SizeBand
from .contact import Contact, ContactEmail, ContactPhone, LeadStatus, Lifecycle
from .merged import survivors_of

__all__ = [
    "Company",
    "CompanyDomain",
    "CompanyEmail",
    "CompanyPhone",
    "Contact",
    "ContactEmail",
    "ContactPhone",
    "LeadStatus",
    "Lifecycle",
    "SizeBand",
    "survivors_of",
]
