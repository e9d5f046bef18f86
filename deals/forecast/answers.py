"""Answers that a worker computes and keeps for the day: learned probabilities with their backtest, intervals."""

import datetime as dt
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm.kernel.core.scopes import EVERYTHING, Scope
from crm.kernel.workspace.models import Workspace
from deals.metrics.window import add_months
from deals.models import KeptForecast

from .backtest import MOST_MOMENTS, Backtest, backtest
from .interval import VERSION, outlook, seed_of
from .learning import Learned
from .loading import Book, Choice, load, start_of

log = logging.getLogger(__name__)
KEPT_DAYS = 14
AT_ONCE = 20
Days = tuple[dt.date, dt.date]  # the first day, and the first day after


class ForecastFailedError(RuntimeError):
    """The worker could not compute an answer; why stands in the log and in the admin, and pages say that it failed."""


def _ask(day: dt.date, questions: Sequence[dict[str, Any]]) -> list[Mapping[str, Any] | None]:
    """Return the kept answers; None for one that is not computed yet. The worker looks for new questions every ten seconds.

    One statement, and one more where something is asked for the first time. That note is a page's way to ask the worker: no
    business table, without history, and forgotten after days, so a GET may leave it. Raises ForecastFailedError.
    """
    keys = []
    for question in questions:
        question |= {"day": day.isoformat(), "version": VERSION}
        keys.append(sha256(json.dumps(question, sort_keys=True).encode()).hexdigest())
    rows = list(KeptForecast.objects.filter(key__in=keys).values_list("key", "value", "failed"))
    if any(failed for _key, _value, failed in rows):
        raise ForecastFailedError
    found = {key: value for key, value, _failed in rows}
    missing = [
        KeptForecast(key=key, question=question, day=day)
        for key, question in zip(keys, questions, strict=True)
        if key not in found
    ]
    if missing:
        KeptForecast.objects.bulk_create(missing, ignore_conflicts=True)
    return [found.get(key) for key in keys]


def probabilities(day: dt.date) -> Mapping[str, Any] | None:
    """Return what was learned by the start of a day, with the backtest; None while it is being computed.

    Raises ForecastFailedError.
    """
    return _ask(day, [{"kind": "probabilities"}])[0]


def intervals(
    day: dt.date, choice: Choice, periods: Sequence[tuple[Days, Sequence[Days]]]
) -> list[Mapping[str, Any] | None]:
    """Return the outlooks (`interval.Outlook` as mappings) of periods at the start of a day; None while computed.

    With each period come the earlier ones of its kind, in order. Raises ForecastFailedError.
    """
    reach, pipelines, teams, people = choice.words
    common = {"kind": "interval", "reach": reach, "pipelines": pipelines, "teams": teams, "people": people}
    days = [[[each.isoformat() for each in pair] for pair in (*past, period)] for period, past in periods]
    return _ask(day, [{**common, "periods": each} for each in days])


def compute_waiting() -> int:
    """Compute what pages have asked for, oldest first, and forget what was asked for two weeks ago; return how many."""
    KeptForecast.objects.filter(asked_at__lt=timezone.now() - dt.timedelta(days=KEPT_DAYS)).delete()
    waiting = list(KeptForecast.objects.waiting().order_by("asked_at")[:AT_ONCE])
    book = load() if waiting else None
    for row in waiting:
        assert book is not None
        try:
            with transaction.atomic():
                value = _computed(row.question, book)
        except Exception as error:
            log.exception("A forecast could not be computed")
            KeptForecast.objects.filter(pk=row.pk).update(failed=f"{type(error).__name__}: {error}"[:2000])
        else:
            KeptForecast.objects.filter(pk=row.pk).update(value=value)
    return len(waiting)


def _computed(question: Mapping[str, Any], book: Book) -> dict[str, Any]:
    day = dt.date.fromisoformat(question["day"])
    if question["kind"] == "probabilities":
        return _probabilities(book, day)
    ids = {name: tuple(UUID(each) for each in question[name]) for name in ("pipelines", "teams", "people")}
    reach = question["reach"]
    scope = EVERYTHING if reach is None else Scope(frozenset(map(UUID, reach)), unowned=False)
    choice = Choice(scope, **ids)
    *past, period = [
        (start_of(dt.date.fromisoformat(one)), start_of(dt.date.fromisoformat(other)))
        for one, other in question["periods"]
    ]
    found = outlook(book.of(choice), start_of(day), period, past, seed_of(question["day"], choice.words))
    return asdict(found)


def _probabilities(book: Book, day: dt.date) -> dict[str, Any]:
    """Return by pipeline what was learned of its stages, what was left out, and how it did in the past."""
    moment = start_of(day)
    months = [start_of(add_months(day.replace(day=1), -back)) for back in range(MOST_MOMENTS + 36, -1, -1)]
    learned, result = book.ledger.learned(moment), {}
    for place, pipeline in enumerate(book.pipelines):
        stages = book.stages[place]
        if not stages:
            continue
        days = learned[place][0].horizon
        tested = backtest(book.ledger, place, months, days, moment, seed_of(day.isoformat(), str(pipeline.pk)))
        result[str(pipeline.pk)] = {
            "horizon": days,
            "stages": {str(stage.pk): _stage(found) for stage, found in zip(stages, learned[place], strict=True)},
            "left_out": [
                {"origin": each.origin, "kind": each.kind, "deals": each.deals}
                for each in book.selected
                if each.pipeline == pipeline.pk
            ],
            "backtest": _tested(tested),
        }
    return result


def _stage(found: Learned) -> dict[str, Any]:
    low, high = found.interval
    return {
        "percent": found.percent,
        "probability": found.probability,
        "low": low,
        "high": high,
        "n": found.n,
        "effective": found.effective,
        "won": found.raw,
        "lost": found.raw_lost,
        "undecided": found.undecided,
        "decided": found.decided,
        "drawn_from": found.drawn_from,
    }


def _tested(found: Backtest | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found) | {"adoptable": found.adoptable}


def learned_now() -> Mapping[str, Any] | None:
    """Return what was learned by the start of today; None while it is being computed. Raises ForecastFailedError."""
    return probabilities(timezone.now().astimezone(Workspace.current().zone).date())
