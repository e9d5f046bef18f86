"""`manage.py export_all FILE.zip`: one archive with everything (docs/bulk-and-export.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.kernel.core.changes import Actor
from crm.kernel.listing.exports import archive
from crm.kernel.listing.exports.services import log_export


class Command(BaseCommand):
    """Write everything that the workspace holds into one ZIP file."""

    help = "Write everything that the workspace holds into one ZIP file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Write beside its place, then put it there."""
        actor = Actor.system("export_all")
        part = file.with_suffix(file.suffix + ".part")
        try:
            rows = archive.write(part, actor, lambda done: None)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        log_export(actor, rows=rows, summary={"what": "archive", "file": file.name})
        self.stdout.write(f"{rows} rows in {file}")
