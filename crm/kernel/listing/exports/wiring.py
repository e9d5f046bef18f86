"""Ties exports to the rest: the worker, the lists' buttons, the bell, the settings."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands
from crm.kernel.core import navigation, panels, personal
from crm.kernel.core.navigation import NavItem
from crm.kernel.listing.runs import register_work
from crm.kernel.listing.saved.models import ListPreference
from crm.kernel.notifications.registry import show_kind

from .archive import carry
from .engine import forget_people, perform
from .models import ExportRun
from .people import PeopleExporter
from .registry import exporters, register
from .services import WORK


class _Own:
    """One's own exports, for the bell."""

    @staticmethod
    def visible_to(who: Any) -> Any:
        """Return the exports that a person asked for."""
        return ExportRun.objects.filter(user_id=getattr(who, "pk", None) or who.id)


def connect() -> None:
    """Called when the app is ready."""
    register_work(WORK, ExportRun, perform)
    show_kind("export", _Own, lambda pk: reverse("listing:export_run", args=[pk]))
    label_commands({"exports.take": _("exported records"), "archive.load": _("brought an archive in")})
    personal.erase_with(forget_people)
    register(PeopleExporter())
    carry(ListPreference)
    panels.register("list.actions", "exports/_list_action.html", _address, order=20, visible=_may)
    panels.register("list.bulk", "exports/_bulk_action.html", order=90, visible=_may)
    navigation.register_settings(
        NavItem(
            "export", _("Export everything"), "listing:export_everything", "download", order=75, group=_("Data"),
            visible=lambda user: user.may("export") and user.may("settings"),
        )
    )  # fmt: skip


def _address(request: HttpRequest, page: Any) -> dict[str, Any]:
    return {"export_query": page.query().removeprefix("?")}


def _may(user: Any, page: Any) -> bool:
    """Say whether a list can be exported by a person."""
    known = page.kind in {each.kind for each in exporters()}
    return bool(known and user.may("export") and not page.in_bin)
