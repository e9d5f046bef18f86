from django.apps import AppConfig


class CustomFieldsConfig(AppConfig):
    name = "crm.kernel.customfields"
    label = "customfields"
