"""Companies and contacts."""

from .company import Company, CompanyDomain, CompanyEmail, CompanyPhone, SizeBand
from .contact import Contact, ContactEmail, ContactPhone, LeadStatus, Lifecycle
from .duplicates import (
    Dismissal,
    DuplicateCheck,
    DuplicateKey,
    DuplicatePair,
    DuplicateRules,
    DuplicateScan,
    MatchKind,
)
from .merged import survivors_of

__all__ = [
    "Company",
    "CompanyDomain",
    "CompanyEmail",
    "CompanyPhone",
    "Contact",
    "ContactEmail",
    "ContactPhone",
    "Dismissal",
    "DuplicateCheck",
    "DuplicateKey",
    "DuplicatePair",
    "DuplicateRules",
    "DuplicateScan",
    "LeadStatus",
    "Lifecycle",
    "MatchKind",
    "SizeBand",
    "survivors_of",
]
