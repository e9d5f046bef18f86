"""The board and the list of deals as of a past day (N8, P4-P9, H1): equal to a fold of the commands, read-only, refusals."""

import csv
import datetime as dt
import io
import os
import random
from collections import defaultdict
from contextlib import ExitStack
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
import time_machine
from django.utils import timezone

from contacts.models import Company
from contacts.services import create_contact
from contacts.services.personal import erase_person
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.workspace.models import ExchangeRate, Workspace
from deals.metrics.measure import Stock, measure, stock_series, won_by_ends
from deals.metrics.numbers import PIPELINE, WON
from deals.metrics.window import Window, end_of_day
from deals.past_board import PastBoard
from deals.services import bin_deal, create_deal, edit_deal, move_deal, reopen_deal
from deals.services.pipelines import add_stage, edit_stage

from .recorded import Script

BOARD, LIST = "/deals/board/", "/deals/"
# The whole script: AS_OF_COMMANDS=500 AS_OF_MOMENTS=50 pytest tests/deals/test_as_of_board.py
COMMANDS, MOMENTS = int(os.environ.get("AS_OF_COMMANDS", "60")), int(os.environ.get("AS_OF_MOMENTS", "8"))
SEED = int(os.environ.get("AS_OF_SEED", "7"))


def board(actor, day, **params):
    query = "&".join(f"{name}={value}" for name, value in {"as_of": day.isoformat(), "lost": 1, **params}.items())
    return PastBoard.for_query(query, actor)


RATES = {
    dt.timedelta(days=200): Decimal("1.1"),
    dt.timedelta(days=45): Decimal("1.25"),
    dt.timedelta(days=20): Decimal("0.9"),
}


def expected(log, day, rates):
    """Return the board of a day from the log alone: by stage the cards, and count, sum and weighted sum."""
    zone = Workspace.current().zone
    at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone) - dt.timedelta(microseconds=1)
    cards, sums = defaultdict(list), defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    for deal in log.fold(at).values():
        stage, closed = deal["stage"], deal["closed_on"]
        if closed is not None and closed < day.replace(day=1):
            continue
        amount = deal["amount"]
        cards[stage.name].append(
            (
                deal["title"],
                amount,
                deal["owner"].name,
                deal["company"] and deal["company"].name,
                deal["expected_close"],
                closed,
            )
        )
        rate = Decimal(1) if deal["currency"] == "USD" else rates[max(d for d in rates if d <= (closed or day))]
        total = sums[stage.name]
        total[0] += 1
        total[1] += (amount or 0) * rate
        if stage.is_open:
            worth = (amount or 0) * rate * stage.probability / 100
            total[2] += worth.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return {name: sorted(rows, key=str) for name, rows in cards.items()}, {k: tuple(v) for k, v in sums.items()}


def shown(page):
    cards, sums = {}, {}
    for column in page.board_columns():
        if column.total.count:
            cards[column.stage.name] = sorted(
                [(c.title, c.amount, c.owner, c.company, c.expected_close, c.closed_on) for c in column.rows], key=str
            )
            sums[column.stage.name] = (column.total.count, column.total.amount, column.total.weighted)
    return cards, sums


def curves_equal_moments(days, person):
    """Curves tell of many moments at once what is told of each alone (N1, N8, P4)."""
    ends = [end_of_day(day) for day in days]
    for narrow in ({}, {"people": (person.pk,)}):
        stood, won = (ask(Window.always(**narrow), ends) for ask in (stock_series, won_by_ends))
        for at, stock, amount in zip(ends, stood, won, strict=True):
            day = Workspace.current().day_of(at)
            [row] = measure(Window.always(**narrow, as_of=at), {"open": PIPELINE})["open"]
            assert stock == Stock(row["deals"], Decimal(row["amount"]), Decimal(row["weighted"]), row["no_rate"]), at
            [row] = measure(Window(day.replace(day=1), day, **narrow, as_of=at), {"won": WON})["won"]
            assert amount == row["amount"], at
    assert len(set(stood)) > 2 and any(won)


def test_the_board_at_any_day_equals_a_fold_of_the_commands(admin, rep, mate, stages, reason):
    rng = random.Random(SEED)
    actor = Actor.of(admin)
    today = Workspace.current().today()
    with changeset(Actor.system("test data"), "test.companies"):
        companies = [Company.objects.create(name=f"Company {n}", owner=rep) for n in range(6)]
        rates = {today - back: rate for back, rate in RATES.items()}
        for day, rate in rates.items():
            ExchangeRate.objects.create(currency="EUR", day=day, rate=rate)
    Workspace.forget()
    script = Script(rng, actor, [rep, mate, admin], companies, stages, reason)
    script.run(COMMANDS)
    first = Workspace.current().day_of(script.log.entries[0].at)
    days = sorted(rng.sample(range(1, (today - first).days), MOMENTS))
    compared = 0
    for day in (first + dt.timedelta(days=number) for number in days):
        page = board(actor, day)
        for stage in stages:
            page.data._mutable = True
            page.data[f"n-{stage.pk.hex}"] = "500"
        (cards, sums), (cards_wanted, sums_wanted) = shown(page), expected(script.log, day, rates)
        for name in {*cards, *cards_wanted}:
            assert cards.get(name) == cards_wanted.get(name), (day, name)
        assert sums == sums_wanted, day
        compared += sum(map(len, cards.values()))
    curves_equal_moments((first + dt.timedelta(days=number) for number in days), rep)
    kinds = {(entry.imported, entry.undone) for entry in script.log.entries if entry.undoes is None}
    assert len(kinds) == 4, "the script undoes commands and imports"
    assert compared > 3 * MOMENTS


# Pages ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def at():
    """Return a context in which all happens so many days ago, in the workspace's zone and in history."""

    def then(days):
        moment = timezone.now().replace(hour=12, minute=0) - dt.timedelta(days=days)
        stack = ExitStack()
        stack.enter_context(time_machine.travel(moment, tick=True))
        stack.enter_context(dated_back(moment))
        return stack

    return then


def days_ago(number):
    return Workspace.current().today() - dt.timedelta(days=number)


def past(number):
    return f"as_of={days_ago(number).isoformat()}"


@pytest.fixture
def atlas(at, as_rep, rep, company, stages):
    """A deal of 40 days ago, grown and moved 20 days ago."""
    with at(40):
        deal = create_deal(actor=as_rep, title="Atlas", owner=rep, amount=Decimal(100), company=company)
    with at(20):
        edit_deal(deal_id=deal.pk, actor=as_rep, values={"title": "Atlas, grown", "amount": Decimal(250)})
        move_deal(deal_id=deal.pk, to_stage=stages[2], actor=as_rep)
    return deal


def test_the_page_is_read_only_and_says_what_became_of_each_deal(client_of, atlas, rep, stages):
    page = client_of(rep).get(f"{BOARD}?{past(30)}")
    html = page.content.decode()
    card = html[html.index('<li class="deal-card"') :].split("</li>")[0]
    assert ">Atlas<" in card and "$100" in card and "Now in Proposal" in card
    assert f'href="/deals/{atlas.pk}/?{past(30)}"' in card
    main = html[html.index("<main") : html.index("</main>")]
    for gone in ('method="post"', "data-move", "quick/", "deal-menu", "deal-more", "board-state", "/deals/new/"):
        assert gone not in main
    assert "Sortable" not in html
    first = page.context["columns"][0]
    assert (first.total.count, first.now.count) == (1, 0)
    assert "Back to today" in main and 'href="/deals/board/"' in main
    deal = client_of(rep).get(f"/deals/{atlas.pk}/?{past(30)}").content.decode()
    assert "This is the deal as it stands today." in deal and "it stood in Qualified with Priya Raman, $100." in deal
    assert "as it stands today" not in client_of(rep).get(f"/deals/{atlas.pk}/?as_of=nonsense").content.decode()


def test_the_list_shows_and_filters_what_was_true_then(client_of, atlas, rep, stages):
    client = client_of(rep)
    html = client.get(f"{LIST}?{past(30)}").content.decode()
    assert ">Atlas<" in html and "Now in Proposal" in html
    for gone in ("bulkbar", "data-fields", "/export", "/import/new", "data-check-all", "/deals/new/"):
        assert gone not in html[html.index("<main") : html.index("</main>")]
    there = [len(client.get(f"{LIST}?{past(30)}&stage={stage.pk}").context["page"].rows) for stage in stages[:3]]
    assert there == [1, 0, 0]
    assert (
        len(client.get(f"{LIST}?{past(10)}&stage={stages[2].pk}&q=grown&sort=title,amount").context["page"].rows) == 1
    )
    assert len(client.get(f"{LIST}?{past(30)}&q=grown").context["page"].rows) == 0


def test_the_list_of_a_day_is_exported_as_the_page_shows_it(client_of, atlas, rep, manager, stages):
    query = f"{past(10)}&sort=title"
    asked = {"list": "deals-past", "query": query}
    assert client_of(rep).get("/export/new/", asked).status_code == 403
    client = client_of(manager)
    page = client.get(f"{LIST}?{query}")
    assert "list=deals-past" in page.content.decode() and "/import/new" not in page.content.decode()
    dialog = client.get("/export/new/", asked).content.decode()
    assert "rows and columns of the list" in dialog and 'name="what"' not in dialog
    answer = client.post("/export/new/", {**asked, "all": "1", "step": "go", "format": "csv"})
    assert f"deals-{past(10).replace('_', '-').replace('=', '-')}" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode().lstrip("\ufeff"))))
    (row,) = rows
    assert row.pop("Created").startswith(atlas.created_at.isoformat()[:16])
    assert row == {
        "Title": "Atlas, grown", "Company": "Atlas Logistics", "Stage": "Proposal", "Amount": "250.000", "Currency": "USD",
        "Expected close": "", "Closed": "", "Owner": "rep.east@test.example", "Since then": "Still here",
    }  # fmt: skip
    assert ChangeSet.objects.get(command="exports.take").summary["filter"] == query


def test_impossible_days_are_refused_with_a_sentence_and_a_way_back(client_of, atlas, rep):
    client = client_of(rep)
    wrong = {
        "2026-02-31": "There is no day",
        "31 February": "There is no day",
        "2999-01-01": "has not come yet",
        "1999-01-01": "The records begin on",
        "%00": "There is no day",
    }
    for address in (BOARD, LIST):
        for day, words in wrong.items():
            answer = client.get(f"{address}?as_of={day}&q=x")
            assert answer.status_code == 400 and words in answer.content.decode(), (address, day)
            assert f'href="{address}?q=x">Back to today' in answer.content.decode()
        assert client.get(f"{address}?{past(5)}&no_next=1").status_code == 400
        assert client.get(f"{address}?{past(5)}&sort=next").status_code == 400
        assert client.get(f"{address}?week=x").status_code == 400
    assert client.get(f"{BOARD}?{past(5)}&pipeline=01a20000-0000-7000-8000-000000000000").status_code == 400


def test_without_any_record_there_is_no_past(client_of, rep, pipeline):
    assert "no record yet" in client_of(rep).get(f"{BOARD}?{past(5)}").content.decode()
    assert client_of(rep).get(BOARD).status_code == 200
    assert client_of(rep).get("/deals/board/past/").headers["Location"] == BOARD


def test_today_and_the_slider_lead_to_one_address(client_of, atlas, rep):
    client = client_of(rep)
    for text in ("", Workspace.current().today().isoformat()):
        assert client.get(f"{BOARD}?q=a&as_of={text}").headers["Location"] == f"{BOARD}?q=a"
    moments = client.get(f"{BOARD}?{past(5)}").context["board"].moments
    for place, day in enumerate(reversed(moments.marks)):
        assert client.get(f"{BOARD}?week={place}").headers["Location"] == f"{BOARD}?as_of={day}#as-of-range"
        assert client.get(f"{BOARD}?as_of={day}").context["board"].moments.value == place
    assert client.get(f"{BOARD}?week=99999").headers["Location"] == f"{BOARD}?as_of={moments.last_mark}#as-of-range"
    assert client.get("/deals/board/past/").headers["Location"] == f"{BOARD}?as_of={moments.last_mark}"


def test_present_rights_apply_to_the_past(client_of, at, atlas, as_rep, rep, stranger, admin):
    """Who may see the deal today sees its past, even as somebody else's; who may not sees nothing of it."""
    with at(10):
        edit_deal(deal_id=atlas.pk, actor=Actor.of(admin), values={"owner": stranger})
    for address in (BOARD, LIST):
        assert b"Atlas" not in client_of(rep).get(f"{address}?{past(30)}").content
        seen = client_of(stranger).get(f"{address}?{past(30)}").content
        assert b"Atlas" in seen and b"Priya Raman" in seen


def test_stages_are_those_of_the_day(client_of, at, atlas, admin, rep, pipeline, stages):
    actor = Actor.of(admin)
    with at(50):
        for stage in stages:
            edit_stage(stage_id=stage.pk, actor=actor, values={"description": "Known by now"})
        edit_stage(stage_id=stages[0].pk, actor=actor, values={"name": "Early", "probability": 20})
    with at(25):
        edit_stage(stage_id=stages[0].pk, actor=actor, values={"name": "Incoming", "probability": 90})
        add_stage(pipeline_id=pipeline.pk, actor=actor, values={"name": "Trial", "probability": 60})
    before, after = (client_of(rep).get(f"{BOARD}?{past(n)}").context["columns"] for n in (30, 22))
    assert [column.stage.name for column in before][:2] == ["Early", "Discovery"]
    assert before[0].total.weighted == Decimal(20) and after[0].total.weighted == Decimal(90)
    assert "Trial" not in [c.stage.name for c in before] and "Trial" in [c.stage.name for c in after]
    assert after[0].stage.name == "Incoming"


def test_a_deleted_deal_is_there_as_it_was_and_an_erased_name_is_not(client_of, at, as_rep, rep, admin, pipeline):
    with at(40):
        person = create_contact(
            values={"first_name": "Maya", "last_name": "Lindqvist", "owner_id": rep.pk}, actor=as_rep
        )
        deal = create_deal(actor=as_rep, title="Gone", owner=rep, contacts=[(person.pk, "")])
    with at(10):
        bin_deal(deal_id=deal.pk, actor=as_rep)
    html = client_of(rep).get(f"{BOARD}?{past(30)}").content.decode()
    assert "Gone" in html and "Deleted since" in html and "Maya Lindqvist" in html
    assert "Gone" not in client_of(rep).get(f"{BOARD}?{past(5)}").content.decode()
    erase_person(contact_id=person.pk, actor=Actor.of(admin), confirm=person.name)
    html = client_of(rep).get(f"{BOARD}?{past(30)}").content.decode()
    assert "Deleted since" in html and "Lindqvist" not in html
    assert "Lindqvist" not in client_of(rep).get(f"{LIST}?{past(30)}").content.decode()


def test_more_cards_come_exactly_once(client_of, at, as_rep, rep, stages, won):
    with at(40):
        for number in range(60):
            deal = create_deal(actor=as_rep, title=f"Deal {number:02}", owner=rep, amount=Decimal(number % 7))
            if number % 30:
                continue
            move_deal(deal_id=deal.pk, to_stage=won, actor=as_rep)
    for sort in ("close", "amount", "-amount", "stage", "newest", "title"):
        column = client_of(rep).get(f"{BOARD}?{past(40)}&sort={sort}").context["columns"][0]
        seen = [card.title for card in column.rows]
        more = client_of(rep).get(BOARD + column.more_url, HTTP_HX_REQUEST="true").content.decode()
        seen += [part.split("<")[0] for part in more.split(f'{past(40)}">')[1:]]
        assert len(seen) == column.total.count == 58 and len(set(seen)) == 58, sort


def test_a_close_that_was_corrected_into_a_later_month_is_there_even_if_it_was_reopened_since(
    at, as_rep, rep, admin, won, pipeline
):
    actor = Actor.of(admin)
    with at(60):
        deal = create_deal(actor=as_rep, title="Late", owner=rep)
    with at(50):
        move_deal(deal_id=deal.pk, to_stage=won, actor=as_rep)
    with at(12):
        edit_deal(deal_id=deal.pk, actor=actor, values={"closed_on": Workspace.current().today()})
    assert board(actor, days_ago(12)).totals[won.pk].count == 1
    with at(3):
        reopen_deal(deal_id=deal.pk, actor=actor)
    assert board(actor, days_ago(12)).totals[won.pk].count == 1
    assert won.pk not in board(actor, days_ago(1)).totals
