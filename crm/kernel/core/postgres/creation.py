"""Test databases: made by the owner in a disposable cluster, migrated once and cloned from then on.

The first test run after a change of models or migrations migrates a template database; every test database, one per
parallel worker, is a copy of it (0.1 s instead of some seconds).
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.backends.postgresql import creation

LOCK_KEY = 4_711_001  # advisory lock: one process at a time makes the template
TEMPLATE_PREFIX = "template_test_"
SHAPING = ("models.py", "models/**/*.py", "migrations/*.py", "history.py", "broker.py", "personal.py", "postgres/*.py")


class DatabaseCreation(creation.DatabaseCreation):
    """Django's creation of test databases, by template and in the disposable cluster."""

    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        """Create the test database and return its name; from here on this process uses the disposable cluster."""
        os.environ["CRM_TESTING"] = "1"
        self.connection.close()
        self.connection.close_pool()
        return super().create_test_db(*args, **kwargs)

    def _get_test_db_name(self) -> str:
        """Name the database after this process too, so that two runs in one working copy leave each other alone."""
        name: str = super()._get_test_db_name()  # type: ignore[misc]
        return f"{name}_{os.getpid()}" if self.connection.embedded else name

    def _drop_left_overs(self, cursor: Any) -> None:
        """Drop the databases of runs that were killed."""
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^test_.*_[0-9]+$'")
        for (name,) in cursor.fetchall():
            if not _lives(int(name.rpartition("_")[2])):
                cursor.execute(f"DROP DATABASE IF EXISTS {self._quote_name(name)} WITH (FORCE)")

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name: str = self._get_test_db_name()
        with self._nodb_cursor() as cursor, _advisory_lock(cursor):
            if keepdb and self._database_exists(cursor, name):
                return name
            if self.connection.embedded:
                self._drop_left_overs(cursor)
            template = self._template(cursor)
            cursor.execute(f"DROP DATABASE IF EXISTS {self._quote_name(name)} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {self._quote_name(name)} TEMPLATE {self._quote_name(template)}")
        return name

    def _template(self, cursor: Any) -> str:
        """Return the name of the migrated template database, making it if models or migrations have changed."""
        name = TEMPLATE_PREFIX + schema_fingerprint()
        if self._database_exists(cursor, name):
            return name
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{TEMPLATE_PREFIX}%"])
        for (old,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE IF EXISTS {self._quote_name(old)} WITH (FORCE)")
        draft = f"{TEMPLATE_PREFIX}draft"
        cursor.execute(f"CREATE DATABASE {self._quote_name(draft)}")
        self._migrate(draft)
        cursor.execute(f"ALTER DATABASE {self._quote_name(draft)} RENAME TO {self._quote_name(name)}")
        return name

    def _migrate(self, database: str) -> None:
        from django.core.management import call_command

        former = self.connection.settings_dict["NAME"]
        self.connection.settings_dict["NAME"] = database
        try:
            call_command("migrate", verbosity=0, interactive=False, database=self.connection.alias, run_syncdb=True)
        finally:
            self.connection.close()
            self.connection.close_pool()
            self.connection.settings_dict["NAME"] = former

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        self.connection.close_pool()
        with self._nodb_cursor() as cursor:
            # FORCE: a live server's thread or a worker process may still hold a connection.
            cursor.execute(f"DROP DATABASE IF EXISTS {self._quote_name(test_database_name)} WITH (FORCE)")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _advisory_lock(cursor: Any) -> Iterator[None]:
    cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
    try:
        yield
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])


def schema_fingerprint() -> str:
    """Return a digest of what shapes a fresh database: models, migrations and what they import, roles, libraries.

    Other code is left out, so that work on a page does not cost a new template.
    """
    base = Path(settings.BASE_DIR)
    files = {base / "requirements" / "base.txt", Path(__file__).with_name("roles.py")}
    for config in apps.get_app_configs():
        root = Path(config.path)
        if base in root.parents and "site-packages" not in root.parts:
            files.update(path for pattern in SHAPING for path in root.glob(pattern))
            files.update(path for migration in root.glob("migrations/*.py") for path in _imported(migration, base))
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(base)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _imported(migration: Path, base: Path) -> Iterator[Path]:
    """Yield the files of our own modules that a migration imports: the rows that it seeds are theirs."""
    for module, names in re.findall(r"^from ([\w.]+) import (.+)$", migration.read_text(), re.MULTILINE):
        folder = base / module.replace(".", "/")
        for candidate in (folder.with_suffix(".py"), *(folder / f"{name.strip()}.py" for name in names.split(","))):
            if candidate.is_file():
                yield candidate
