"""Compares the product's numbers with the recount, at one moment and over one period."""

import datetime as dt
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from django.db import connection

from deals.metrics import conversion as c
from deals.metrics import dimensions as d
from deals.metrics import numbers as n
from deals.metrics.change import CHANGE
from deals.metrics.measure import measure, stock_series
from deals.metrics.pushes import PUSHED
from deals.metrics.window import Window, end_of_day

from .recount import Recount


def check_change(recount: Recount, facts: list[Any], window: Window, moment: dt.datetime) -> None:
    """Compare what became of the open deals of two weeks before."""
    since = recount.day(moment) - dt.timedelta(days=14)
    before = end_of_day(since)
    values = {**window.params(), "since": since, "since_at": before}
    with connection.cursor() as cursor:
        cursor.execute(CHANGE.statement(then=window.at is not None), values)
        ours = {bucket: (deals, amount) for bucket, deals, amount in cursor.fetchall() if deals}
    assert ours == recount.change(recount.at(before), facts, before)


def check(recount: Recount, start: dt.date, end: dt.date, moment: dt.datetime, *, present: bool) -> None:
    """Compute everything twice, with `present` as it stands now."""
    window = Window(start, end, as_of=None if present else moment)
    asked = {
        "pipeline": n.PIPELINE.by(d.STAGE), "decided": n.DECIDED, "won": n.WON, "cycle": n.CYCLE,
        "forecast": n.FORECAST.by(d.CLOSE_BUCKET, d.CATEGORY), "funnel": c.FUNNEL, "lenient": c.conversion(),
        "strict": c.conversion(strict=True), "stays": c.STAYS, "pushed": PUSHED,
    }  # fmt: skip
    found, facts = measure(window, asked), recount.at(moment)
    ours = {row["stage"]: (row["deals"], Decimal(row["amount"]), Decimal(row["weighted"])) for row in found["pipeline"]}
    assert ours == recount.pipeline(facts)
    won, lost, amount, won_closing, lost_closing, missing = recount.decided(facts, start, end)
    row = found["decided"][0]
    assert (row["won"], row["lost"], row["without_value"]) == (won, lost, missing)
    assert [Decimal(row[name]) for name in ("won_amount", "won_closing", "lost_closing")] == [
        amount,
        won_closing,
        lost_closing,
    ]
    rate = n.win_rate(row)
    assert rate.by_count == (Decimal(won) / (won + lost) if won + lost else None)
    assert (rate.by_value is None) or missing * 5 <= won + lost
    days, cycle = recount.cycle(facts, start, end), found["cycle"][0]
    assert cycle["median"] == (pytest.approx(median(days)) if days else None)
    assert (float(cycle["mean"]) if days else cycle["mean"]) == (pytest.approx(sum(days) / len(days)) if days else None)
    ours = {(r["bucket"], r["category"]): (r["deals"], Decimal(r["amount"])) for r in found["forecast"]}
    assert ours == recount.forecast(facts, recount.day(moment))
    ours = {(r["pipeline"], r["reached"], r["outcome"]): r["deals"] for r in found["funnel"]}
    assert ours == recount.reached(facts, start, end, moment)
    for strict in (False, True):
        rows = found["strict" if strict else "lenient"]
        ours = {(r["entered"], r["became"]): r["deals"] for r in rows}
        assert ours == recount.conversion(facts, start, end, moment, strict=strict)
        for each in c.conversions(rows).values():
            assert each.incidence is not None
            total = each.incidence.share(1, 90) + each.incidence.share(2, 90) + each.incidence.survival.at(90)
            assert total == pytest.approx(1)
    theirs, stayed = recount.stays(facts, start, end, moment), c.stays(found["stays"])
    assert stayed.keys() == theirs.keys()
    for stage, (done, running, total) in theirs.items():
        assert (stayed[stage].finished, stayed[stage].running) == (done, running)
        assert stayed[stage].mean == (pytest.approx(total / done, abs=1e-4) if done else None)
    row = found["pushed"][0]
    assert (row["deals"], row["times"], row["days"]) == recount.pushed(facts, start, end, moment)
    check_change(recount, facts, window, moment)
    if not present:
        (stock,) = stock_series(window, [moment])
        sums = recount.pipeline(facts).values()
        assert (stock.deals, stock.amount) == (sum(s[0] for s in sums), sum((s[1] for s in sums), Decimal(0)))
