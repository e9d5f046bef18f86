"""`run_all`: the whole product on one machine in one command (what `make run` calls)."""

import contextlib
import gc
import hashlib
import http.client
import logging
import multiprocessing
import os
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from celery import current_app as celery_app
from celery.platforms import SecurityWarning
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, CommandParser, call_command
from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import get_resolver

from crm.kernel.core.checkup import pending_migrations
from crm.kernel.core.postgres.base import embedded_server, wrapper
from crm.kernel.core.supervisor import Supervisor

HOST = "127.0.0.1"
LOGINS = "sample-logins.txt"


class Command(BaseCommand):
    """Prepares the database, the static files and the sample workspace, then runs web, worker and beat until Ctrl-C."""

    help = "Run web, worker and scheduler (and the embedded database) in the foreground."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--workers", type=int, default=int(os.environ.get("WEB_WORKERS") or 2))
        parser.add_argument("--no-demo", action="store_true", help="Leave an empty database empty.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.port, self.workers = options["port"], options["workers"]
        self._check_port()
        supervisor = Supervisor(self.say)
        with self._database():
            self._prepare(demo=not options["no_demo"])
            self._load()
            supervisor.watch()
            supervisor.start("worker", run_worker)
            supervisor.start("beat", run_beat)
            supervisor.start("web", self._serve)
            if self._wait_until_ready(supervisor):
                self._announce()
            code = supervisor.wait()
        self.say("Stopped.")
        sys.exit(code)

    def say(self, text: str) -> None:
        """Print a line at once, also into a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise CommandError(f"{HOST}:{self.port} is not free ({error.strerror}). Try PORT=8001.") from error

    @contextlib.contextmanager
    def _database(self) -> Iterator[None]:
        """Stop the embedded server at the end if it is this command that started it."""
        ours = wrapper().embedded and not embedded_server().accepts()
        try:
            yield
        finally:
            connections.close_all()
            wrapper().close_pool()
            if ours:
                embedded_server().stop()

    def _prepare(self, *, demo: bool) -> None:
        # As the owner: if a first migration was interrupted, the application's role has no rights yet.
        with wrapper().as_owner():
            pending = pending_migrations()
        if pending:
            self.say("Preparing the database ...")
            call_command("migrate", verbosity=0, interactive=False)
        if not settings.DEBUG:
            self._collect_static()
        if demo and not get_user_model().objects.exists():
            self.say("Making the sample workspace ...")
            told = StringIO()
            call_command("demo", stdout=told)
            (settings.VAR_DIR / LOGINS).touch(mode=0o600)
            (settings.VAR_DIR / LOGINS).write_text(told.getvalue())

    def _collect_static(self) -> None:
        """Collect and compress the static files if any of them changed since the last time."""
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        digest = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                info = Path(storage.path(path)).stat()
                digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        self.say("Collecting static files ...")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(digest.hexdigest())

    def _load(self) -> None:
        """Load all code before forking, so that the children share it, and leave no thread or connection behind."""
        celery_app.loader.import_default_modules()
        celery_app.finalize()
        get_wsgi_application()
        get_resolver().url_patterns  # noqa: B018  reading it imports every view
        connections.close_all()
        wrapper().close_pool()
        gc.collect()
        gc.freeze()

    def _serve(self) -> None:
        from granian import Granian

        logging.getLogger("_granian").setLevel(logging.WARNING)
        multiprocessing.set_start_method("fork", force=True)
        Granian(
            settings.WSGI_APPLICATION.replace(".application", ":application"),
            address=HOST,
            port=self.port,
            interface="wsgi",
            workers=self.workers,
            blocking_threads=1,
            log_access=False,
            log_level="warning",
            workers_kill_timeout=10,
        ).serve()

    def _wait_until_ready(self, supervisor: Supervisor) -> bool:
        while not supervisor.interrupted and supervisor.ended() is None:
            client = http.client.HTTPConnection(HOST, self.port, timeout=5)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(client):
                client.request("GET", "/healthz")
                client.getresponse()
                return True
            time.sleep(0.1)
        return False

    def _announce(self) -> None:
        logins = settings.VAR_DIR / LOGINS
        if logins.exists():
            self.say(logins.read_text().rstrip())
        self.say(f"\nThe CRM is running at http://{HOST}:{self.port}/  (Ctrl-C stops it)")


def run_worker() -> None:
    """Run one Celery worker that does one task at a time in its own process: the least memory, and the fastest end."""
    warnings.filterwarnings("ignore", category=SecurityWarning)
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    celery_app.worker_main(["--quiet", "worker", "--loglevel=WARNING", "--pool=solo", *quiet])


def run_beat() -> None:
    """Run Celery's scheduler."""
    celery_app.Beat(loglevel="WARNING", quiet=True, pidfile=None).run()
