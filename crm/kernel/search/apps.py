from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "crm.kernel.search"
    label = "search"

    def ready(self) -> None:
        """Put favourites into the sidebar."""
        from crm.kernel.core import panels

        panels.register("sidebar.pinned", "search/_pinned.html")
