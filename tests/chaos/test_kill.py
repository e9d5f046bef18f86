"""Web and worker are killed (-9) again and again while deals move; no acknowledged move is lost or doubled (P3, W2, W3).

A move counts as acknowledged when its answer arrived, since COMMIT returned before. `KILLS` sets how many processes die
(six in the suite; `KILLS=200 make test ARGS=tests/chaos` for the long run).
"""

import http.client
import logging
import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from granian import Granian

from activities.models import Activity
from crm import celery_app
from crm.kernel.core.changes import Actor
from crm.kernel.core.management.commands.run_all import run_beat, run_worker
from crm.kernel.events.models import Event
from crm.kernel.users.models import User
from deals.models import Deal, Pipeline, StageChange
from deals.services import create_deal

KILLS = int(os.environ.get("KILLS", "6"))
DEALS = 12
log = logging.getLogger(__name__)
CSRF = "c" * 32
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
fork = multiprocessing.get_context("fork")


class Nursery:
    """A process without threads or connections that forks the parts of the stack on demand, again after each kill."""

    def __init__(self, parts: dict[str, Callable[[], object]]) -> None:
        self.parts = parts
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
        while (name := pipe.recv()) is not None:
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.setsid()
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
        except ProcessLookupError:  # it had no time yet to get a session of its own
            os.kill(self.pids[name], signal.SIGKILL)

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
    """Moves deals by the page's own request, one after the other, and remembers what was acknowledged."""

    def __init__(self, port: int, cookie: str, deals: list[UUID], stages: list[UUID], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.deals, self.stages, self.stop = port, cookie, deals, stages, stop
        self.acknowledged: dict[UUID, list[UUID]] = defaultdict(list)
        self.refused: dict[int, int] = defaultdict(int)

    def run(self) -> None:
        """Move until told to stop; a broken connection is what this test is about, so it only waits a little."""
        dice = random.Random(str(self.deals[0]))
        while not self.stop.is_set():
            deal = dice.choice(self.deals)
            try:
                self.move(deal, dice)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
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


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def stack() -> Iterator[tuple[int, Nursery]]:
    """Web, worker and scheduler as processes of their own, and the port of the web."""
    port = free_port()
    nursery = Nursery({"web": serve(port), "worker": run_worker, "beat": run_beat})
    yield port, nursery
    nursery.close()


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


def is_subsequence(part: list[UUID], whole: list[UUID]) -> bool:
    """Say whether `part` stands in `whole` in this order, with others between."""
    rest = iter(whole)
    return all(item in rest for item in part)


def session_of(user: User) -> str:
    """Return the cookie of a logged-in browser."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def wait_for_the_outbox(seconds: float = 90) -> None:
    """Wait until the worker has worked off every event."""
    deadline = time.monotonic() + seconds
    while Event.objects.waiting().exists():
        assert time.monotonic() < deadline, "the outbox was not worked off"
        time.sleep(0.2)


def test_no_acknowledged_move_is_lost_or_doubled(rep, pipeline, stack):
    port, nursery = stack
    stages = list(Pipeline.objects.get(pk=pipeline.pk).stages.usable().open().values_list("pk", flat=True))
    actor = Actor.of(rep)
    deals = [create_deal(actor=actor, title=f"Deal {n}", owner=rep).pk for n in range(DEALS)]
    stop = threading.Event()
    movers = [Mover(port, session_of(rep), deals[n::2], stages, stop) for n in range(2)]
    for mover in movers:
        mover.start()
    dice = random.Random(1)
    for _ in range(KILLS):
        wait_for_the_web(port)
        time.sleep(dice.uniform(0.1, 0.8))
        part = dice.choice(["web", "worker"])
        nursery.kill(part)
        nursery.start(part)
    time.sleep(1)
    stop.set()
    for mover in movers:
        mover.join()
    wait_for_the_outbox()

    acknowledged = {deal: targets for mover in movers for deal, targets in mover.acknowledged.items()}
    total = sum(map(len, acknowledged.values()))
    log.info("%s kills, %s moves acknowledged, refused: %s", KILLS, total, [dict(m.refused) for m in movers])
    assert total > KILLS
    for deal, targets in acknowledged.items():
        moves = list(StageChange.objects.filter(deal=deal, from_stage__isnull=False).order_by("at"))
        assert is_subsequence(targets, [move.to_stage_id for move in moves])
    moves = StageChange.objects.filter(from_stage__isnull=False)
    told = Event.objects.filter(name="deal.stage_changed", processed_at__isnull=False)
    assert sorted(str(pk) for pk in moves.values_list("pk", flat=True)) == sorted(
        e.data["stage_change_id"] for e in told
    )
    assert Activity.objects.filter(stage_change__in=moves).count() == moves.count()
    for deal in Deal.objects.all():
        visits = list(StageChange.objects.for_deal(deal))
        assert [v.until for v in visits] == [v.at for v in visits[1:]] + [None]
        assert visits[-1].to_stage_id == deal.stage_id
