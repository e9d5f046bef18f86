"""Web and worker are killed (-9) again and again while deals move; no acknowledged move is lost or doubled (P3, W2, W3).

A move counts as acknowledged when its answer arrived, since COMMIT returned before. The suite kills six processes. In the
long run (`KILLS=200 make test ARGS=tests/chaos`) the worker's pool child is killed too, and rules act on each move: each
runs once per event, with each effect once.
"""

import datetime as dt
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
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import get_resolver
from granian import Granian

from activities.models import Activity, Task
from crm import celery_app
from crm.kernel.core.changes import Actor
from crm.kernel.core.management.commands.run_all import run_beat, run_worker
from crm.kernel.events import drain
from crm.kernel.events.models import Event
from crm.kernel.notifications.models import Notification
from crm.kernel.users.models import User
from deals.models import Deal, Pipeline, StageChange
from deals.services import create_deal
from workflows.models import Rule, Run, Step
from workflows.services import create_rule, publish_rule

LONG = "KILLS" in os.environ
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

    def kill_child(self, name: str) -> None:
        """Kill one child of a part at once: that of the worker's pool, in the midst of a task if there is one."""
        pid = self.pids[name]
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            os.kill(int(children[-1]), signal.SIGKILL)
        except (OSError, IndexError):
            self.kill(name)
            self.start(name)

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
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Nursery]]:
    """Web, worker and scheduler as processes of their own, and the port of the web.

    What a killed worker had claimed is free again after 8 seconds instead of a minute: so the test need not wait.
    """
    monkeypatch.setattr(drain, "LEASE", dt.timedelta(seconds=8))
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


def wait_for_none(waiting: Callable[[], QuerySet[Any]], seconds: float = 90) -> None:
    """Wait until nothing is left of what waits; fail if none is worked off for so many seconds.

    A long run makes more events than a worker does meanwhile, and rules add to them: how long they take as a whole, and how
    many wait, says nothing.
    """
    most, deadline = -1, time.monotonic() + seconds
    while left := waiting().count():
        done = waiting().model._default_manager.count() - left
        if done > most:
            most, deadline = done, time.monotonic() + seconds
        assert time.monotonic() < deadline, f"{left} are not worked off, such as {list(waiting().values()[:3])}"
        time.sleep(0.2)


def rules_at_work(manager: User) -> list[Rule]:
    """Put rules to work: one on moves, with a task, a field and a notice; one that the first one's change sets off."""
    task = {"action": "create_task", "options": {"title": "After the move of {title}"}}
    field = {"action": "update_field", "options": {"field": "expected_close", "value": "+30"}}
    source = {"action": "update_field", "options": {"field": "source", "value": "moved"}}
    tell = {"action": "notify", "options": {"who": ["manager"], "text": "{title}"}}
    tag = {"action": "add_tag", "options": {"tags": ["seen"]}}
    found = []
    for name, kind, steps in (
        ("moves", "deal.stage_changed", [task, source, field, tell]),
        ("edits", "deal.changed", [tag]),
    ):
        document = {"trigger": {"kind": kind}, "steps": steps, "reentry": "event", "rate_per_hour": 100_000}
        rule = create_rule(name=name, document=document, actor=Actor.of(manager))
        found.append(publish_rule(rule_id=rule.pk, actor=Actor.of(manager)))
    return found


def check_rules(rules: list[Rule]) -> None:
    """Each event has met each rule that hears it once, and each step of each run has had its effect once (W3)."""
    on_moves, on_edits = rules
    for rule, name in ((on_moves, "deal.stage_changed"), (on_edits, "deal.changed")):
        events = Event.objects.filter(name=name, recorded_at__gte=rule.live_since).values_list("pk", flat=True)
        runs = Run.objects.filter(rule=rule)
        assert sorted(events) == sorted(runs.values_list("event_id", flat=True))
        left = runs.exclude(state="done").exclude(cause="loop")
        assert not left.exists(), list(left.values_list("state", "cause", "reason"))
    runs = Run.objects.filter(rule=on_moves, state="done")
    made = [step.result["task"] for step in Step.objects.filter(run__in=runs, action="create_task")]
    assert len(made) == len(set(made)) == runs.count() == Task.objects.count()
    assert Notification.objects.filter(topic="workflow").count() == runs.count()
    edits = Deal.objects.filter(tags=["seen"]).count()
    assert edits == Deal.objects.filter(source="moved").count() > 0
    log.info(
        "%s runs of rules, %s tasks, %s chained", Run.objects.count(), len(made), Run.objects.filter(depth=1).count()
    )


def test_no_acknowledged_move_is_lost_or_doubled(rep, manager, pipeline, stack):
    port, nursery = stack
    stages = list(Pipeline.objects.get(pk=pipeline.pk).stages.usable().open().values_list("pk", flat=True))
    actor = Actor.of(rep)
    deals = [create_deal(actor=actor, title=f"Deal {n}", owner=rep).pk for n in range(DEALS)]
    wait_for_none(Event.objects.waiting)
    rules = rules_at_work(manager) if LONG else []
    stop = threading.Event()
    movers = [Mover(port, session_of(rep), deals[n::2], stages, stop) for n in range(2)]
    for mover in movers:
        mover.start()
    dice = random.Random(1)
    for _ in range(KILLS):
        wait_for_the_web(port)
        time.sleep(dice.uniform(0.1, 0.8))
        part = dice.choice(["web", "worker", "child"] if LONG else ["web", "worker"])
        if part == "child":
            nursery.kill_child("worker")
        else:
            nursery.kill(part)
            nursery.start(part)
    time.sleep(1)
    stop.set()
    for mover in movers:
        mover.join()
    wait_for_none(Event.objects.waiting)
    if rules:
        wait_for_none(Run.objects.pending)
        wait_for_none(Event.objects.waiting)
        check_rules(rules)

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
