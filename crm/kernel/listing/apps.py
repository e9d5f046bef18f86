from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListingConfig(AppConfig):
    name = "crm.kernel.listing"
    label = "listing"

    def ready(self) -> None:
        """Offer imports, bulk actions, saved views and lists, and say what a worker does with runs."""
        from crm.kernel.events.bus import consume
        from crm.kernel.notifications.registry import Topic, register_topic

        from . import runs
        from .bulk import wiring as bulk
        from .exports import wiring as exports
        from .imports import wiring as imports
        from .purging import wiring as purging
        from .saved import wiring as saved

        register_topic(
            Topic("bulk_given", _("A bulk action gives me records"), "users"),
            Topic("export_ready", _("My export is ready"), "download"),
            Topic("purge_offer", _("The bin can be purged"), "trash-2"),
            Topic("purge_done", _("A purge has ended"), "trash-2"),
        )
        consume(runs.RunReady, "listing.work", runs.hand_to_worker)
        imports.connect()
        bulk.connect()
        saved.connect()
        exports.connect()
        purging.connect()
