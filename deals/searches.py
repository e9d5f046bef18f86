"""How search and the palette find deals: by title, company or person. Open before closed, one's own before others'."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from crm.kernel.search.registry import Hit, Kind
from crm.kernel.search.registry import register as let_find
from crm.kernel.search.words import clean, folded, matching

from .models import Deal

CANDIDATES = 40
FIELDS = ("pk", "title", "company__name", "stage__name", "amount", "currency", "owner_id", "closed_at")


def find_deals(actor: Actor, text: str, most: int = 8) -> list[Hit]:
    """Return the best matches among the deals that the person may see."""
    text = clean(text)
    rows = Deal.objects.visible_to(actor).live()
    if not text:
        return [_hit(row, 9) for row in rows.order_by("-created_at", "-pk").values(*FIELDS)[:most]]
    begins = list(rows.filter(sort_title__startswith=folded(text)).values(*FIELDS)[:CANDIDATES])
    found = {row["pk"]: (_rank(row, actor, 1), row) for row in begins}
    if len(found) < most and len(text) > 2:
        more = rows.filter(matching(text, prefix="sort_title")).values(*FIELDS)[:CANDIDATES]
        for row in more:
            found.setdefault(row["pk"], (_rank(row, actor, 3), row))
    best = sorted(found.values(), key=lambda pair: (pair[0], pair[1]["title"].casefold()))
    return [_hit(row, rank) for rank, row in best[:most]]


def _rank(row: dict[str, Any], actor: Actor, rank: int) -> int:
    return rank * 4 + (0 if row["closed_at"] is None else 2) + (0 if row["owner_id"] == actor.id else 1)


def _hit(row: dict[str, Any], rank: int) -> Hit:
    amount = formats.money(row["amount"], row["currency"])
    about = ", ".join(filter(None, (row["company__name"], row["stage__name"], amount)))
    return Hit("deal", row["pk"], row["title"], about, f"/deals/{row['pk']}/", None, rank)


def named_deals(actor: Actor, ids: Iterable[UUID]) -> list[Hit]:
    """Return these deals, as far as the person may see them."""
    rows = Deal.objects.visible_to(actor).live().filter(pk__in=list(ids))
    return [_hit(row, 9) for row in rows.values(*FIELDS)]


def register() -> None:
    """Let search find deals."""
    let_find(Kind("deal", _("Deals"), "circle-dollar-sign", find_deals, named_deals, order=30))
