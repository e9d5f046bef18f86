"""What activities and tasks hold on a person (H1).

A text that belongs to one person alone is blanked as a whole. One that is shared, with other people or with a deal, tells of
others too: in it the person's names, addresses and numbers are blanked wherever they stand.
"""

from crm.kernel.core import personal
from crm.kernel.core.personal import ERASED

from .models import Activity, ActivityContact, Task

LINKED = "id IN (SELECT l.activity_id FROM activities_activitycontact l WHERE l.contact_id = ANY (ids))"
ALONE = f"""{LINKED} AND deal_id IS NULL AND NOT EXISTS (
    SELECT FROM activities_activitycontact o WHERE o.activity_id = activities_activity.id AND o.contact_id <> ALL (ids))"""
KEPT = ("type", "direction", "outcome", "system", "import_source", "external_id")


def register() -> None:
    """Declare the columns of this app."""
    blank = {"subject": ERASED, "body": "", "data": {}}
    personal.hold(Activity, f"{ALONE} AND type <> 'system'", blank=blank, keep=KEPT, mentions=LINKED)
    personal.hold(ActivityContact, "false")
    personal.hold(
        Task, "contact_id = ANY (ids) AND deal_id IS NULL", blank={"title": ERASED, "notes": ""},
        keep=("type", "import_source", "external_id"), mentions="contact_id = ANY (ids)",
    )  # fmt: skip
