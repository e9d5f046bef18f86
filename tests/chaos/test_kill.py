"""Web and worker are killed (-9) again and again while deals move; no acknowledged move is lost or doubled (P3, W2, W3).

A move counts as acknowledged when its answer arrived, since COMMIT returned before. Here six processes are killed; the long
run, with rules, broker and database among what is killed, is `python -m tests.chaos.run`.
"""

import datetime as dt
import logging
import random
import threading
import time
from collections.abc import Iterator

import pytest

from crm.kernel.core.changes import Actor
from crm.kernel.core.management.commands.run_all import run_beat, run_worker
from crm.kernel.events import drain
from crm.kernel.events.models import Event
from deals.models import Pipeline
from deals.services import create_deal

from .checks import check_moves
from .stack import Mover, Nursery, free_port, serve, session_of, wait_for_none, wait_for_the_web

KILLS = 6
DEALS = 12
log = logging.getLogger(__name__)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


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


def test_no_acknowledged_move_is_lost_or_doubled(rep, pipeline, stack):
    port, nursery = stack
    stages = list(Pipeline.objects.get(pk=pipeline.pk).stages.usable().open().values_list("pk", flat=True))
    actor = Actor.of(rep)
    deals = [create_deal(actor=actor, title=f"Deal {n}", owner=rep).pk for n in range(DEALS)]
    wait_for_none(Event.objects.waiting)
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
    wait_for_none(Event.objects.waiting)
    acknowledged = {deal: targets for mover in movers for deal, targets in mover.acknowledged.items()}
    total = sum(map(len, acknowledged.values()))
    log.info("%s kills, %s moves acknowledged, refused: %s", KILLS, total, [dict(m.refused) for m in movers])
    assert total > KILLS
    assert check_moves(acknowledged) == []
