"""`manage.py import_all FILE.zip`: an archive of `export_all` into an empty workspace (docs/bulk-and-export.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.listing.exports.load import load


class Command(BaseCommand):
    """Put an archive into this workspace, which must be empty."""

    help = "Put an archive of export_all into this workspace, which must be empty."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Load all tables and files, or nothing."""
        try:
            counts = load(file, Actor.system("import_all"))
        except Refused as refused:
            raise CommandError(refused.message) from refused
        for table, count in counts.items():
            if count:
                self.stdout.write(f"{count:>9} {table}")
        self.stdout.write("People sign in after they have set a new password.")
