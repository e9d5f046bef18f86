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

    def handle(self, *args: Any, **options: Any) -> None:
        if not wrapper().embedded:
            if options["action"] == "stop":
                return
            raise CommandError("DATABASE_URL is set: the server is not ours to control.")
        server = embedded_server()
        if options["action"] == "start":
            server.ensure_running()
        elif options["action"] == "stop":
            server.stop()
        running = server.accepts()
        self.stdout.write(f"{'running' if running else 'stopped'}: {server.data}, socket in {server.socket_dir}")
