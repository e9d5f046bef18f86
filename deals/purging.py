"""What is left of a purged deal (R8): a shell with its stages, dates and amounts, on which past numbers stand."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.kernel.listing.purging.registry import Purgeable, purge_along
from crm.kernel.listing.purging.registry import register as purge

from .models import Deal, DealContact
from .services.searching import refresh_search

PURGED = "[purged]"  # a title may not be empty
BLANK: dict[str, Any] = {
    "title": PURGED, "company": None, "description": "", "lost_comment": "", "tags": [], "custom": {},
    "import_source": "", "external_id": "", "snoozed_until": None, "search_text": "",
    "next_step_at": None, "next_step_due": None, "next_step_type": "", "next_step_text": "",
}  # fmt: skip


def register() -> None:
    """Offer deals, and say what becomes of them when their people or companies are purged."""
    purge(
        Purgeable(
            "deal", Deal, _("Deals"), lambda n: ngettext("%d deal", "%d deals", n) % n,
            _("A shell stays: owner, stages, dates and amounts, so that past numbers stay as they were."),
            "deals:deal_bin", remove=leave_shells,
        )
    )  # fmt: skip
    purge_along(release)


def leave_shells(ids: Collection[UUID]) -> None:
    """Blank what people typed into these deals; stage visits, amounts, dates, source and lost reason stay (N2, N8)."""
    now = timezone.now()
    DealContact.objects.filter(deal__in=ids).delete()
    Deal.objects.filter(pk__in=ids).update(**BLANK, purged_at=now, updated_at=now, version=F("version") + 1)


def release(kind: str, ids: Collection[UUID]) -> dict[str, int]:
    """Take purged people and companies out of their deals, which stay."""
    deals: list[UUID] = []
    if kind == "contact":
        places = DealContact.objects.filter(contact__in=ids)
        deals = list(places.values_list("deal_id", flat=True).distinct())
        places.delete()
    elif kind == "company":
        deals = list(Deal.objects.filter(company__in=ids).values_list("pk", flat=True))
        Deal.objects.filter(pk__in=deals).update(company=None, updated_at=timezone.now(), version=F("version") + 1)
    refresh_search(deals)
    return {}
