"""Webhooks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Wires deliveries into undo, the settings menu and doctor. An app of its own: its tables stand beside the rules'."""

    name = "workflows.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from . import wiring

        wiring.connect()
