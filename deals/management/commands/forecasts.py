"""`manage.py forecasts`: what the worker lets a process of its own compute, see `deals.tasks`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from deals.forecast import answers, freezing

WHAT = {"compute": answers.compute_waiting, "freeze": freezing.freeze_due}


class Command(BaseCommand):
    """Computes what is waited for, or freezes what is due; nothing where another process is at it."""

    help = "Compute the forecasts that pages wait for, or freeze those of the Mondays that have come."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=WHAT)

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            # Held until this process ends.
            cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [f"crm.forecasts.{options['what']}"])
            if cursor.fetchone() == (True,):
                self.stdout.write(f"{options['what']}: {WHAT[options['what']]()}")
