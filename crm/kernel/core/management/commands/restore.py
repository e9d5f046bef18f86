"""`restore DIR`: a backup back into an empty database and the files folder."""

import json
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.kernel.core import broker
from crm.kernel.core.postgres import dump
from crm.kernel.core.postgres.base import wrapper

from .backup import DATABASE, FILES, MANIFEST, checksum


class Command(BaseCommand):
    """Restores what `backup` wrote, then migrates, so that a backup of an older release can be restored too."""

    help = "Restore a backup into an empty database (or, with --replace, instead of what is there)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="Delete what the database holds now. Stop the site first."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].resolve()
        self._verify(folder)
        connection = wrapper()
        with connection.as_owner():
            self._empty(replace=options["replace"])
            dump.restore(connection, folder / DATABASE)
            with connection.cursor() as cursor:
                broker.install(cursor)
        call_command("migrate", verbosity=0, interactive=False)
        self._restore_files(folder / FILES)
        self.stdout.write(f"Restored from {folder}")

    def _verify(self, folder: Path) -> None:
        try:
            expected = json.loads((folder / MANIFEST).read_text())["sha256"]
        except FileNotFoundError as error:
            raise CommandError(f"{folder} holds no complete backup: {MANIFEST} is missing.") from error
        for name, digest in expected.items():
            if not (folder / name).exists() or checksum(folder / name) != digest:
                raise CommandError(f"{folder / name} is damaged: its checksum differs from the manifest's.")

    def _empty(self, *, replace: bool) -> None:
        with wrapper().cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')")
            if cursor.fetchone()[0] and not replace:
                raise CommandError("The database is not empty. Use an empty one, or --replace to delete what it holds.")
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")

    def _restore_files(self, archive: Path) -> None:
        if not archive.exists() or not isinstance(default_storage, FileSystemStorage):
            return
        target = Path(default_storage.location)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch, tarfile.open(archive) as source:
            source.extractall(scratch, filter="data")
            if (Path(scratch) / "files").exists():
                shutil.rmtree(target, ignore_errors=True)
                (Path(scratch) / "files").rename(target)
