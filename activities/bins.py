"""The bins of tasks and of activities (R8)."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.kernel.listing.bins import BINNED, BY_BINNING, BinPage, owned, restore_column
from crm.kernel.listing.columns import Row, person_column
from crm.kernel.listing.lists import Empty, ListPage
from crm.kernel.listing.sorting import Sort

from .lists import ActivityList, TaskList
from .models import Activity


def _may_restore_task(row: Row, page: ListPage) -> bool:
    """Tasks are restored by whoever may delete the assignee's, and by who made them."""
    mine = row["created_by_id"] is not None and row["created_by_id"] == page.actor.id
    return mine or owned({"owner_id": row["assignee_id"]}, page)


def _may_restore_activity(row: Row, page: ListPage) -> bool:
    return owned({"owner_id": row["user_id"]}, page)


class TaskBin(BinPage, TaskList):
    """Tasks in the bin (R8), done ones too."""

    key = "task-bin"
    title = _("Deleted tasks")
    url_name = "activities:task_bin_list"
    columns = (
        *TaskList.columns[:2],
        person_column("assignee", label=_("Who")),
        BINNED,
        restore_column(
            "activities:task_restore", TaskList.row_name, ("title", "assignee_id", "created_by_id"), _may_restore_task
        ),
    )
    sorts: ClassVar[tuple[Any, ...]] = (BY_BINNING, Sort("title", _("Title"), "title", indexed=False))
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted tasks wait here and can be restored."))


class ActivityBin(BinPage, ActivityList):
    """Activities in the bin (R8)."""

    key = "activity-bin"
    title = _("Deleted activities")
    url_name = "activities:activity_bin_list"
    columns = (
        *ActivityList.columns[:2],
        person_column("user", label=_("Who")),
        BINNED,
        restore_column(
            "activities:activity_restore", ActivityList.row_name, ("subject", "body", "type", "user_id"),
            _may_restore_activity,
        ),
    )  # fmt: skip
    empty = Empty("trash-2", _("The bin is empty"), _("Deleted activities wait here and can be restored."))

    def base(self) -> QuerySet[Any]:
        """Leave out system entries, as the list does."""
        return super().base().exclude(type=Activity.Type.SYSTEM)
