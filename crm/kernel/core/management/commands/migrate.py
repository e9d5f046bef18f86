"""`migrate`, as the owner of the tables, followed by the rights of the application's role."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from django.core.management.commands import migrate
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from crm.kernel.core.postgres.base import wrapper
from crm.kernel.core.postgres.roles import secure

LOCK_KEY = 4_711_002  # advisory lock: several containers may start, and migrate, at once


class Command(migrate.Command):
    """Django's migrate, run as the owning role; afterwards the application's role gets exactly its rights."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate and secure the database named by --database."""
        connection = wrapper(options["database"])
        with connection.as_owner(), triggers_shape_no_model():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
            super().handle(*args, **options)
            if not options["plan"]:
                secure(connection)


@contextmanager
def triggers_shape_no_model() -> Iterator[None]:
    """Let the operations for triggers leave models as they are rendered.

    They would render each model anew with all its neighbours, a third of the time of a first migrate, for nothing:
    no later operation asks a rendered model for its triggers.
    """
    with (
        patch.object(AddTrigger, "state_forwards", _without_reload(AddTrigger.state_forwards)),
        patch.object(RemoveTrigger, "state_forwards", _without_reload(RemoveTrigger.state_forwards)),
    ):
        yield


def _without_reload(forwards: Callable[..., None]) -> Callable[..., None]:
    @wraps(forwards)
    def state_forwards(self: Any, app_label: str, state: ProjectState) -> None:
        with patch.object(state, "reload_model"):
            forwards(self, app_label, state)

    return state_forwards
