"""Import of deals (P0, P3, P9)."""

from crm.kernel.listing.imports.registry import register

from .deals import DealImporter

register(DealImporter())
