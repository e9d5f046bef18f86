"""Dashboard, reports and targets."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers the reports, the menu entry and the settings page."""

    name = "crm.reports"
    label = "reports"

    def ready(self) -> None:
        """Fill the registries."""
        from . import wiring

        wiring.connect()
