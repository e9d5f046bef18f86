"""Tables of the listing app: imports, bulk actions, saved views, lists of records, and what people prefer on lists."""

from .bulk.models import BulkItem, BulkRun
from .imports.models import ImportMapping, ImportProblem, ImportRun
from .saved.models import ListPreference, RecordList, RecordListMember, SavedView

__all__ = [
    "BulkItem",
    "BulkRun",
    "ImportMapping",
    "ImportProblem",
    "ImportRun",
    "ListPreference",
    "RecordList",
    "RecordListMember",
    "SavedView",
]
