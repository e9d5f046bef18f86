"""Notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Puts the bell into the top bar."""

    name = "crm.kernel.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register the bell."""
        from crm.kernel.core import panels, relations

        from .models import Notification

        panels.register("topbar.end", "notifications/_bell.html", order=90)
        relations.declare(Notification, "record_id", relations.ANY, move=relations.stay)  # the address leads on
