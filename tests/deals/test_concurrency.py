"""Several people move the same card at once: one wins, the others are told, nothing is lost (P3)."""

import threading

import pytest
from django.db import connection

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Conflict
from crm.kernel.events.models import Event
from deals.models import Deal, StageChange
from deals.services import move_deal


@pytest.mark.django_db(transaction=True)
def test_three_moves_of_one_card_at_once(deal, stages, rep, manager, admin):
    people = [rep, manager, admin]
    start = threading.Barrier(len(people))
    outcomes: list[str] = []

    def move(person, stage):
        start.wait()
        try:
            move_deal(deal_id=deal.pk, to_stage=stage, actor=Actor.of(person), seen_stage=stages[0].pk)
            outcomes.append("moved")
        except Conflict as conflict:
            outcomes.append(conflict.theirs["who"])
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in zip(people, stages[1:4], strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = StageChange.objects.for_deal(deal)
    assert outcomes.count("moved") == 1
    assert set(outcomes) == {"moved", second.user.name}
    assert first.until == second.at
    assert second.until is None
    assert Deal.objects.get().stage == second.to_stage
    assert Event.objects.filter(name="deal.stage_changed").count() == 1
