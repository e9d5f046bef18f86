"""Activities, tasks and the timeline."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """Wires the app into the registries of the kernel."""

    name = "activities"

    def ready(self) -> None:
        """Subscribe to what others publish; say how our derived columns are recomputed and our commands called."""
        from crm.kernel.audit import registry
        from crm.kernel.core import checkup
        from deals.registry import describe_touches

        from . import bulk, consumers, exports, leaving, merging, personal, purging, subscribers
        from .mail import wiring
        from .models import Activity, ActivityContact, Task
        from .services import clocks, files
        from .touches import last_touches
        from .words import COMMANDS

        registry.label_commands(COMMANDS)
        registry.link_records({"activity": "activities:activity_page", "task": "activities:task_page"})
        registry.recompute_with(Activity, clocks.refresh_clocks_of_activities)
        registry.recompute_with(ActivityContact, clocks.refresh_clocks_of_links)
        registry.recompute_with(Task, clocks.refresh_clocks_of_tasks)
        subscribers.connect()
        consumers.connect()
        leaving.register()
        personal.register()
        merging.register()
        purging.register()
        describe_touches(last_touches)
        bulk.connect()
        checkup.add_check("Uploaded files can be stored", files.storage_problem)
        checkup.add_check("Uploaded files have their contents", files.contents_problem)
        exports.connect()
        wiring.connect()
        self._fill_pages()

    @staticmethod
    def _fill_pages() -> None:
        """Put timeline, tasks and menus where other apps left room for them."""
        from . import menus, searches

        menus.connect()
        searches.register()
