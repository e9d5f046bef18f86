"""Deals as they were at a moment: one relation for every number (N8, P4, P9)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from deals.metrics.dimensions import STAGE
from deals.metrics.measure import Number, measure, records
from deals.metrics.window import Window
from deals.models import Deal
from deals.services import bin_deal, close_deal, create_deal, edit_deal, move_deal, reopen_deal

EVERYTHING = Number("all", "All", "N8", "All deals", "true").by(STAGE)


def stood(at, scope=None):
    """Return (deals, sum) by stage at a moment."""
    window = Window.always(**({"scope": scope} if scope else {}), as_of=at)
    rows = measure(window, {"all": EVERYTHING})["all"]
    return {row["stage"]: (row["deals"], Decimal(row["amount"])) for row in rows}


def now():
    return timezone.now()


@pytest.fixture
def moments(as_rep, rep, pipeline, stages, lost, reason, manager):
    """A deal's life, and the moment after each step."""
    marks = {"before": now()}
    deal = create_deal(actor=as_rep, title="Atlas", owner=rep, amount=Decimal(100))
    marks["made"] = now()
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep)
    marks["moved"] = now()
    edit_deal(deal_id=deal.pk, actor=as_rep, values={"amount": Decimal(250)})
    marks["grown"] = now()
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    marks["won"] = now()
    reopen_deal(deal_id=deal.pk, actor=as_rep)
    marks["reopened"] = now()
    move_deal(deal_id=deal.pk, to_stage=lost, lost_reason=reason, actor=as_rep)
    marks["lost"] = now()
    bin_deal(deal_id=deal.pk, actor=as_rep)
    marks["binned"] = now()
    marks["deal"] = deal.pk
    return marks


def test_each_moment_shows_what_was_true_then(moments, stages, won, lost):
    proposal = str(stages[2].pk)
    assert stood(moments["before"]) == {}
    assert stood(moments["made"]) == {str(stages[0].pk): (1, Decimal(100))}
    assert stood(moments["moved"]) == {proposal: (1, Decimal(100))}
    assert stood(moments["grown"]) == {proposal: (1, Decimal(250))}
    assert stood(moments["won"]) == {str(won.pk): (1, Decimal(250))}
    assert stood(moments["reopened"]) == {proposal: (1, Decimal(250))}
    assert stood(moments["lost"]) == {str(lost.pk): (1, Decimal(250))}
    assert stood(moments["binned"]) == stood(None) == {}
    window = Window.always(as_of=moments["won"])
    assert list(records(window, EVERYTHING, {STAGE: won.pk})) == [Deal.objects.get(pk=moments["deal"])]


def test_an_undone_move_is_visible_between_and_not_after(as_rep, rep, pipeline, stages):
    deal = create_deal(actor=as_rep, title="Atlas", owner=rep)
    move_deal(deal_id=deal.pk, to_stage=stages[3], actor=as_rep)
    between = now()
    undo(changeset_id=as_rep.last_change, actor=as_rep)
    assert stood(between) == {str(stages[3].pk): (1, Decimal(0))}
    assert stood(now()) == stood(None) == {str(stages[0].pk): (1, Decimal(0))}


def test_before_the_first_record_the_first_value_holds_and_the_visits_tell_the_stage(rep, pipeline, stages, won):
    created = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
    create_deal(
        actor=Actor.system("import"), title="Old", owner=rep, amount=Decimal(70), stage=won,
        created_at=created, closed_on=dt.date(2025, 5, 1),
    )  # fmt: skip
    assert stood(dt.date(2025, 2, 28)) == {}
    assert stood(dt.date(2025, 4, 1)) == {str(stages[0].pk): (1, Decimal(70))}
    assert stood(dt.date(2025, 5, 1)) == {str(won.pk): (1, Decimal(70))}


def test_present_rights_apply(moments, stranger, rep):
    assert stood(moments["grown"], stranger.scope("deal", "view")) == {}
    assert stood(moments["grown"], rep.scope("deal", "view")) != {}
