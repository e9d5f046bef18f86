"""Import of companies and contacts (R2, R3)."""

from crm.kernel.listing.imports.registry import register

from .companies import CompanyImporter
from .contacts import ContactImporter

register(CompanyImporter())
register(ContactImporter())
