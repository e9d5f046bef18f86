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
from .merged import absorbed_into, survivors_of
from .personal import Erasure, PersonalRun

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
    "Erasure",
    "LeadStatus",
    "Lifecycle",
    "MatchKind",
    "PersonalRun",
    "SizeBand",
    "absorbed_into",
    "survivors_of",
]
