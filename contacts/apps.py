from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        """Tell the kernel about menus, history, search and what to recompute after an undo."""
        from . import setup

        setup.register()
