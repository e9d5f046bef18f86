"""Forecasts from the database: the ledger, kept answers, frozen Mondays, accuracy, adopting (P4, P5, P9, N6, N8)."""

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.core.errors import Refused
from crm.kernel.core.scopes import Scope
from crm.kernel.workspace.models import ExchangeRate, Workspace
from crm.reports import registry
from deals import tasks
from deals.forecast import answers
from deals.forecast.accuracy import EVERYBODY, OWNER, held, restated
from deals.forecast.configured import configured_at
from deals.forecast.freezing import due_mondays, freeze_due, freeze_forecast
from deals.forecast.interval import outlook
from deals.forecast.learning import ONLY_CLOSED
from deals.forecast.loading import Choice, days_of, load, start_of
from deals.metrics.measure import measure
from deals.metrics.numbers import WON
from deals.metrics.window import Window, end_of_day
from deals.models import FrozenDeal, FrozenForecast, FrozenOutlook, KeptForecast
from deals.services import bin_deal, create_deal, edit_deal, move_deal
from deals.services.adopting import adopt_probabilities

SYSTEM = Actor.system("import")


def day(month, number, hour=12):
    return dt.datetime(2026, month, number, hour, tzinfo=dt.UTC)


@pytest.fixture
def history(rep, stranger, pipeline, stages, won, lost, reason):
    """Some months of deals: every second one of `rep` won after 20 days, the others lost after 40."""
    made = []
    for month in range(1, 10):
        for number in range(4):
            start = day(month, 3 + number)
            with dated_back(start):
                deal = create_deal(
                    actor=SYSTEM, title=f"{month}-{number}", owner=(rep, stranger)[number // 2], amount=Decimal(100)
                )
            with dated_back(start + dt.timedelta(days=5)):
                move_deal(deal_id=deal.pk, to_stage=stages[1], actor=SYSTEM)
            with dated_back(start + dt.timedelta(days=(20, 40)[number % 2])):
                if number % 2 == 0:
                    move_deal(deal_id=deal.pk, to_stage=won, actor=SYSTEM)
                else:
                    move_deal(deal_id=deal.pk, to_stage=lost, lost_reason=reason, actor=SYSTEM)
            made.append(deal)
    return made


def test_the_ledger_tells_what_the_numbers_tell(history, rep, stages, pipeline):
    with changeset(SYSTEM, "test.rates"):
        for month, rate in ((1, "1.5"), (4, "2")):
            ExchangeRate.objects.create(currency="EUR", day=dt.date(2026, month, 1), rate=Decimal(rate))
    Workspace.forget()
    edit_deal(deal_id=history[8].pk, actor=SYSTEM, values={"currency": "EUR"}, confirm_currency=True)
    bin_deal(deal_id=history[0].pk, actor=SYSTEM)
    book = load()
    now = days_of(timezone.now())
    for choice, window in (
        (Choice(), Window(dt.date(2026, 1, 1), dt.date(2026, 12, 31))),
        (Choice(people=(rep.pk,)), Window(dt.date(2026, 2, 1), dt.date(2026, 4, 30), people=(rep.pk,))),
        (
            Choice(Scope(frozenset([rep.pk]), False)),
            Window(dt.date(2026, 3, 1), dt.date(2026, 3, 31), Scope(frozenset([rep.pk]), False)),
        ),
    ):
        [row] = measure(window, {"won": WON})["won"]
        end = start_of(window.end + dt.timedelta(days=1))
        assert book.of(choice).won_total(now, start_of(window.start), end) == pytest.approx(float(row["amount"]))
    [learned] = book.ledger.learned(now)
    assert learned[0].decided == 35 and learned[0].raw == pytest.approx(17 / 35)
    mid = book.of(Choice(people=(rep.pk,))).mine(days_of(day(3, 20)))
    assert mid.is_open.sum() == 2  # of March; `history[0]` was there then and is not decided on that day's count
    assert book.selected == []


def test_an_import_of_closed_deals_alone_is_left_out(history, rep, pipeline, won, lost, reason):
    for number in range(6):
        create_deal(
            actor=SYSTEM, title=f"Old {number}", owner=rep, stage=won if number % 2 else lost,
            lost_reason=None if number % 2 else reason,
            created_at=day(1, 1), closed_on=dt.date(2026, 2, 1), import_source="old crm", external_id=str(number),
        )  # fmt: skip
    book = load()
    assert [(each.origin, each.kind, each.deals) for each in book.selected] == [("old crm", ONLY_CLOSED, 6)]
    assert book.ledger.learned(days_of(timezone.now()))[0][0].n == 36


def test_a_ledger_of_some_deals_foretells_what_the_whole_foretells_of_them(history, rep, stranger, pipeline):
    """What was learned, and when the record begins, is of everybody's deals."""
    book = load()
    for choice in (Choice(), Choice(people=(rep.pk,)), Choice(scope=Scope(frozenset([stranger.pk]), False))):
        narrowed = book.of(choice)
        seen = np.array([choice.scope.covers(each) for each in book.people])
        people = np.array([not choice.people or each in choice.people for each in book.people])
        masked = replace(
            book.ledger,
            wanted=seen[book.reach][book.ledger.visits.deal] & people[book.owners],
            wanted_open=seen[book.reach][book.ledger.worth_deal] & people[book.record_owners],
        )
        assert (narrowed.whole is None) is (choice == Choice())
        months = [(start_of(dt.date(2026, each, 1)), start_of(dt.date(2026, each + 1, 1))) for each in range(1, 10)]
        asked = start_of(dt.date(2026, 9, 10)), months[-1], months[:-1], 7
        assert outlook(narrowed, *asked) == outlook(masked, *asked)


def test_answers_are_asked_for_once_computed_by_the_worker_and_kept(history, pipeline, stages):
    today = Workspace.current().today()
    assert answers.probabilities(today) is None and answers.probabilities(today) is None
    month = (dt.date(2026, 9, 1), dt.date(2026, 10, 1))
    asked = [(month, [(dt.date(2026, 8, 1), dt.date(2026, 9, 1))])]
    assert answers.intervals(today, Choice(), asked) == [None]
    assert answers.compute_waiting() == 2 and answers.compute_waiting() == 0
    found = answers.probabilities(today)[str(pipeline.pk)]
    assert set(found["stages"]) == {str(stage.pk) for stage in stages[:4]}
    first = found["stages"][str(stages[0].pk)]
    assert first["n"] == 36 and first["won"] + first["lost"] + first["undecided"] == pytest.approx(1)
    assert found["backtest"]["deals"] > 0
    [kept] = answers.intervals(today, Choice(), asked)
    assert kept["low"] is None and kept["won"] == 200.0
    KeptForecast.objects.create(key="broken", question={"kind": "interval"}, day=today)
    assert answers.compute_waiting() == 1 and "KeyError" in KeptForecast.objects.get(key="broken").failed
    assert answers.compute_waiting() == 0


def test_what_is_learned_of_a_past_day_is_what_was_known_and_configured_then(
    history, client_of, admin, as_rep, rep, pipeline, stages, won
):
    """Neither later deals nor percentages that were set later change it (N8)."""
    past, percents = dt.date(2026, 6, 1), [stage.probability for stage in stages[:4]]

    def learned():
        KeptForecast.objects.all().delete()
        assert answers.probabilities(past) is None and answers.compute_waiting() == 1
        return answers.probabilities(past)

    told = learned()
    first = told[str(pipeline.pk)]["stages"][str(stages[0].pk)]
    early = [deal for deal in history if deal.created_at < dt.datetime(2026, 6, 1, tzinfo=Workspace.current().zone)]
    lasted = [20 if number % 2 == 0 else 40 for _month in range(9) for number in range(4)]
    decided = [
        deal for deal, days in zip(history, lasted, strict=True)
        if deal.created_at + dt.timedelta(days=days) < dt.datetime(2026, 6, 1, tzinfo=Workspace.current().zone)
    ]  # fmt: skip
    assert (first["n"], first["decided"]) == (len(early), len(decided)) == (20, 18)
    for number in range(4):
        deal = create_deal(actor=as_rep, title=f"Late {number}", owner=rep)
        move_deal(deal_id=deal.pk, to_stage=won, actor=as_rep)
    adopt_probabilities(pipeline_id=pipeline.pk, percents={s.pk: 90 for s in stages[:4]}, actor=Actor.of(admin))
    assert learned() == told
    assert list(configured_at(end_of_day(past)).values()) != list(configured_at(None).values())
    for query, shown in ((f"?as_of={past}", percents), ("", [90] * 4)):
        client_of(admin).get(f"/reports/probabilities/{query}")
        answers.compute_waiting()
        page = client_of(admin).get(f"/reports/probabilities/{query}")
        result = registry.find("probabilities").build(page.context["ask"])
        assert [round(row.cells[1].value * 100) for row in result.rows] == shown, query


def test_a_monday_is_frozen_once_and_for_good(history, rep, stages):
    monday = dt.date(2026, 6, 15)
    forecast = freeze_forecast(monday=monday, actor=Actor.system("forecast"))
    assert forecast.late and forecast.frozen_at == dt.datetime(2026, 6, 15, tzinfo=Workspace.current().zone)
    assert freeze_forecast(monday=monday, actor=Actor.system("forecast")) is None
    frozen = {each.deal_id: each for each in FrozenDeal.objects.all()}
    assert set(frozen) == {deal.pk for deal in history[19:24]}  # those of June, and the last of May until noon
    assert {each.stage_id for each in frozen.values()} == {stages[1].pk}
    assert all(each.configured == stages[1].probability and 0 <= each.learned <= 1 for each in frozen.values())
    everybody = FrozenOutlook.objects.get(owner=None, team=None)
    assert (everybody.won, everybody.month) == (Decimal(0), dt.date(2026, 6, 1)) and everybody.mean > 0
    for row, change in ((forecast, {"late": False}), (everybody, {"mean": 1})):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
    edit_deal(deal_id=history[20].pk, actor=SYSTEM, values={"amount": Decimal(900)})
    assert FrozenDeal.objects.get(deal_id=history[20].pk).amount == Decimal(100)
    with pytest.raises(ValueError, match="Mondays"):
        freeze_forecast(monday=dt.date(2026, 6, 16), actor=Actor.system("forecast"))


def test_missed_mondays_are_caught_up_and_held_against_what_came(history, rep, stranger, django_assert_num_queries):
    now = day(7, 15)
    assert list(due_mondays(day(1, 1))) == []
    mondays = list(due_mondays(now))
    assert len(mondays) == 14 and mondays[-1] == dt.date(2026, 7, 13)
    for monday in mondays[8:12]:  # those of June but the last
        freeze_forecast(monday=monday, actor=Actor.system("forecast"))
    period = (dt.date(2026, 6, 1), dt.date(2026, 6, 30), now.date())
    rows = held(Scope(None, True), EVERYBODY, *period)
    assert {row.weeks for row in rows} >= {2, 3} and all(row.came == 200 and row.late == row.forecasts for row in rows)
    assert all(row.bias == (row.foretold - 200) / 200 and row.wape >= 0 and row.hit_rate is None for row in rows)
    mine = held(Scope(frozenset([rep.pk]), False), OWNER, *period)
    assert {row.group for row in mine} == {rep.pk} and all(row.came == 100 for row in mine)
    assert held(Scope(frozenset([rep.pk]), False), EVERYBODY, *period) == []
    # A deal that changes hands afterwards counts for whoever had it at the freeze.
    edit_deal(deal_id=history[20].pk, actor=SYSTEM, values={"amount": Decimal(900)})
    [(month, then, later)] = restated(*period)
    assert (month, then, later) == (dt.date(2026, 6, 1), Decimal(200), Decimal(1000))
    # As of a day before that, it is told as it was then (N8), in a fixed number of statements.
    past = (dt.date(2026, 1, 1), dt.date(2026, 12, 31), now.date(), end_of_day(now.date()))
    with django_assert_num_queries(3):
        assert held(Scope(None, True), EVERYBODY, *past) == rows
    with django_assert_num_queries(2):
        assert restated(*past) == []
    assert all(row.came == 1000 for row in held(Scope(None, True), EVERYBODY, *past[:3]))
    assert held(Scope(None, True), EVERYBODY, *past[:2], dt.date(2026, 6, 30), end_of_day(dt.date(2026, 6, 30))) == []


def test_freezing_goes_on_by_itself(history):
    assert freeze_due(day(3, 3)) > 0
    assert freeze_due(day(3, 3)) == 0 and FrozenForecast.objects.exists()


def test_the_worker_has_a_process_of_its_own_for_it_while_there_is_something_to_do(history, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(tasks, "start_apart", lambda *command: asked.append(command))
    tasks.compute_forecasts()
    assert asked == []
    answers.probabilities(Workspace.current().today())
    tasks.compute_forecasts()
    tasks.freeze_forecasts()
    assert asked == [("forecasts", "compute"), ("forecasts", "freeze")]
    for command in asked:
        call_command(*command)
    assert capsys.readouterr().out.startswith("compute: 1\nfreeze: ")
    tasks.compute_forecasts()
    tasks.freeze_forecasts()
    assert len(asked) == 2


def test_adopting_sets_whole_percents_and_can_be_undone(admin, as_rep, pipeline, stages, won, rep):
    deal = create_deal(actor=as_rep, title="Own", owner=rep)
    edit_deal(deal_id=deal.pk, actor=as_rep, values={"probability": 66})
    before = [stage.probability for stage in stages[:4]]
    actor = Actor.of(admin)
    percents = {stages[0].pk: 17, stages[1].pk: stages[1].probability}
    with pytest.raises(PermissionDenied):
        adopt_probabilities(pipeline_id=pipeline.pk, percents=percents, actor=as_rep)
    for wrong in ({won.pk: 50}, {stages[0].pk: 101}):
        with pytest.raises(Refused):
            adopt_probabilities(pipeline_id=pipeline.pk, percents=wrong, actor=actor)
    assert adopt_probabilities(pipeline_id=pipeline.pk, percents=percents, actor=actor) == 1
    stages[0].refresh_from_db()
    deal.refresh_from_db()
    assert (stages[0].probability, deal.probability) == (17, 66)
    undo(changeset_id=actor.last_change, actor=actor)
    assert [stage.probability for stage in pipeline.stages.order_by("position")[:4]] == before


def test_pages_say_that_they_wait_then_show_and_adopt(client_of, admin, viewer, history, pipeline, stages, monkeypatch):
    client = client_of(admin)
    waiting = client.get("/reports/probabilities/").content.decode()
    assert "being computed" in waiting and 'hx-trigger="every 2s"' in waiting  # it asks again by itself
    assert client.get("/reports/forecast/").status_code == 200
    early = client.get("/reports/probabilities/?format=csv")
    assert early.status_code == 400 and "being computed" in early.content.decode()  # no file without its figures
    assert answers.compute_waiting() == 3
    assert client.get("/reports/probabilities/?format=csv").content.count(b"\n") == 5
    page = client.get("/reports/probabilities/").content.decode()
    assert stages[0].name in page and "Brier" in page
    assert "no interval" in client.get("/reports/forecast/").content.decode()
    assert "No month of this period" in client.get("/reports/forecast-accuracy/?period=month").content.decode()
    address = f"/settings/pipelines/{pipeline.pk}/adopt/"
    assert client_of(viewer).get(address).status_code == 403
    [row] = KeptForecast.objects.filter(question__kind="probabilities")
    row.value[str(pipeline.pk)]["backtest"]["adoptable"] = True
    row.save()
    assert address in client.get("/reports/probabilities/").content.decode()
    sent = {f"stage-{stage.pk}": 40 + place for place, stage in enumerate(stages[:4])}
    assert client.get(address).status_code == 200
    assert client.post(address, {**sent, f"stage-{stages[0].pk}": "x"}).status_code == 422
    assert client.post(address, sent).status_code == 302
    assert list(pipeline.stages.order_by("position").values_list("probability", flat=True))[:4] == [40, 41, 42, 43]
    row.value[str(pipeline.pk)]["backtest"]["adoptable"] = False
    row.save()
    assert client.post(address, sent).status_code == 422


def test_how_forecasts_did_is_told_first_of_the_most_that_one_may_see(client_of, admin, manager, rep, pipeline):
    for person, first in ((admin, "all"), (manager, "team"), (rep, "team")):
        page = client_of(person).get("/reports/forecast-accuracy/").content.decode()
        assert re.search(r'<option value="(\w+)" selected', page[page.index('name="by"') :])[1] == first
        assert client_of(person).get("/reports/forecast-accuracy/?by=all").status_code == 200


def test_pages_say_what_failed_and_do_not_wait_for_it(client_of, admin, history, pipeline, monkeypatch):
    def fail(question, book):
        raise ValueError("no such shape")

    client = client_of(admin)
    client.get("/reports/probabilities/")
    client.get("/reports/forecast/")
    monkeypatch.setattr(answers, "_computed", fail)
    answers.compute_waiting()
    for path in ("/reports/probabilities/", "/reports/forecast/", f"/settings/pipelines/{pipeline.pk}/adopt/"):
        page = client.get(path)
        assert page.status_code == 200, path
        text = page.content.decode()
        assert "could not be computed" in text and "every 2s" not in text, path
