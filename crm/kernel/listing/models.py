"""Tables of the listing app: imports, exports, bulk actions, saved views, lists of records, and what people prefer."""

from .bulk.models import BulkItem, BulkRun
from .exports.models import ExportRun
from .imports.models import ImportMapping, ImportProblem, ImportRun
from .saved.models import ListPreference, RecordList, RecordListMember, SavedView

__all__ = [
    "BulkItem",
    "BulkRun",
    "ExportRun",
    "ImportMapping",
    "ImportProblem",
    "ImportRun",
    "ListPreference",
    "RecordList",
    "RecordListMember",
    "SavedView",
]
