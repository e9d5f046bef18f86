"""`postgres start|stop|status`: the embedded server by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.kernel.core.postgres.base import embedded_server, wrapper


class Command(BaseCommand):
    """Starts, stops or looks at the embedded server; with CRM_TESTING=1 at the one that tests use."""

    help = "Start, stop or look at the embedded PostgreSQL server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])
        parser.add_argument("--if-idle", action="store_true", help="Stop only if nobody else is connected.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not wrapper().embedded:
            if options["action"] == "stop":
                return
            raise CommandError("DATABASE_URL is set: the server is not ours to control.")
        server = embedded_server()
        if options["action"] == "start":
            server.ensure_running()
        elif options["action"] == "stop" and server.accepts() and not (options["if_idle"] and in_use()):
            server.stop()
        running = server.accepts()
        self.stdout.write(f"{'running' if running else 'stopped'}: {server.data}, socket in {server.socket_dir}")


def in_use() -> bool:
    """Tell whether anybody else is connected to any database of the server."""
    with wrapper()._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])
