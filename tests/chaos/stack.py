"""The parts of the product as processes of their own that can be killed, and whoever works with it meanwhile."""

import contextlib
import gc
import http.client
import importlib
import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.test import Client
from django.urls import get_resolver
from granian import Granian

from crm import celery_app
from crm.kernel.core.postgres.errors import EmbeddedServerError
from crm.kernel.users.models import User
from deals.models import Deal

CSRF = "c" * 32
DOWN = (DatabaseError, InterfaceError, EmbeddedServerError)  # what is raised while the database is away
# What a part would import as it starts: a killed one is back sooner.
PRELOADED = (
    "celery.bin.celery", "celery.apps.worker", "celery.apps.beat", "celery.worker.consumer.consumer", "celery.worker.components",
    "celery.worker.autoscale", "celery.concurrency.solo", "celery.concurrency.prefork", "celery.events.state",
    "kombu.transport.redis", "crm.kernel.core.broker", "psycopg_pool", "smtplib", "workflows.engine.due",
)  # fmt: skip
fork = multiprocessing.get_context("fork")


class Nursery:
    """A process without threads or connections that forks the parts of the stack on demand, again after each kill."""

    def __init__(self, parts: dict[str, Callable[[], object]], log: Path | None = None) -> None:
        self.parts, self.log = parts, log
        self.pids: dict[str, int] = {}
        connection.close()
        connection.close_pool()
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = fork.Process(target=self._tend, args=(theirs,))
        self.process.start()
        for name in parts:
            self.start(name)

    def _tend(self, pipe: Connection) -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        celery_app.loader.import_default_modules()
        get_resolver().url_patterns  # noqa: B018  reading it imports every view, once for all children
        for name in PRELOADED:
            importlib.import_module(name)
        gc.collect()
        gc.freeze()
        while (name := pipe.recv()) is not None:
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.setsid()
                if self.log is not None:
                    said = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                    os.dup2(said, 1)
                    os.dup2(said, 2)
                self.parts[name]()
                os._exit(0)
            pipe.send(pid)

    def start(self, name: str) -> None:
        """Start a part in a session of its own, so that its children die with it."""
        self.pipe.send(name)
        self.pids[name] = self.pipe.recv()

    def kill(self, name: str) -> None:
        """Kill a part and its children at once, without a chance to clean up."""
        try:
            os.killpg(self.pids[name], signal.SIGKILL)
        except ProcessLookupError:  # it had no time yet to get a session of its own, or has ended by itself
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pids[name], signal.SIGKILL)

    def kill_child(self, name: str) -> bool:
        """Kill the youngest child of a part at once, in the midst of a task if there is one; return whether there was one."""
        pid = self.pids[name]
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            os.kill(int(children[-1]), signal.SIGKILL)
        except (OSError, IndexError):
            return False
        return True

    def lives(self, name: str) -> bool:
        """Say whether a part still runs."""
        try:
            os.kill(self.pids[name], 0)
        except ProcessLookupError:
            return False
        return True

    def close(self) -> None:
        """Kill all parts and end."""
        for name in self.parts:
            self.kill(name)
        self.pipe.send(None)
        self.process.join()


def serve(port: int) -> Callable[[], None]:
    """Return what runs a web process on this port."""

    def run() -> None:
        multiprocessing.set_start_method("fork", force=True)
        Granian(
            "crm.wsgi:application",
            address="127.0.0.1",
            port=port,
            interface="wsgi",
            workers=1,
            blocking_threads=1,
            log_enabled=False,
        ).serve()

    return run


class Mover(threading.Thread):
    """Moves deals by the page's own request, one after the other, and remembers what was acknowledged.

    It rests while `held` is set, and for `pause` seconds after each move.
    """

    def __init__(
        self, port: int, cookie: str, deals: list[UUID], stages: list[UUID], stop: threading.Event, pause: float = 0
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.deals, self.stages, self.stop = port, cookie, deals, stages, stop
        self.pause, self.held = pause, threading.Event()
        self.acknowledged: dict[UUID, list[UUID]] = defaultdict(list)
        self.refused: dict[int, int] = defaultdict(int)

    def run(self) -> None:
        """Move until told to stop; a broken connection is what this test is about, so it only waits a little."""
        dice = random.Random(str(self.deals[0]))
        while not self.stop.is_set():
            deal = dice.choice(self.deals)
            try:
                if not self.held.is_set():
                    self.move(deal, dice)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            except DOWN:
                connection.close()
                time.sleep(0.05)
            self.stop.wait(self.pause)
        connection.close()

    def move(self, deal: UUID, dice: random.Random) -> None:
        """Send one move to a stage in which the deal is not, and note it if it was answered with success."""
        stage, version = Deal.objects.values_list("stage_id", "version").get(pk=deal)
        target = dice.choice([s for s in self.stages if s != stage])
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = f"stage={target}&version={version}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"{self.cookie}; {settings.CSRF_COOKIE_NAME}={CSRF}",
            "X-CSRFToken": CSRF,
            "HX-Request": "true",
        }
        client.request("POST", f"/deals/{deal}/move/", body, headers)
        status = client.getresponse().status
        client.close()
        if status == 200:
            self.acknowledged[deal].append(target)
        else:
            self.refused[status] += 1


def moves_of(movers: list[Mover]) -> dict[UUID, list[UUID]]:
    """Return the acknowledged moves of each deal, in their order."""
    return {deal: targets for mover in movers for deal, targets in list(mover.acknowledged.items())}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_the_web(port: int, seconds: float = 30) -> None:
    """Wait until the web process takes connections."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "the web did not start"
            time.sleep(0.02)
        else:
            return


def session_of(user: User) -> str:
    """Return the cookie of a logged-in browser."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
