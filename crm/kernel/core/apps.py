from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "crm.kernel.core"
    label = "core"
