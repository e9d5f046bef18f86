"""What deals hold on a person: texts that may name them, in deals that they have a part in (H1)."""

from crm.kernel.core import personal

from .models import Deal, DealContact

TAKES_PART = "id IN (SELECT p.deal_id FROM deals_dealcontact p WHERE p.contact_id = ANY (ids))"
KEPT = (
    "source", "currency", "forecast_category", "lost_comment", "tags", "custom", "import_source", "external_id"
)  # fmt: skip


def register() -> None:
    """Declare the columns of this app. A deal is an organisation's business: it keeps its words but for the person's."""
    personal.hold(
        Deal, "false", blank={"title": "", "description": "", "search_text": ""}, keep=KEPT, mentions=TAKES_PART
    )
    personal.hold(DealContact, "false", keep=("role",))
