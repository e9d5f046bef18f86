"""The embedded PostgreSQL server: set up on first use, started when somebody connects, stopped on request.

It listens on a Unix socket only, in a private folder. One file lock covers set-up and start, so that several
processes may ask at once. The server outlives the process that started it; `stop` ends it.
"""

import contextlib
import fcntl
import hashlib
import locale
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from . import binaries
from .errors import EmbeddedServerError

OWNER_ROLE = "crm_owner"
APP_ROLE = "crm_app"
SUPERUSER = "postgres"
DATABASE = "crm"
PORT = 5432  # names the socket file; nothing listens on a network port

BOOTSTRAP_SQL = f"""\
CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB;
CREATE ROLE {APP_ROLE} LOGIN;
GRANT {APP_ROLE} TO {OWNER_ROLE};
CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE};
"""
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "effective_cache_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
# A test cluster is thrown away, so nothing in it has to survive a crash.
TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}
START_PATIENCE = 30  # seconds that the children of a crashed server may hold on to its lock file
LOCKED = ('lock file "postmaster.pid" already exists', "pre-existing shared memory block")
LOG_LIMIT = 10_000_000  # bytes after which the next start begins a new log


class EmbeddedServer:
    """One cluster in one data folder. `disposable` is for tests: fast, not crash-safe."""

    def __init__(self, data: Path, *, disposable: bool = False) -> None:
        self.data = data
        self.disposable = disposable
        self.log = data.parent / f"{data.name}.log"

    @cached_property
    def uid(self) -> int | None:
        """The uid that the server runs as; None for our own."""
        return binaries.server_uid(self.data)

    @cached_property
    def socket_dir(self) -> Path:
        """The folder of the socket: short, since a socket's path may have about 100 bytes at most."""
        name = f"crm-{hashlib.sha256(str(self.data).encode()).hexdigest()[:12]}"
        base = Path(tempfile.gettempdir())
        return (base if len(str(base)) < 64 else Path("/tmp")) / name  # noqa: S108  private below

    def accepts(self) -> bool:
        """Tell whether a living server listens on the socket; the socket of a killed one answers a moment longer."""
        if self._postmaster() is None:
            return False
        probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with probe:
            probe.settimeout(5)
            try:
                probe.connect(str(self.socket_dir / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def ensure_running(self) -> None:
        """Set the cluster up if there is none and start it if it is down.

        Raises EmbeddedServerError with the server's own words if it does not start.
        """
        if self.accepts():
            return
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if self.accepts():
                return
            self._check_places()
            if not self.data.exists():
                self._initialise()
            self._check_version()
            self._start()

    def stop(self) -> bool:
        """Stop the server, waiting for its end; return False if none was running."""
        if self._postmaster() is None:
            return False
        self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "60")
        with contextlib.suppress(OSError):
            self.socket_dir.rmdir()
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.data.parent / f"{self.data.name}.lock"
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _check_places(self) -> None:
        if self.uid is not None:
            binaries.check_reachable(self.data, self.uid)
            binaries.check_reachable(binaries.folder() / "postgres", self.uid)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != binaries.major_version():
            raise EmbeddedServerError(
                f"{self.data} was written by PostgreSQL {found}, but version {binaries.major_version()} is installed. "
                "Restore a backup made with the former release into a new folder (docs/install.md, Upgrade)."
            )

    def _initialise(self) -> None:
        """Make the cluster beside its final place and rename it when complete, so that a crash leaves no half of it."""
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._give(draft)
        self._run(
            *("initdb", "-D", str(draft), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-instructions"),
            *("--locale=C", f"--lc-ctype={character_type()}"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(["--no-sync"] if self.disposable else []),
        )
        output = self._run("postgres", "--single", "-D", str(draft), "postgres", stdin=BOOTSTRAP_SQL)
        if "ERROR" in output:
            raise EmbeddedServerError(f"The new database cluster could not be set up:\n{output}")
        draft.rename(self.data)

    def _start(self) -> None:
        self._make_socket_dir()
        self.data.chmod(0o700)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        self.log.touch(mode=0o600)
        self._give(self.log)
        deadline = time.monotonic() + START_PATIENCE
        while (problem := self._try_start()) is not None:
            if not any(text in problem for text in LOCKED) or time.monotonic() > deadline:
                raise EmbeddedServerError(f"PostgreSQL did not start ({self.log}):\n{problem}")
            self._drop_stale_pid_file()
            time.sleep(0.3)

    def _try_start(self) -> str | None:
        """Start the server once; return None on success, else what it logged."""
        settings = {**SETTINGS, **(TEST_SETTINGS if self.disposable else {})}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        seen = self.log.stat().st_size
        try:
            self._run(
                *("pg_ctl", "start", "-D", str(self.data), "-w", "-t", "60", "-l", str(self.log)),
                *("-o", f"-k {self.socket_dir} -p {PORT} {options}"),
            )
        except EmbeddedServerError as error:
            with self.log.open(errors="replace") as log:
                log.seek(seen)
                return log.read() or str(error)
        return None

    def _drop_stale_pid_file(self) -> None:
        """Remove a pid file whose number now belongs to some other program (after a power cut)."""
        if (pid := self._noted_pid()) is None:
            return
        command = subprocess.run(
            ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        # A dead postgres that nobody has waited for ("defunct") blocks the file too.
        stale = command and ("postgres" not in command or "defunct" in command)
        if stale and not self.accepts():
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _noted_pid(self) -> int | None:
        """Return the process number that the server has noted, whether such a process lives or not."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, PermissionError, ValueError):
            return None

    def _postmaster(self) -> int | None:
        """Return the process number that the server has noted, if such a process lives."""
        if (pid := self._noted_pid()) is None:
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass  # it lives, as another user
        return None if _is_defunct(pid) else pid

    def _make_socket_dir(self) -> None:
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        self._give(self.socket_dir)
        info = self.socket_dir.lstat()
        expected = os.geteuid() if self.uid is None else self.uid
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != expected:
            raise EmbeddedServerError(f"{self.socket_dir} is not a folder of uid {expected}: remove it.")
        self.socket_dir.chmod(0o700)

    def _give(self, path: Path) -> None:
        """Hand a file of ours over to the server's uid; a symbolic link is never followed."""
        if self.uid is not None and path.lstat().st_uid == os.geteuid():
            os.chown(path, self.uid, -1, follow_symlinks=False)

    def _run(self, program: str, *arguments: str, stdin: str = "") -> str:
        """Run one of PostgreSQL's programs as the server's uid and return all it said.

        Raises EmbeddedServerError with its output if it fails. The output goes to a file, not to a pipe: a started
        server would inherit the pipe and keep it open for ever.
        """
        identity: dict[str, Any] = {}
        if self.uid is not None:
            identity = {"user": self.uid, "group": _group_of(self.uid), "extra_groups": []}
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            status = subprocess.run(
                [str(binaries.folder() / program), *arguments],
                input=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                check=False,
                **identity,
            ).returncode
            output.seek(0)
            said = output.read()
        if status:
            raise EmbeddedServerError(f"{program} failed with status {status}:\n{said}")
        return said


def _is_defunct(pid: int) -> bool:
    """Say whether a process is dead and only waits to be asked for its end; signals still reach its number."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # no such process by now, or a system without /proc
        return False
    return status.rpartition(")")[2].split()[0] == "Z"


def _group_of(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid


def character_type() -> str:
    """Return the locale by which trigrams tell letters from signs: one that knows all scripts where the system has it."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
