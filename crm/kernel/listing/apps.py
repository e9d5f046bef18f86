from django.apps import AppConfig


class ListingConfig(AppConfig):
    name = "crm.kernel.listing"
    label = "listing"

    def ready(self) -> None:
        """Offer the import of files, of this app's kinds and of every app's that has an `imports` module."""
        from .imports import wiring

        wiring.connect()
