"""What deals put on the pages of contacts and companies, and into the menus."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from contacts.registry import LeadAction, register_lead_action
from crm.kernel.core import navigation, panels
from crm.kernel.core.navigation import NavItem
from crm.kernel.core.remember import remembered

from .models import Deal, Stage
from .tones import tones

MOST = 6


def sees_deals(user: Any, _obj: Any = None) -> bool:
    """Say whether a person sees any deal at all."""
    return user.level("deal", "view") != "none"  # the scope would ask for the team


def makes_deals(user: Any, _obj: Any = None) -> bool:
    """Say whether a person may make deals (creating follows edit)."""
    return user.level("deal", "edit") != "none"  # the scope would ask for the team


@remembered
def stage_tones() -> dict[UUID, str]:
    """Return the colour of every stage."""
    return tones(list(Stage.objects.order_by("pipeline_id", "position")))


def deals_of(request: Any, record: Any) -> dict[str, Any]:
    """Return the deals of a contact or company that the person may see, open ones first, each with its colour."""
    rows = Deal.objects.visible_to(request.actor).live().select_related("stage", "owner")
    rows = rows.filter(people__contact=record) if record.kind == "contact" else rows.filter(company=record)
    found = list(rows.order_by("closed_at", "-created_at")[: MOST + 1])
    found.sort(key=lambda deal: (not deal.is_open, deal.expected_close is None, deal.expected_close))
    colour = stage_tones()
    return {
        "deals": [(deal, colour.get(deal.stage_id, "1")) for deal in found[:MOST]],
        "more_deals": len(found) > MOST,
        "new_deal": makes_deals(request.user),
        "query": f"{record.kind}={record.pk}",
    }


def register() -> None:
    """Put deals into menus and onto the pages of contacts and companies."""
    navigation.register(
        NavItem(
            "pipeline",
            _("Pipeline"),
            "deals:board",
            "square-kanban",
            order=20,
            shortcut="P",
            phone=True,
            visible=sees_deals,
        )
    )
    navigation.register_shortcut(
        NavItem("as_of", _("Board as of a past day"), "deals:board_past", "history", order=21, visible=sees_deals)
    )
    navigation.register_create(
        NavItem("deal", _("Deal"), "deals:deal_new", "circle-dollar-sign", order=10, dialog=True, visible=makes_deals)
    )
    navigation.register_settings(
        NavItem(
            "stages", _("Pipeline stages"), "deals:stage_settings", "square-kanban", order=60, group=_("Workspace"),
            visible=lambda user: user.may("settings"),
        )
    )  # fmt: skip
    for kind in ("contact", "company"):
        panels.register(f"{kind}.side", "deals/_record_deals.html", deals_of, order=20, visible=sees_deals)
    register_lead_action(LeadAction(_("Qualify"), "deals:lead_qualify", icon="handshake", visible=makes_deals))
