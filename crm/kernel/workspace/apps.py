from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkspaceConfig(AppConfig):
    name = "crm.kernel.workspace"
    label = "workspace"
    verbose_name = _("Workspace")

    def ready(self) -> None:
        """List the settings pages and give the frame the workspace's name."""
        from crm.kernel.core.context import name_workspace
        from crm.kernel.core.navigation import NavItem, register_settings

        from .models import Workspace

        name_workspace(lambda: Workspace.current().name)
        group = _("Workspace")
        for order, (key, label, icon) in enumerate(
            (
                ("workspace", _("Workspace"), "building-2"),
                ("holidays", _("Holidays"), "calendar"),
                ("rates", _("Exchange rates"), "circle-dollar-sign"),
            )
        ):
            register_settings(
                NavItem(key, label, f"workspace:{key}", icon, order=20 + order, group=group, visible=_may_change)
            )


def _may_change(user: Any) -> bool:
    return bool(user.may("settings"))
