"""The board: what it shows, to whom, in how many queries and bytes; the answer of a move (P3, U3, N1)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from activities.services.recording import ActivityRow, log_activity
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.workspace.models import Workspace
from deals.models import Deal, StageChange
from deals.services import NewDeal, close_deal, create_deal, create_deals, move_deal

BOARD = "/deals/board/"
HX = {"HTTP_HX_REQUEST": "true"}


def make(rep, stage, number, **values):
    rows = [
        NewDeal(title=f"Deal {n:03} of a length", owner=rep, stage=stage, amount=Decimal(n), **values)
        for n in range(number)
    ]
    return create_deals(rows=rows, actor=Actor.of(rep))


@pytest.fixture
def queries(client_of):
    """Return a function that opens an address as somebody and returns (response, number of statements)."""

    def open_page(person, url, **extra):
        client = client_of(person)
        Workspace.forget()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = client.get(url, **extra)
        return response, len([q for q in captured if "SAVEPOINT" not in q["sql"]])

    return open_page


def test_totals_count_all_and_columns_show_fifty(client_of, rep, stages, company):
    make(rep, stages[0], 53, company=company)
    page = client_of(rep).get(BOARD)
    [first, *_others] = page.context["columns"]
    assert (first.total.count, first.shown, first.total.amount) == (53, 50, Decimal(sum(range(53))))
    more = client_of(rep).get(BOARD + first.more_url, **HX)
    assert more.content.decode().count("deal-card") == 3


def test_more_cards_come_exactly_once_in_every_order(client_of, rep, stages):
    make(rep, stages[0], 120)
    for sort in ("close", "amount", "-amount", "next", "stage", "newest", "title"):
        seen, url = [], f"{BOARD}?sort={sort}"
        column = client_of(rep).get(url).context["columns"][0]
        seen += [card.pk for card in column.rows]
        url = column.more_url
        while url:
            answer = client_of(rep).get(BOARD + url, **HX)
            text = answer.content.decode()
            seen += [part[:32] for part in text.split('id="d')[1:]]
            url = answer.context["column"].more_url
        seen = [getattr(pk, "hex", pk) for pk in seen]
        assert len(seen) == len(set(seen)) == 120


def test_queries_do_not_grow_with_the_deals(queries, rep, stages, company):
    make(rep, stages[0], 2)
    _page, few = queries(rep, BOARD)
    for stage in stages[:4]:
        make(rep, stage, 60, company=company)
    _page, many = queries(rep, BOARD)
    assert few == many <= 10


def test_six_full_columns_stay_below_200_kb(client_of, rep, stages, company, reason):
    for stage in stages[:4]:
        make(rep, stage, 50, company=company, expected_close=dt.date(2030, 1, 1))
    for stage, values in ((stages[4], {}), (stages[5], {"lost_reason": reason})):
        for deal in make(rep, stages[0], 50, company=company):
            move_deal(deal_id=deal.pk, to_stage=stage, actor=Actor.of(rep), **values)
    page = client_of(rep).get(f"{BOARD}?lost=1")
    assert page.content.count(b'class="deal-card"') == 300
    assert len(page.content) < 200_000


def test_only_visible_deals_are_shown_and_counted(client_of, rep, stranger, mate, viewer, stages):
    make(rep, stages[0], 3)
    assert client_of(stranger).get(BOARD).context["board"].total.count == 0
    for person in (rep, mate, viewer):
        assert client_of(person).get(BOARD).context["board"].total.count == 3


def test_cards_that_one_may_not_move_say_so(client_of, rep, mate, stages):
    make(rep, stages[0], 1)
    assert b"data-fixed" in client_of(mate).get(BOARD).content
    assert b"data-fixed" not in client_of(rep).get(BOARD).content


@pytest.mark.parametrize(
    "query", ["nonsense=1", "sort=password", "owner=x", "pipeline=x", "closes=sometime", "stage=x&after=y", "q=a%00b"]
)
def test_unknown_filters_answer_400(client_of, rep, pipeline, query):
    assert client_of(rep).get(f"{BOARD}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("owner=me", {"Mine"}),
        ("no_amount=1", {"Theirs"}),
        ("no_close=1", {"Theirs"}),
        ("no_customer=1", {"Theirs"}),
        ("no_next=1", {"Mine", "Theirs"}),
        ("q=atlas", {"Mine"}),
        ("tag=vip", {"Mine"}),
        ("quiet=1", set()),
    ],
)
def test_filters(client_of, rep, mate, pipeline, company, query, titles):
    create_deal(
        actor=Actor.of(rep), title="Mine", owner=rep, amount=Decimal(5), company=company, tags=["vip"],
        expected_close=dt.date(2030, 1, 1),
    )  # fmt: skip
    create_deal(actor=Actor.of(mate), title="Theirs", owner=mate)
    columns = client_of(rep).get(f"{BOARD}?{query}").context["columns"]
    assert {card.title for column in columns for card in column.rows} == titles


def test_closed_deals_of_this_month_only(client_of, rep, system, won, workspace, deal, as_rep):
    last_month = workspace.today().replace(day=1) - dt.timedelta(days=1)
    create_deal(
        actor=system, title="Old win", owner=rep, stage=won, closed_on=last_month,
        created_at=workspace.noon(last_month - dt.timedelta(days=3)),
    )  # fmt: skip
    close_deal(deal_id=deal.pk, won=True, actor=as_rep)
    columns = client_of(rep).get(BOARD).context["columns"]
    assert [card.title for column in columns for card in column.rows if column.stage.is_won] == [deal.title]


def test_titles_are_escaped(client_of, rep, pipeline):
    create_deal(actor=Actor.of(rep), title='<script>alert("x")</script>', owner=rep)
    text = client_of(rep).get(BOARD).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def move_url(deal):
    return reverse("deals:deal_move", args=[deal.pk])


def test_a_drop_answers_with_the_card_and_two_heads_in_few_statements(client_of, rep, deal, stages):
    client = client_of(rep)
    client.get(BOARD)
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(move_url(deal), {"stage": stages[1].pk, "seen": stages[0].pk, "board": "1"}, **HX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count('class="deal-card"') == 1
    assert text.count('class="kanban-head"') == 2
    statements = [q["sql"] for q in captured if "SAVEPOINT" not in q["sql"]]
    assert len(statements) <= 14, "\n".join(s[:160] for s in statements)
    assert '"undo"' in answer.headers["HX-Trigger"]


def test_a_stale_drop_answers_409_with_who_and_where(client_of, rep, manager, deal, stages):
    move_deal(deal_id=deal.pk, to_stage=stages[2], actor=Actor.of(manager))
    answer = client_of(rep).post(move_url(deal), {"stage": stages[1].pk, "seen": stages[0].pk, "board": "1"}, **HX)
    assert answer.status_code == 409
    assert "Ingrid Solberg moved Atlas rollout to Proposal" in answer.headers["HX-Trigger"]
    assert client_of(rep).post(move_url(deal), {"stage": stages[1].pk, "version": 1}).status_code == 409


def test_lost_asks_for_the_reason_and_keeps_what_was_typed(client_of, rep, deal, lost, reason):
    client = client_of(rep)
    asked = client.post(move_url(deal), {"stage": lost.pk, "board": "1"}, **HX)
    assert "lost_reason" in asked.content.decode()
    assert StageChange.objects.count() == 1
    typed = {"stage": lost.pk, "lost_reason": "", "lost_comment": "Too dear", "closed_on": "2026-02-31", "board": "1"}
    refused = client.post(move_url(deal), typed, **HX)
    assert refused.status_code == 422
    assert "Too dear" in refused.content.decode()
    typed |= {"lost_reason": str(reason.pk), "closed_on": ""}
    del typed["closed_on"]
    assert client.post(move_url(deal), typed, **HX).status_code == 200
    deal.refresh_from_db()
    assert (deal.lost_reason, deal.lost_comment) == (reason, "Too dear")


def test_won_by_its_kind(client_of, rep, deal, won):
    assert client_of(rep).post(move_url(deal), {"stage": "won", "version": deal.version}).status_code == 302
    deal.refresh_from_db()
    assert deal.stage == won


@pytest.mark.parametrize("stage", ["", "x", "open", "01890000-0000-7000-8000-000000000000", "a\x00"])
def test_an_unknown_stage_is_not_found(client_of, rep, deal, stage, database_diff):
    client = client_of(rep)
    with database_diff() as diff:
        assert client.post(move_url(deal), {"stage": stage}).status_code == 404
    assert diff.empty


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("mate", 403), ("viewer", 403), ("manager", 302)])
def test_who_may_move(client_of, deal, who, status, request, stages, database_diff):
    client = client_of(request.getfixturevalue(who))
    with database_diff() as diff:
        assert client.post(move_url(deal), {"stage": stages[1].pk}).status_code == status
    assert diff.empty is (status != 302)


def test_what_others_moved_arrives_as_the_changed_columns_only(client_of, rep, manager, stages):
    make(rep, stages[0], 2)
    page = client_of(rep).get(BOARD).context
    marks = {f"e-{column.key}": column.etag for column in page["columns"]}
    quiet = client_of(rep).get("/deals/board/changes/", {"stamp": page["stamp"], **marks}, **HX)
    assert quiet.status_code == 204
    move_deal(deal_id=Deal.objects.first().pk, to_stage=stages[2], actor=Actor.of(manager))
    changed = client_of(rep).get("/deals/board/changes/", {"stamp": page["stamp"], **marks}, **HX)
    assert {column.stage for column in changed.context["changed"]} == {stages[0], stages[2]}


def test_quick_add_makes_a_deal_in_the_column(client_of, rep, stages, company):
    client = client_of(rep)
    url = f"/deals/quick/?stage={stages[1].pk}"
    assert client.get(url, **HX).status_code == 200
    assert client.post(url, {"title": ""}, **HX).status_code == 422
    answer = client.post(url, {"title": "Rooftop solar", "amount": "12,500", "company_text": "New & Co"}, **HX)
    deal = Deal.objects.get(title="Rooftop solar")
    assert answer.status_code == 200
    assert (deal.stage, deal.owner, deal.amount, deal.company.name) == (stages[1], rep, Decimal(12_500), "New & Co")


def test_no_customer_is_shown_by_its_person(client_of, rep, contact, system, pipeline):
    with changeset(system, "test.contact"):
        contact.company = None
        contact.save()
    create_deal(actor=Actor.of(rep), title="Solo", owner=rep, contacts=[(contact.pk, "")])
    assert "Lena Fischer" in client_of(rep).get(BOARD).content.decode()


def test_the_mark_of_a_quiet_deal_says_what_last_touched_it(client_of, rep, as_rep, deal, system):
    then = timezone.now() - dt.timedelta(days=20)
    with changeset(system, "test.clock"):
        Deal.objects.filter(pk=deal.pk).update(created_at=then - dt.timedelta(days=5))
    assert "None since it was made." in client_of(rep).get(BOARD).content.decode()
    log_activity(row=ActivityRow(type="call", deal_id=deal.pk, at=then), actor=as_rep)
    text = client_of(rep).get(BOARD).content.decode()
    assert "No activity for 20 days. Last: Call by Priya" in text
