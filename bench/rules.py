"""`python -m bench.rules`: rules at work, as the worker does it on a copy; prints seconds and counts as JSON.

Twenty rules listen to stage changes. Nineteen ask for something that does not hold, one makes a task. The moves have
been made before, each by a command of its own, so that what is timed is the way from the event to the task. Besides: how
long one effect takes with a real worker at rest, the look for idle deals, and a dry run of thirty days.
"""

import datetime as dt
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

RULES, MOVES, BARE, DELAYS, HEARD = 20, 600, 3000, 15, 50_000
STAGE = "deal.stage_changed"


def _conditions(number: int) -> dict[str, Any]:
    """Return conditions that no deal meets, each a little different."""
    tests = [
        {"field": "amount", "operator": "gte", "value": 900_000_000 + number},
        {"field": "source", "operator": "is", "value": f"Nowhere {number}"},
        {"field": "company.industry", "operator": "is", "value": f"Nothing {number}"},
        {"field": "title", "operator": "contains", "value": f"never {number}"},
        {"field": "owner", "operator": "empty"},
    ]
    first, second = tests[number % len(tests)], tests[(number + 1) % len(tests)]
    return {"all": [first, {"any": [second, tests[(number + 2) % len(tests)]]}]}


def publish(actor: Any) -> None:
    """Publish the rules; those of the sample workspace rest meanwhile."""
    from workflows.models import Rule
    from workflows.services import create_rule, publish_rule

    Rule.objects.filter(state=Rule.State.LIVE).update(state=Rule.State.PAUSED)
    task = {"action": "create_task", "options": {"title": "Call about {title}", "due_days": 2}}
    for number in range(RULES):
        conditions = _conditions(number) if number else {"all": [{"field": "owner", "operator": "filled"}]}
        document = {
            "trigger": {"kind": STAGE, "options": {}}, "conditions": conditions, "steps": [task],
            "reentry": "event", "rate_per_hour": 10_000,
        }  # fmt: skip
        rule = create_rule(name=f"Bench {number}", document=document, actor=actor)
        publish_rule(rule_id=rule.pk, actor=actor)


def move(actor: Any, count: int) -> int:
    """Move so many open deals to another stage, one by one; return how many were moved."""
    from deals.models import Deal, Stage
    from deals.services import move_deal

    stages = list(Stage.objects.filter(kind_of="open", archived_at=None, pipeline__position=0).order_by("position"))
    rows = Deal.objects.live().filter(stage__in=stages).order_by("pk")[:count]
    for deal in rows:
        move_deal(deal_id=deal.pk, to_stage=stages[1 if deal.stage_id == stages[0].pk else 0], actor=actor)
    return len(rows)


def drained() -> float:
    """Work the outbox off; return the seconds."""
    from crm.kernel.events.drain import drain_outbox

    began = time.perf_counter()
    while drain_outbox():
        pass
    return time.perf_counter() - began


def bare(one_by_one: bool) -> float:
    """Return events a second that the outbox alone gets through: with a consumer that does nothing, or with none."""
    from uuid import uuid4

    from crm.kernel.core.ids import uuid7
    from crm.kernel.events import bus
    from crm.kernel.events.models import Event

    name = "bench.heard" if one_by_one else "bench.unheard"
    bus._consumers["bench.heard"] = {"bench": lambda event: None}
    rows = (Event(name=name, kind="deal", subject_id=uuid4(), changeset_id=uuid7()) for _n in range(BARE))
    Event.objects.bulk_create(rows, batch_size=1000)
    return BARE / drained()


def measure() -> dict[str, Any]:
    """Time it."""
    from activities.models import Task
    from crm.kernel.events.drain import drain_outbox
    from crm.kernel.events.models import Event
    from workflows.models import Run

    from .working import _actor

    actor = _actor()
    drained()
    singly, together = bare(True), bare(False)
    publish(actor)
    move(actor, 20)
    drained()
    moves = move(actor, MOVES)
    events, tasks, runs = Event.objects.filter(processed_at=None).count(), Task.objects.count(), Run.objects.count()
    began = time.perf_counter()
    drain_outbox(limit=events)  # the moves; what tells of the new tasks stands behind them
    seconds = time.perf_counter() - began
    made = Task.objects.count() - tasks
    if made != moves or Run.objects.count() - runs != moves:
        raise RuntimeError(f"{moves} moves made {made} tasks and {Run.objects.count() - runs} runs.")
    return {
        "moves": moves, "events": events, "seconds": seconds, "per_second": moves / seconds,
        "bare_singly": singly, "bare_together": together,
    }  # fmt: skip


@contextmanager
def worker() -> Iterator[None]:
    """Let a real worker run meanwhile, on the same database."""
    code = "import django; django.setup(); from crm.kernel.core.management.commands.run_all import run_worker; run_worker()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    try:
        time.sleep(6)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def redis() -> Iterator[str]:
    """Give the address of a server of one's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            time.sleep(1)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def delays() -> dict[str, float]:
    """Return the median seconds from a move to its task, with a worker at rest, by broker."""
    found = {}
    if "REDIS_URL" not in os.environ:
        with worker():
            found["pgmq"] = _delay()
        if shutil.which("redis-server"):
            with redis() as url:
                done = subprocess.run(
                    [sys.executable, "-m", "bench.rules", "--delay"],
                    env=os.environ | {"REDIS_URL": url}, check=True, capture_output=True, text=True,
                )  # fmt: skip
            found["redis"] = float(done.stdout.strip().splitlines()[-1])
    return found


def _delay() -> float:
    from django.db import connection

    from workflows.models import Run

    from .working import _actor

    seconds = []
    for _n in range(DELAYS):
        before = Run.objects.count()
        move(_actor(), 1)
        began = time.perf_counter()
        while Run.objects.count() == before and time.perf_counter() - began < 60:
            time.sleep(0.01)
        seconds.append(time.perf_counter() - began)
        time.sleep(0.5)
    connection.close()
    return statistics.median(seconds)


def idle_look(actor: Any) -> dict[str, float]:
    """Return the seconds of a look for idle deals, when none is due, and of the raw question."""
    from django.db import connection, transaction
    from django.utils import timezone

    from workflows.engine.due import work_due_times
    from workflows.engine.times import fill_in
    from workflows.models import DueTime
    from workflows.services import create_rule, publish_rule

    task = {"action": "create_task", "options": {"title": "Say something"}}
    document = {"trigger": {"kind": "deal.idle", "options": {"days": 7}}, "conditions": {}, "steps": [task]}
    publish_rule(rule_id=create_rule(name="Bench idle", document=document, actor=actor).pk, actor=actor)
    fill_in()
    while work_due_times():
        pass

    def raw() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM workflows_duetime WHERE at <= now() ORDER BY at LIMIT 200 FOR UPDATE SKIP LOCKED"
            )
            cursor.fetchall()

    waiting = DueTime.objects.filter(at__gt=timezone.now()).count()
    return {"look": _best(work_due_times), "raw": _best(raw), "waiting": waiting}


def _best(do: Callable[[], Any]) -> float:
    """Return the median seconds of many tries."""
    found = []
    for _n in range(200):
        began = time.perf_counter()
        do()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def try_on_the_past() -> dict[str, Any]:
    """Return the seconds of a dry run over thirty days and fifty thousand events, and how many it looked at.

    The stored moves are told again until there are so many; the rule asks for what does not hold, so that none ends it.
    """
    from django.db import connection
    from django.utils import timezone

    from crm.kernel.events.models import Event
    from workflows.dryrun import dry_run
    from workflows.models import Rule

    until = timezone.now()
    since = until - dt.timedelta(days=30)
    heard = Event.objects.filter(name=STAGE, recorded_at__gte=since, recorded_at__lt=until)
    names = "name, kind, subject_id, data, changeset_id, user_id, source, depth, at, recorded_at, processed_at, attempts, error, done"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_event ({names}) SELECT {names} FROM events_event, generate_series(1, %s) AS n"
            " WHERE name = %s AND recorded_at >= %s",
            [HEARD // heard.count(), STAGE, since],
        )
    rule = Rule.objects.get(name="Bench 1")
    began = time.perf_counter()
    found = dry_run(rule=rule, since=since, until=until)
    seconds = time.perf_counter() - began
    return {"dry_seconds": seconds, "dry_events": found.looked_at, "dry_matches": len(found.matches)}


def main() -> None:
    """Measure, as JSON."""
    import django

    django.setup()
    if "--profile" in sys.argv:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.enable()
        print(measure())
        profile.disable()
        pstats.Stats(profile).sort_stats("cumtime").print_stats(90)
        return
    if "--delay" in sys.argv:
        with worker():
            print(_delay())
        return
    figures = measure()
    from .working import _actor

    figures |= {"delays": delays(), **idle_look(_actor()), **try_on_the_past()}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
