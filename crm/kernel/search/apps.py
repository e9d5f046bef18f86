from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "crm.kernel.search"
    label = "search"

    def ready(self) -> None:
        """Put favourites into the sidebar; let stars follow records that are merged."""
        from crm.kernel.core import panels, relations

        from .models import Favourite, RecentView
        from .services import star_survivor

        panels.register("sidebar.pinned", "search/_pinned.html")
        relations.declare(Favourite, "record_id", relations.ANY, move=star_survivor)
        relations.declare(RecentView, "record_id", relations.ANY, move=relations.stay)  # what is gone is not listed
