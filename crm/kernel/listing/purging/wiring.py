"""Ties purging to the rest: the worker, the settings, the bins, the bell, the audit."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.kernel.audit.registry import label_commands, never_undone
from crm.kernel.core import navigation, panels
from crm.kernel.core.navigation import NavItem
from crm.kernel.listing.runs import register_work
from crm.kernel.notifications.registry import show_kind

from .models import PurgeRun
from .offers import KIND, Offers
from .services import COMMAND, WORK, perform


def connect() -> None:
    """Called when the app is ready."""
    register_work(WORK, PurgeRun, perform)
    label_commands({COMMAND: _("purged records from the bin")})
    never_undone(COMMAND, _("What was purged is gone for good: this cannot be undone."))
    show_kind(KIND, Offers, lambda _pk: reverse("listing:bin_home"))
    show_kind(WORK, PurgeRun.objects, lambda pk: reverse("listing:purge_run", args=[pk]))
    panels.register("list.actions", "purging/_list_action.html", order=30, visible=_offered)
    navigation.register_settings(
        NavItem(
            "bin", _("Bin"), "listing:bin_home", "trash-2", order=78, group=_("Data"),
            visible=lambda user: user.may("settings"),
        )
    )  # fmt: skip


def _offered(user: Any, page: Any) -> bool:
    return bool(page.in_bin and user.may("settings"))
