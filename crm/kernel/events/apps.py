from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "crm.kernel.events"
    label = "events"
