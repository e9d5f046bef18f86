from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "crm.kernel.workspace"
    label = "workspace"
