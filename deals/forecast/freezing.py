"""Freezes the forecast as it stood at 00:00 of each Monday in the workspace's zone; what was missed is built later."""

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import Min
from django.utils import timezone

from crm.kernel.core.changes import Actor, command
from crm.kernel.workspace.models import Workspace
from deals.metrics.measure import Question, decimal, measure
from deals.metrics.window import Window, add_months
from deals.models import Deal, FrozenDeal, FrozenForecast, FrozenOutlook

from .interval import MOST_PERIODS, outlook, seed_of
from .loading import Book, Choice, days_of, load, start_of

WEEK = dt.timedelta(days=7)
CATCH_UP = 13  # weeks that are built later where they were missed
ON_TIME = dt.timedelta(hours=1)
CENT = Decimal("0.01")
OPEN_DEALS = Question(
    """SELECT f.id, f.amount, f.currency, f.rate, f.pipeline_id, f.stage_id, f.category, f.percent, f.owner_id,
    f.team_id, f.expected_close FROM facts f WHERE f.kind = 'open' ORDER BY f.id"""
)


def months_before(month: dt.date, count: int = MOST_PERIODS) -> list[tuple[float, float]]:
    """Return the months before one, in order, as (start, end) in days."""
    firsts = [add_months(month, -back) for back in range(count, -1, -1)]
    return [(start_of(one), start_of(other)) for one, other in itertools.pairwise(firsts)]


def due_mondays(now: dt.datetime) -> Iterator[dt.date]:
    """Yield the Mondays that have come and are not frozen, the oldest first, 13 weeks back at most."""
    first = Deal.objects.aggregate(first=Min("created_at"))["first"]
    if first is None:
        return
    today = Workspace.current().day_of(now)
    last = today - dt.timedelta(days=today.weekday())
    begun = Workspace.current().day_of(first)
    done = set(FrozenForecast.objects.filter(monday__gte=last - CATCH_UP * WEEK).values_list("monday", flat=True))
    for back in range(CATCH_UP, -1, -1):
        monday = last - back * WEEK
        if monday > begun and monday not in done:
            yield monday


@command("forecasts.freeze")
def freeze_forecast(*, monday: dt.date, actor: Actor, book: Book | None = None) -> FrozenForecast | None:
    """Freeze the forecast as it stood at 00:00 of a Monday; None if it is frozen already. System maintenance."""
    if monday.weekday() != 0:
        raise ValueError("Forecasts are frozen for Mondays.")
    if FrozenForecast.objects.filter(monday=monday).exists():
        return None
    at = dt.datetime.combine(monday, dt.time(), tzinfo=Workspace.current().zone)
    book = book or load()
    rows = measure(Window.always(as_of=at), {"open": OPEN_DEALS})["open"]
    late = timezone.now() - at > ON_TIME
    forecast = FrozenForecast.objects.create(monday=monday, frozen_at=at, late=late)
    learned = _learned(book, days_of(at))
    FrozenDeal.objects.bulk_create((_frozen(forecast, row, learned) for row in rows), batch_size=1000)
    FrozenOutlook.objects.bulk_create(_outlooks(forecast, book, rows, monday, at))
    return forecast


def _learned(book: Book, moment: float) -> dict[str, float]:
    """Return the chance of each open deal to be won within its pipeline's horizon, by its id."""
    found: dict[str, float] = {}
    stays = book.ledger.stays(moment)
    for pipeline, stages in enumerate(book.ledger.learned(moment)):
        if not stages:
            continue
        own = stays.where(stays.pipeline == pipeline)
        for _stage, places, chance in book.ledger.chances(own, moment, stages[0].horizon):
            found |= {str(book.deals[own.deal[at]]): float(one) for at, one in zip(places, chance, strict=True)}
    return found


def _frozen(forecast: FrozenForecast, row: dict[str, Any], learned: dict[str, float]) -> FrozenDeal:
    close = row["expected_close"]
    return FrozenDeal(
        forecast=forecast,
        deal_id=row["id"],
        amount=row["amount"],
        currency=row["currency"],
        rate=row["rate"],
        pipeline_id=row["pipeline_id"],
        stage_id=row["stage_id"],
        category=row["category"],
        configured=row["percent"],
        learned=learned.get(row["id"]),
        owner_id=row["owner_id"],
        team_id=row["team_id"],
        close_month=dt.date.fromisoformat(close).replace(day=1) if close else None,
    )


def _outlooks(
    forecast: FrozenForecast, book: Book, rows: list[dict[str, Any]], monday: dt.date, at: dt.datetime
) -> Iterator[FrozenOutlook]:
    """Foretell the month of the Monday for all, for each team and for each owner of an open deal."""
    month = monday.replace(day=1)
    period = (start_of(month), start_of(add_months(month, 1)))
    past = months_before(month)
    owners = sorted({row["owner_id"] for row in rows})
    teams = sorted({row["team_id"] for row in rows if row["team_id"]})
    by_text = {str(pk): pk for pk in (*book.people, *book.groups) if pk is not None}
    choices: list[tuple[dict[str, Any], Choice]] = [({}, Choice())]
    choices += [({"team_id": pk}, Choice(teams=(by_text[pk],))) for pk in teams if pk in by_text]
    choices += [({"owner_id": pk}, Choice(people=(by_text[pk],))) for pk in owners if pk in by_text]
    for columns, choice in choices:
        found = outlook(book.of(choice), days_of(at), period, past, seed_of(monday.isoformat(), choice.words))
        yield FrozenOutlook(
            forecast=forecast,
            month=month,
            **columns,
            base_currency=Workspace.current().base_currency,
            **{name: _money(getattr(found, name)) for name in ("won", "mean", "low", "high")},
        )


def _money(value: float | None) -> Decimal | None:
    return None if value is None else decimal(value).quantize(CENT)


def freeze_due(now: dt.datetime | None = None) -> int:
    """Freeze what is due, each Monday in a transaction of its own; return how many."""
    mondays = list(due_mondays(now or timezone.now()))
    book = load() if mondays else None
    for monday in mondays:
        freeze_forecast(monday=monday, actor=Actor.system("forecast"), book=book)
        if book is not None:  # what was computed for one moment is of no use for the next
            book.ledger = replace(book.ledger, _stays={}, _learned={})
    return len(mondays)
