from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import navigation
from crm.kernel.core.navigation import NavItem


class UsersConfig(AppConfig):
    name = "crm.kernel.users"
    label = "users"

    def ready(self) -> None:
        """Put everybody's own pages first in the menu of the settings."""
        you = _("You")
        for item in (
            NavItem("profile", _("Profile"), "users:profile", "user-round", order=1, group=you),
            NavItem("password", _("Password"), "account_change_password", "key-round", order=2, group=you),
            NavItem("two_step", _("Two-step sign-in"), "mfa_index", "shield-check", order=3, group=you),
            NavItem("sessions", _("Sessions"), "usersessions_list", "monitor", order=4, group=you),
        ):
            navigation.register_settings(item)
