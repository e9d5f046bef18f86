"""Web and worker are killed (-9) while deals move under rules with every kind of action: nothing lost, doubled or stuck.

A move counts as acknowledged when its answer arrived, since COMMIT returned before (P3, W2, W3). Here six processes are
killed; the long run, in which broker, database and schedulers are killed too, is `python -m tests.chaos.run`.
"""

import datetime as dt
import logging
import random
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.conf import settings

from activities.mail.services import sending as mails
from crm.kernel.core.management.commands.run_all import run_beat, run_worker
from crm.kernel.events import drain
from workflows.webhooks.services import sending as webhooks

from .checks import check_all, figures
from .receivers import receivers
from .resting import come_to_rest
from .stack import Mover, Nursery, free_port, moves_of, serve, session_of, wait_for_the_web
from .world import World, make_world

KILLS = 6
DEALS = 12
log = logging.getLogger(__name__)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int, int, Nursery]]:
    """Web, worker and scheduler as processes of their own, and the ports of the web and of two receivers.

    What a killed worker had claimed is free again after seconds: so the test need not wait.
    """
    for module in (drain, mails, webhooks):
        monkeypatch.setattr(module, "LEASE", dt.timedelta(seconds=4))
    web, smtp, hook = free_port(), free_port(), free_port()
    smtp_backend = "django.core.mail.backends.smtp.EmailBackend"
    options = {"host": "127.0.0.1", "port": smtp, "timeout": 5}
    monkeypatch.setattr(settings, "MAILERS", {"default": {"BACKEND": smtp_backend, "OPTIONS": options}})
    nursery = Nursery({"web": serve(web), "worker": run_worker, "beat": run_beat})
    yield web, smtp, hook, nursery
    nursery.close()


def test_no_acknowledged_move_is_lost_or_doubled_nor_what_rules_make_of_it(seeds, stack):
    port, smtp, http, nursery = stack
    world = make_world(http, DEALS)
    with receivers(smtp, http) as (box, hook):
        acknowledged = kill_while_people_work(port, nursery, world)
        come_to_rest(patience=60)
    log.info("%s kills: %s", KILLS, figures(world, box, hook))
    assert sum(map(len, acknowledged.values())) > KILLS
    assert check_all(world, acknowledged, box, hook) == []


def kill_while_people_work(port: int, nursery: Nursery, world: World) -> dict[UUID, list[UUID]]:
    """Kill web or worker again and again; return the moves that were acknowledged."""
    stop = threading.Event()
    movers = [Mover(port, session_of(world.rep), world.deals[n::2], world.stages, stop, pause=0.1) for n in range(2)]
    for mover in movers:
        mover.start()
    dice = random.Random(1)
    for _ in range(KILLS):
        wait_for_the_web(port)
        time.sleep(dice.uniform(0.1, 0.8))
        part = dice.choice(["web", "worker"])
        nursery.kill(part)
        nursery.start(part)
    end = time.monotonic() + 60
    while sum(map(len, moves_of(movers).values())) <= KILLS and time.monotonic() < end:
        time.sleep(0.2)
    stop.set()
    for mover in movers:
        mover.join()
    return moves_of(movers)
