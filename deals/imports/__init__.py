"""Import of deals (P0, P3, P9)."""

from crm.kernel.listing.imports.engine import Job
from crm.kernel.listing.imports.registry import Row, extend, register
from deals.services import derive_lifecycle

from .deals import DealImporter


def derive_new_contacts(job: Job, rows: list[Row]) -> None:
    """New contacts of a company that has bought are customers, unless their file says what they are (R4)."""
    fresh = [row for row in rows if row.action == "create" and row.record.get("company_id")]
    derive_lifecycle([row.known for row in fresh if row.known and "lifecycle" not in row.values])


register(DealImporter())
extend("contacts", [], derive_new_contacts)
