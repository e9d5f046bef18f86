from django.apps import AppConfig


class ListingConfig(AppConfig):
    name = "crm.kernel.listing"
    label = "listing"

    def ready(self) -> None:
        """Offer imports, bulk actions, saved views and lists, and say what a worker does with runs."""
        from crm.kernel.events.bus import consume

        from . import runs
        from .bulk import wiring as bulk
        from .exports import wiring as exports
        from .imports import wiring as imports
        from .purging import wiring as purging
        from .saved import wiring as saved

        consume(runs.RunReady, "listing.work", runs.hand_to_worker)
        imports.connect()
        bulk.connect()
        saved.connect()
        exports.connect()
        purging.connect()
