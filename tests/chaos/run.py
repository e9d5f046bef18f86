"""The long run: `python -m tests.chaos.run --kills 1000 --broker redis`. Everything is killed (-9) while deals move.

Two workers (one as `run_all` starts it, one with a pool as `compose.yaml` does), the pool's child, web, two beats, the broker
and the database, on a workspace, a cluster and servers of its own. Afterwards what happened is checked, and printed.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

WEIGHTS = {
    "worker": 8, "pool worker": 5, "pool child": 14, "web": 8, "beat": 2, "second beat": 2, "database": 1, "redis": 2,
}  # fmt: skip
FLUSH_EVERY = 20  # kills
WAKE_EVERY = 10
BACKLOG = 300  # events that wait while people hold still
FEW = 4  # events between two kills, if they take no longer than
LINGER = 2  # seconds
PATIENCE = 300  # seconds without any progress


class Redis:
    """A Redis of the run's own. What it wrote down last is what it knows after a kill: a past state of the queue."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "5 1", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        while not self.ask("ping"):
            time.sleep(0.05)

    def ask(self, command: str) -> bool:
        """Send a command; return whether it was answered."""
        import redis

        with redis.Redis(port=self.port, socket_timeout=5) as client:
            try:
                client.execute_command(command)
            except redis.RedisError:
                return False
        return True

    def kill(self) -> None:
        """Kill it at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def main() -> int:
    """Run, check, print; the status says whether all held. Ctrl-C ends the kills early."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--broker", choices=["pgmq", "redis"], default="pgmq")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)  # the database's own user goes through it
    ports = _prepare(folder, options.broker)
    try:
        wrong = Chaos(folder, options, *ports).run()
    finally:
        if options.keep:
            say(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


def _prepare(folder: Path, broker: str) -> list[int]:
    """Set the product up for this run: settings come from the environment, before anything of it is imported."""
    import socket

    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    _web, smtp, _hook, redis = ports
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "crm.settings", "CRM_VAR": str(folder), "DATABASE_URL": "", "LOG_LEVEL": "WARNING",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}", "REDIS_URL": f"redis://127.0.0.1:{redis}/0" if broker == "redis" else "",
    }  # fmt: skip
    # The cluster of tests does not wait for the disk, so a kill of it loses what was committed: not for this run.
    os.environ.pop("CRM_TESTING", None)
    import django
    from django.conf import settings

    django.setup()
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return ports


def run_pool_worker() -> None:
    """Run a worker whose tasks are done by a child, as `compose.yaml` starts it."""
    from crm import celery_app

    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    celery_app.worker_main(["--quiet", "worker", "--loglevel=WARNING", "--concurrency=1", "-n", "pool@%h", *quiet])


def run_second_beat() -> None:
    """Run a second scheduler, as if on another machine."""
    from crm import celery_app
    from crm.kernel.core.management.commands.run_all import run_beat

    celery_app.conf.beat_schedule_filename += "-2"
    run_beat()


class Chaos:
    """One run."""

    def __init__(self, folder: Path, options: argparse.Namespace, web: int, smtp: int, hook: int, redis: int) -> None:
        self.folder, self.options = folder, options
        self.web, self.smtp, self.hook = web, smtp, hook
        self.redis = Redis(redis, folder) if options.broker == "redis" else None
        self.dice = random.Random(options.seed)
        self.kills: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.flushes = 0
        self.enough = threading.Event()

    def run(self) -> list[str]:
        """Kill, let it come to rest, and return what is wrong."""
        from django.core.management import call_command

        from crm.kernel.core.management.commands.run_all import run_beat, run_worker
        from tests.chaos.receivers import receivers
        from tests.chaos.resting import come_to_rest
        from tests.chaos.stack import Nursery, serve
        from tests.chaos.world import make_world

        if self.redis:
            self.redis.start()
        call_command("migrate", verbosity=0)
        self.world = make_world(self.hook)
        parts: dict[str, Callable[[], object]] = {
            "web": serve(self.web), "worker": run_worker, "pool worker": run_pool_worker,
            "beat": run_beat, "second beat": run_second_beat,
        }  # fmt: skip
        self.nursery = Nursery(parts, self.folder / "parts.log")
        signal.signal(signal.SIGINT, lambda *_: self.enough.set())
        try:
            with receivers(self.smtp, self.hook) as (self.box, self.receiver):
                began = time.monotonic()
                self._kill_while_people_work()
                killed = time.monotonic()
                come_to_rest(PATIENCE)
                return self._judge(killed - began, time.monotonic() - killed)
        finally:
            self.nursery.close()
            if self.redis:
                self.redis.kill()
            from crm.kernel.core.postgres.base import embedded_server

            embedded_server().stop()

    def _kill_while_people_work(self) -> None:
        from tests.chaos.stack import Mover, session_of, wait_for_the_web

        stop = threading.Event()
        cookie = session_of(self.world.rep)
        self.movers = [
            Mover(self.web, cookie, self.world.deals[n::3], self.world.stages, stop, pause=0.1) for n in range(3)
        ]
        for mover in self.movers:
            mover.start()
        names = [name for name in WEIGHTS if name != "redis" or self.redis]
        for n in range(1, self.options.kills + 1):
            if self.enough.is_set():
                break
            wait_for_the_web(self.web)
            self._let_work(self.dice.uniform(0.2, 0.9))
            self._kill(self.dice.choices(names, [WEIGHTS[name] for name in names])[0])
            self._between(n)
        stop.set()
        for mover in self.movers:
            mover.join()

    def _let_work(self, seconds: float) -> None:
        """Let so much time pass, and a little more if it was too short for anything to be done."""
        from crm.kernel.events.models import Event
        from tests.chaos.resting import again

        done = Event.objects.filter(processed_at__isnull=False).count
        before, end = again(done), time.monotonic() + seconds + LINGER
        time.sleep(seconds)
        while again(done) < before + FEW and time.monotonic() < end:
            time.sleep(0.2)

    def _kill(self, name: str) -> None:
        for part in self.nursery.parts:
            if not self.nursery.lives(part):
                self.ended[part] += 1
                self.nursery.start(part)
        if name == "database":
            self._kill_database()
        elif name == "redis":
            assert self.redis is not None
            self.redis.kill()
            time.sleep(self.dice.uniform(0, 0.5))
            self.redis.start()
        elif name == "pool child":
            if not self.nursery.kill_child("pool worker"):
                return self._kill("worker")  # it is about to start its child
        else:
            self.nursery.kill(name)
            self.nursery.start(name)
        self.kills[name] += 1
        return None

    def _kill_database(self) -> None:
        """Kill the postmaster, and every other time all that it serves too; whoever needs it first starts it again."""
        from crm.kernel.core.postgres.base import embedded_server

        server = embedded_server()
        pid = server._postmaster()
        if pid is None:
            server.ensure_running()
            pid = server._postmaster()
        assert pid is not None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        if self.dice.random() < 0.5:
            for child in children:
                try:
                    os.kill(int(child), signal.SIGKILL)
                except ProcessLookupError:
                    continue
        server.ensure_running()

    def _between(self, n: int) -> None:
        """Empty Redis now and then, let time pass for what waits, and hold people still while too much waits."""
        from crm.kernel.events.models import Event
        from tests.chaos.resting import again, wake

        if self.redis and n % FLUSH_EVERY == 0:
            self.flushes += self.redis.ask("flushall")
        if n % WAKE_EVERY == 0:
            again(wake)
            waiting = again(Event.objects.waiting().count)
            for mover in self.movers:
                (mover.held.set if waiting > BACKLOG else mover.held.clear)()
            if n % 50 == 0:
                say(f"{n} kills, {again(Event.objects.count)} events, {waiting} waiting")

    def _judge(self, killing: float, resting: float) -> list[str]:
        from tests.chaos import checks
        from tests.chaos.stack import moves_of

        acknowledged = moves_of(self.movers)
        wrong = checks.check_all(self.world, acknowledged, self.box, self.receiver)
        refused: Counter[int] = Counter()
        for mover in self.movers:
            refused.update(mover.refused)
        rows: list[tuple[str, Any]] = [
            ("broker", self.options.broker),
            ("kills", self.kills.total()),
            *((f"  {name}", self.kills[name]) for name in WEIGHTS if self.kills[name]),
            ("FLUSHALL", self.flushes),
            ("parts that ended by themselves", dict(self.ended) or 0),
            ("moves acknowledged", sum(map(len, acknowledged.values()))),
            ("moves answered otherwise", dict(refused)),
            *checks.figures(self.world, self.box, self.receiver),
            ("seconds of kills, and until all rested", f"{killing:.0f}, {resting:.0f}"),
            ("lost, doubled or stuck", len(wrong)),
        ]
        for name, value in rows:
            say(f"{name:<50} {value}")
        for each in wrong:
            say(f"WRONG: {each}")
        return wrong


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
