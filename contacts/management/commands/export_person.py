"""`export_person`: everything held on a contact as one ZIP archive."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contacts.services.personal.archive import write_archive

from ._persons import contact_of


class Command(BaseCommand):
    """Writes the archive of a contact, found by id or e-mail address, to a file."""

    help = "Put everything held on a contact into one ZIP archive."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the contact and the file."""
        parser.add_argument("contact", help="id or e-mail address")
        parser.add_argument("--output", type=Path, help="file to write (person-<id>.zip)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it and say where it is."""
        contact = contact_of(options["contact"])
        path: Path = options["output"] or Path(f"person-{contact.pk}.zip")
        rows = write_archive(contact, path)
        self.stdout.write(f"{rows} rows in {path}")
