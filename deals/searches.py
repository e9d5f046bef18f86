"""How search and the palette find deals: by title, company or person. One's own first, open before closed."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.finders import in_company
from crm.kernel.core import formats
from crm.kernel.search.engine import Hit, Searchable
from crm.kernel.search.operators import by_person, by_tag
from crm.kernel.search.registry import register as let_find

from .models import Deal


def _hit(row: Mapping[str, Any]) -> Hit:
    amount = formats.money(row["amount"], row["currency"])
    about = ", ".join(filter(None, (row["company__name"], row["stage__name"], amount)))
    return Hit("deal", row["pk"], row["title"], about, f"/deals/{row['pk']}/")


DEALS = Searchable(
    kind="deal",
    label=_("Deals"),
    icon="circle-dollar-sign",
    rows=lambda actor: Deal.objects.visible_to(actor).live(),
    values=("title", "company__name", "stage__name", "amount", "currency"),
    hit=_hit,
    recent="last_activity_at",
    name="sort_title",
    better=Q(closed_at__isnull=True),
    operators={"owner": by_person(), "tag": by_tag, "company": in_company},
    types=("deals", "opportunity", "opportunities"),
    list_url_name="deals:deal_list",
    order=30,
)


def register() -> None:
    """Let search find deals."""
    let_find(DEALS)
