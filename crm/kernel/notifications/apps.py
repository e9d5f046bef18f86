"""Notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Puts the bell into the top bar and its settings into the menu."""

    name = "crm.kernel.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register the bell."""
        from django.utils.translation import gettext_lazy as _

        from crm.kernel.audit.registry import allow_undo, label_commands
        from crm.kernel.core import navigation, panels, relations

        from .models import Notification, NotificationChoice, QuietHours

        for model in (NotificationChoice, QuietHours):  # what people have set for themselves they put back
            allow_undo(model, lambda change, actor: (change.before or change.after or {}).get("user_id") == actor.id)
        label_commands(
            {
                "notifications.choose": _("chose how to be told"),
                "notifications.mail": _("sent notifications by e-mail"),
            }
        )
        navigation.register_settings(
            navigation.NavItem(
                "notifications", _("Notifications"), "notifications:choices", "bell", order=11, group=_("You")
            )
        )

        panels.register("topbar.end", "notifications/_bell.html", order=90)
        relations.declare(Notification, "record_id", relations.ANY, move=relations.stay)  # the address leads on
