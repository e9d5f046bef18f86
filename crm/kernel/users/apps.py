from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "crm.kernel.users"
    label = "users"
