from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "crm.kernel.search"
    label = "search"
