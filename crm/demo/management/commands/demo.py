"""`demo`: the sample workspace, and larger ones for trying out how far the product carries."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.demo.build import build_story
from crm.demo.bulk import SIZES, build_bulk
from crm.demo.setting import sample_logins, sample_password
from crm.kernel.users.models import User


class Command(BaseCommand):
    """Fills an empty installation and prints the sample logins."""

    requires_system_checks: list[str] = []
    help = "Fill an empty installation with the sample workspace (Brightwater) and print its logins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--seed", type=int, default=1, help="another number tells another story (default 1)")
        parser.add_argument(
            "--size",
            choices=["small", *SIZES],
            default="small",
            help="small: some hundred contacts; large: 100,000; huge: 1,000,000 (default small)",
        )
        parser.add_argument("--if-empty", action="store_true", help="do nothing if somebody works here already")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build the workspace."""
        if User.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("This installation is not empty. The sample workspace needs an empty one (CRM_VAR=...).")
        self.began = time.monotonic()
        password = sample_password()
        build_story(seed=options["seed"], password=password)
        if size := SIZES.get(options["size"]):
            build_bulk(size, seed=options["seed"], say=self.say)
        self.stdout.write(sample_logins(password))

    def say(self, what: str) -> None:
        """Tell a person who waits how far it has come; the logins alone go to the standard output."""
        self.stderr.write(f"{time.monotonic() - self.began:6.1f} s  {what}", style_func=str)
