from django.apps import AppConfig


class ListingConfig(AppConfig):
    name = "crm.kernel.listing"
    label = "listing"
