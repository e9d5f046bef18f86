"""`manage.py forecasts`: what the worker computes in a process of its own, see `deals.tasks`."""

from typing import Any

from django.core.management.base import BaseCommand

from deals.forecast import answers, freezing


class Command(BaseCommand):
    """Computes what is waited for and freezes what is due; ends with nothing done where that is nothing."""

    help = "Compute the forecasts that pages wait for, and freeze those of the Mondays that have come."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        computed, frozen = answers.compute_waiting(), freezing.freeze_due()
        self.stdout.write(f"{computed} computed, {frozen} frozen")
