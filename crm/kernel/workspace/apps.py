from django.apps import AppConfig

from crm.kernel.core import context


class WorkspaceConfig(AppConfig):
    name = "crm.kernel.workspace"
    label = "workspace"

    def ready(self) -> None:
        """Give the frame of the pages the workspace's name."""
        from .models import Workspace

        context.name_workspace(lambda: Workspace.current().name)
