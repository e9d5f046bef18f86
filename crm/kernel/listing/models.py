"""Tables of the listing app: imports, bulk actions."""

from .bulk.models import BulkItem, BulkRun
from .imports.models import ImportMapping, ImportProblem, ImportRun

__all__ = ["BulkItem", "BulkRun", "ImportMapping", "ImportProblem", "ImportRun"]
