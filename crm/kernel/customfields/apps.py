from django.apps import AppConfig


class CustomFieldsConfig(AppConfig):
    name = "crm.kernel.customfields"
    label = "customfields"

    def ready(self) -> None:
        """Tell the kernel about the settings page, the words of commands, the work of the worker and the history."""
        from . import wiring

        wiring.connect()
