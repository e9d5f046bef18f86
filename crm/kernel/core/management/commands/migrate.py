"""`migrate`, as the owner of the tables, followed by the rights of the application's role."""

from typing import Any

from django.core.management.commands import migrate

from crm.kernel.core.postgres.base import wrapper
from crm.kernel.core.postgres.roles import secure

LOCK_KEY = 4_711_002  # advisory lock: several containers may start, and migrate, at once


class Command(migrate.Command):
    """Django's migrate, run as the owning role; afterwards the application's role gets exactly its rights."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate and secure the database named by --database."""
        connection = wrapper(options["database"])
        with connection.as_owner():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
            super().handle(*args, **options)
            if not options["plan"]:
                secure(connection)
