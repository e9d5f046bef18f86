"""Automation: rules, their runs, and the engine between them."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Wires the app into the registries of the kernel."""

    name = "workflows"

    def ready(self) -> None:
        """Listen to what happens."""
        from . import menus, subscribers

        subscribers.connect()
        menus.connect()
