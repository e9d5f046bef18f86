"""What deals hold on a person: texts that may name them, in deals that they have a part in (H1)."""

from typing import Any

from crm.kernel.core import personal

from .models import Deal, DealContact

TAKES_PART = "id IN (SELECT p.deal_id FROM deals_dealcontact p WHERE p.contact_id = ANY (ids))"
NAMED: dict[str, Any] = {
    "title": "", "description": "", "lost_comment": "", "custom": {}, "search_text": "", "next_step_text": "",
}  # fmt: skip
KEPT = ("source", "currency", "next_step_type", "forecast_category", "tags", "import_source", "external_id")


def register() -> None:
    """Declare the columns of this app. A deal is an organisation's business: it keeps its words but for the person's."""
    personal.hold(Deal, "false", blank=NAMED, keep=KEPT, mentions=TAKES_PART)
    personal.hold(DealContact, "false", keep=("role",))
