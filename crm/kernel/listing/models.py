"""Tables of the listing app: imports, exports, bulk actions, purges, saved views, lists of records, and what people prefer."""

from .bulk.models import BulkItem, BulkRun
from .exports.models import ExportRun
from .imports.models import ImportMapping, ImportProblem, ImportRun
from .purging.models import PurgeRun
from .saved.models import ListPreference, RecordList, RecordListMember, SavedView

__all__ = [
    "BulkItem",
    "BulkRun",
    "ExportRun",
    "ImportMapping",
    "ImportProblem",
    "ImportRun",
    "ListPreference",
    "PurgeRun",
    "RecordList",
    "RecordListMember",
    "SavedView",
]
