"""Pipelines, deals, the board."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    """Wires the app into the registries of the kernel and of contacts."""

    name = "deals"

    def ready(self) -> None:
        """Subscribe, say how deals are undone, searched and shown elsewhere."""
        from . import bulk, exports, merging, panels, purging, searches, subscribers

        subscribers.connect()
        panels.register()
        searches.register()
        merging.register()
        purging.register()
        bulk.connect()
        exports.connect()
