from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "crm.kernel.users"
    label = "users"
    verbose_name = _("People")

    def ready(self) -> None:
        """List the settings pages of people."""
        from crm.kernel.core.navigation import NavItem, register_settings

        from . import leaving
        from .work import managed_teams

        leaving.register(managed_teams)
        for order, (key, label, url_name, icon) in enumerate(
            (
                ("profile", _("Profile"), "users:profile", "user-round"),
                ("password", _("Password"), "account_change_password", "key-round"),
                ("two_step", _("Two-step sign-in"), "mfa_index", "shield-check"),
                ("sessions", _("Sessions"), "usersessions_list", "monitor"),
            )
        ):
            register_settings(NavItem(key, label, url_name, icon, order=10 + order, group=_("You")))
        for order, (key, label, icon) in enumerate(
            (
                ("people", _("People"), "users"),
                ("teams", _("Teams"), "share-2"),
                ("roles", _("Roles"), "shield-check"),
            )
        ):
            register_settings(
                NavItem(key, label, f"users:{key}", icon, order=30 + order, group=_("Workspace"), visible=_may_change)
            )


def _may_change(user: Any) -> bool:
    return bool(user.may("settings"))
