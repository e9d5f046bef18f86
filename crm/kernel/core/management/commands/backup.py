"""`backup DIR`: the database and the uploaded files, with checksums."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crm.kernel.core.postgres import dump
from crm.kernel.core.postgres.base import wrapper

DATABASE, FILES, MANIFEST = "database.dump", "files.tar.gz", "manifest.json"


class Command(BaseCommand):
    """Writes a backup into a new or empty folder while the site may go on running.

    The dump is one consistent moment; files are copied after it, so that none it names is missing. The secret key and
    the environment are not part of it.
    """

    help = "Back up the database and the uploaded files into a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty.")
        dump.dump(wrapper(), folder / DATABASE)
        names = [DATABASE]
        if isinstance(default_storage, FileSystemStorage):
            with tarfile.open(folder / FILES, "w:gz") as archive:
                if Path(default_storage.location).exists():
                    archive.add(default_storage.location, arcname="files")
            names.append(FILES)
        manifest = {"made": timezone.now().isoformat(), "sha256": {name: checksum(folder / name) for name in names}}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        self.stdout.write(f"Backup written to {folder}")


def checksum(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
