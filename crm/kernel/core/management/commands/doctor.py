"""`doctor`: checks an installation and says in plain words what is wrong."""

import datetime as dt
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from crm.kernel.core import broker, checkup
from crm.kernel.core.postgres.errors import EmbeddedServerError

LATE = dt.timedelta(minutes=5)


class Command(BaseCommand):
    """Prints one line per check and ends with status 1 if any of them failed. Changes nothing."""

    help = "Check Python, database, roles, broker, migrations and the outbox."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.failures = 0
        self.report("Python 3.12 or newer", "" if sys.version_info >= (3, 12) else sys.version.split()[0])
        try:
            self._check_database()
        except (DatabaseError, EmbeddedServerError) as error:
            self.report("Database reachable", str(error).strip())
        if self.failures:
            self.stdout.write(f"{self.failures} of the checks failed.")
            sys.exit(1)

    def report(self, check: str, problem: str, *, warn: bool = False) -> None:
        """Print one line; count it if it names a problem that is more than a warning."""
        if not problem:
            self.stdout.write(f"ok    {check}")
            return
        self.failures += not warn
        self.stdout.write(f"{'warn ' if warn else 'FAIL '} {check}: {problem}")

    def _check_database(self) -> None:
        version = connection.get_database_version()
        found = "" if version >= checkup.OLDEST_SERVER else f"this is {version[0]}"
        self.report("PostgreSQL 15 or newer", found)
        pending = checkup.pending_migrations()
        self.report("Migrations applied", f"{len(pending)} missing, run `manage.py migrate`" if pending else "")
        if pending:
            return
        self.report("Extensions", ", ".join(sorted(checkup.missing_extensions())))
        self._check_roles()
        self.report("Broker reachable", broker.problem())
        self._check_outbox()
        for name, check in checkup.further:
            self.report(name, check())

    def _check_roles(self) -> None:
        if checkup.single_role():
            self.report(
                "Separate roles for owner and application",
                "the application owns its tables, so triggers alone guard history; set DATABASE_OWNER_URL",
                warn=True,
            )
        else:
            self.report("The application's role cannot rewrite history", "; ".join(checkup.role_problems()))
        ignored = (
            "`pgtrigger.ignore` switches it off, run `manage.py migrate`" if checkup.history_can_be_ignored() else ""
        )
        self.report("No setting switches history off", ignored)

    def _check_outbox(self) -> None:
        age = checkup.oldest_waiting_event()
        late = f"one has waited for {age}; is a worker running?" if age is not None and age > LATE else ""
        self.report("Events are worked off", late)
        failed = checkup.failed_events()
        self.report("No event was given up", f"{failed} failed after all attempts" if failed else "", warn=True)
