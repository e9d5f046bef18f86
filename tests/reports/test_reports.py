"""Reports: honest when there is nothing, right when there is something, and each figure leads to its records (N1-N9, U3)."""

import csv
import datetime as dt
import io
import re
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.listing.saved.models import SavedView
from crm.kernel.users.models import User
from crm.kernel.workspace.models import Workspace
from crm.reports import registry
from crm.reports.asks import BadAsk, read_ask
from crm.reports.dashboard import Dashboard
from crm.reports.estimates import Bands, Foretold, Reliability
from crm.reports.reports import grouping
from deals.metrics.figures import Figure
from deals.models import Deal
from deals.services import close_deal, create_deal, edit_deal

REPORTS = [each.key for each in registry.all_reports()]


def ask(person, key, **data):
    report = registry.find(key)
    actor = Actor.of(person)
    return report, read_ask(actor, data, period=report.period, options=report.options(actor))


def built(person, key, **data):
    report, question = ask(person, key, **data)
    return report.build(question)


def table(result):
    """Return the values by the first cell's words and the column."""
    keys = [column.key for column in result.columns]
    return {str(row.cells[0].value): dict(zip(keys, (c.value for c in row.cells), strict=True)) for row in result.rows}


def test_an_empty_workspace_has_honest_pages(admin, client_of, pipeline):
    client = client_of(admin)
    for key in ("", *REPORTS):
        for query in ("?show=table&period=month&on=2026-01-31", "?from=2026-02-01&to=2026-02-01"):
            page = client.get(f"/reports/{key}/{query}" if key else f"/reports/{query}")
            text = page.content.decode()
            assert page.status_code == 200, (key, query)
            assert not re.search(r"\bnan\b|infinity|Traceback", text, re.IGNORECASE), (key, query)
            assert "What these figures mean" in text


def test_one_deal_without_a_rate_makes_no_figure_that_looks_real(admin, rep, pipeline, client_of, workspace):
    """Every report of today and of a past day: no division by zero, no sum with the deal in it, and its number said (P7)."""
    client, made = client_of(admin), workspace.today() - dt.timedelta(days=40)
    with dated_back(timezone.now() - dt.timedelta(days=40)):
        deal = create_deal(
            actor=Actor.of(admin), title="Alone", owner=rep, amount=Decimal(900), currency="CHF", expected_close=made
        )
    yesterday = workspace.today() - dt.timedelta(days=1)

    def seen(query, reports):
        for key in reports:
            page = client.get(f"/reports/{key}/?{query}" if key else f"/reports/?{query}")
            text = page.content.decode()
            assert page.status_code == 200, (key, query)
            assert not re.search(r"\bnan\b|infinity|Traceback|\$9(00|\.0)", text, re.IGNORECASE), (key, query)
            assert "What these figures mean" in text

    past = [key for key in REPORTS if "as_of" in registry.find(key).filters]
    assert len(past) == len(REPORTS) - 1  # the change of the pipeline is between two days anyway
    seen(f"as_of={yesterday}", ["", *past])
    assert any("exchange rate" in note for note in built(admin, "pipeline").notes)
    assert any("exchange rate" in note for note in built(admin, "forecast", as_of=str(yesterday)).notes)
    assert client.get(f"/reports/?as_of={made - dt.timedelta(days=1)}").status_code == 400
    with dated_back(timezone.now() - dt.timedelta(days=20)):
        close_deal(deal_id=deal.pk, won=True, actor=Actor.of(admin))
    seen("", ["", *REPORTS])
    seen(f"as_of={made}", ["", "win-loss", "customers", "lead-sources"])
    assert any("exchange rate" in note for note in built(admin, "win-loss").notes)


def test_numbers_of_the_small_scene(scene, admin, rep):
    everything = table(built(admin, "win-loss"))
    assert (everything["All"]["won"], everything["All"]["lost"]) == (3, 2)
    assert everything["All"]["rate"] == Decimal(3) / 5
    assert everything["All"]["amount"] == Decimal(12000)
    east = table(built(rep, "win-loss"))
    assert (east["All"]["won"], east["All"]["lost"]) == (2, 2)  # the west is another team's (U3)
    opened = built(admin, "pipeline")
    assert table(opened)["All"]["deals"] == 5
    assert table(opened)["All"]["amount"] == Decimal(1000 + 500 + 5000)  # 400 EUR at 1.25; CHF has no rate (P7)
    assert any("exchange rate" in note for note in opened.notes)
    change = table(built(admin, "pipeline-change"))
    parts = ("At the start", "Created", "Reopened or come over", "Grown", "Unchanged", "Shrunk", "Deleted or gone elsewhere",
             "Won", "Lost")  # fmt: skip
    assert sum(change[part]["amount"] for part in parts) == change["At the end"]["amount"] == Decimal(6500)
    assert table(built(admin, "slipped"))["All"]["slipped"] == 1
    assert table(built(admin, "slipped"))["All"]["pushed"] == 1
    assert table(built(admin, "activity"))["Priya Raman"]["call"] == 1
    assert table(built(admin, "lead-sources"))["Fair"]["answered"] == 1
    customers = built(admin, "customers")
    assert customers.notes[0].startswith("New customers: 1. Active: 1. Customers in all: 1.")
    assert (table(customers)["Atlas"]["deals"], table(customers)["Atlas"]["amount"]) == (3, Decimal(12000))


def test_a_page_of_many_groups_tells_the_rest_as_one(scene, admin, monkeypatch):
    """Thousands of companies are no page: the largest and a row of the others; the file has all of them, sums are the same."""
    monkeypatch.setattr(grouping, "MOST", 0)
    for key, columns in (("win-loss", ("won", "lost", "amount")), ("pipeline", ("deals", "amount", "weighted")),
                         ("slipped", ("slipped", "pushed", "pushed_amount"))):  # fmt: skip
        report, question = ask(admin, key, by="stage" if key == "slipped" else "owner")
        cut, whole = (table(report.build(replace(question, whole=each))) for each in (False, True))
        assert len(cut) == 2 < len(whole)
        others = next(row for name, row in cut.items() if "others" in name)
        assert all(others[name] == cut["All"][name] == whole["All"][name] for name in columns), key


def test_wins_of_unknown_age_are_in_no_cycle_and_their_number_is_shown(scene, admin):
    with changeset(Actor.system("test data"), "test.unknown"):
        Deal.objects.filter(pk=scene["Won one"].pk).update(created_unknown=True)
    told = "1 won deal has no known creation date and is in no cycle."
    assert all(told in built(admin, key).notes for key in ("won-by-month", "velocity"))
    assert told in Dashboard(ask(admin, "conversion")[1]).notes
    assert table(built(admin, "won-by-month"))["All"]["won"] == 3


def test_what_was_undone_is_no_push(scene, admin, today):
    """Put off and taken back is not put off, nor is a day that was brought forward by mistake and back (H2, N6)."""
    boss, deal = Actor.of(admin), scene["Open one"]
    before = table(built(admin, "slipped"))["All"]
    for day in (today + dt.timedelta(days=60), today + dt.timedelta(days=1)):
        edit_deal(deal_id=deal.pk, values={"expected_close": day}, actor=boss)
        undo(changeset_id=boss.last_change, actor=boss)
    assert table(built(admin, "slipped"))["All"] == before


def counted(href, person):
    """Return how many deals are behind an address, and their sum and weighted sum as the figure counts them."""
    (text,) = parse_qs(urlsplit(href).query)["figure"]
    figure, actor = Figure.parse(text), Actor.of(person)
    rows = Deal.objects.visible_to(actor).filter(figure.condition(actor))
    if figure.key == "change":
        return rows.count(), None, None
    with connection.cursor() as cursor:
        cursor.execute(*figure.statement(actor, "COALESCE(sum(f.value), 0), COALESCE(sum(f.weighted), 0)"))
        return rows.count(), *cursor.fetchone()


def test_every_figure_sums_to_the_deals_behind_it(scene, admin, manager):
    checked = 0
    for key in REPORTS:
        options = registry.find(key).options(Actor.of(admin))
        for by in [{}, *({name: value} for name in ("by", "view_as") for value in options.get(name, ()))]:
            person = manager if by else admin
            result = built(person, key, **by)
            for row in result.rows:
                for column, cell in zip(result.columns, row.cells, strict=True):
                    if "figure=" not in cell.href:
                        continue
                    deals, total, weighted = counted(cell.href, person)
                    checked += 1
                    if column.kind == "count":
                        assert deals == cell.value, (key, by, column.key)
                    elif column.kind == "money" and total is not None and column.key != "lost_amount":
                        assert (weighted if column.key == "weighted" else total) == cell.value, (key, by, column.key)
    assert checked > 300


def test_every_mark_of_the_overview_leads_to_as_many_deals(scene, admin):
    board = Dashboard(ask(admin, "conversion")[1])
    assert board.funnel.pipeline == ""  # there is but one
    for bar in board.funnel.bars:
        assert counted(bar.href, admin)[0] == bar.deals
    for label, deals, _amount, href in board.apart:
        assert counted(href, admin)[0] == deals, label
    for pillar in board.forecast.chart.pillars:
        won, weighted, best = pillar.parts
        assert counted(won.href, admin)[1] == won.value
        assert counted(weighted.href, admin)[2] == weighted.value
        assert max(counted(best.href, admin)[1] - weighted.value, 0) == best.value
    for leader in board.leaders:
        assert counted(leader.href, admin)[:2] == (leader.won_deals, leader.won)
    for bar in board.lost.chart.bars:
        assert counted(bar.href, admin)[0] == bar.value


def test_the_list_behind_a_figure_says_what_was_counted(scene, manager, client_of):
    cell = built(manager, "win-loss").rows[-1].cells[1]
    page = client_of(manager).get(cell.href)
    assert page.status_code == 200
    assert "2 deals, $5,000" in page.content.decode()
    bad = ["figure=x", "figure=n%3Dwon", "figure=n%3Dwon%26from%3D2026-01-01%26to%3D2026-02-01%26is.secret%3D1",
           "figure=n%3Dwon%26from%3D2026-01-01%26to%3D2026-02-01%26is.owner%3Dnobody",
           "figure=n%3Dwon%26from%3D2026-01-01%26to%3D2026-02-01%26is.source%3D%2500"]  # fmt: skip
    for query in bad:
        assert client_of(manager).get(f"/deals/?{query}").status_code == 400, query


def test_viewers_in_different_zones_see_the_same_numbers(scene, admin, viewer):
    for person, zone in ((admin, "Pacific/Auckland"), (viewer, "America/Los_Angeles")):
        with changeset(Actor.system("test data"), "test.zone"):
            User.objects.filter(pk=person.pk).update(timezone=zone)
    people = [User.objects.select_related("role", "team").get(pk=each.pk) for each in (admin, viewer)]
    for key in REPORTS:
        one, other = (table(built(person, key)) for person in people)
        assert one == other, key


BAD = (
    "period=century", "on=yesterday", "from=2026-03-01&to=2026-02-01", "from=0001-01-01&to=2026-01-01",
    "from=1990-01-01&to=2026-01-01", "as_of=2999-01-01", "as_of=1999-01-01", "as_of=soon", "pipeline=x",
    "pipeline=00000000-0000-0000-0000-000000000000", "person=00000000-0000-0000-0000-000000000000", "team=%00",
    "color=red", "show=film",
)  # fmt: skip


def test_impossible_questions_get_a_sentence(scene, manager, client_of):
    client = client_of(manager)
    for key in REPORTS:
        report = registry.find(key)
        for query in BAD[:-1]:  # the last is the page's own
            with pytest.raises(BadAsk) as refused:
                read_ask(Actor.of(manager), QueryDict(query), period=report.period, options={}, filters=report.filters)
            assert len(refused.value.message) > 20, (key, query)
    for path in ("/reports/", "/reports/lead-sources/"):
        for query in BAD:
            page = client.get(f"{path}?{query}")
            assert page.status_code == 400, (path, query)
            assert "This cannot be shown" in page.content.decode()
    assert client.get("/reports/win-loss/?by=password").status_code == 400
    assert client.get(f"/reports/forecast-accuracy/?person={manager.pk}").status_code == 400  # it has no such filter
    assert client.get("/reports/win-loss/?format=exe").status_code == 400
    assert client.get("/reports/nothing/").status_code == 404


def test_files_hold_what_the_page_shows_and_need_the_right(scene, manager, rep, client_of):
    expected = table(built(manager, "leaderboard"))
    answer = client_of(manager).get("/reports/leaderboard/?format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row[0]: Decimal(row[2]) for row in rows[1:]} == {name: row["amount"] for name, row in expected.items()}
    book = load_workbook(io.BytesIO(client_of(manager).get("/reports/leaderboard/?format=xlsx").content))
    sheet = list(book.active.iter_rows(values_only=True))
    assert {row[0]: Decimal(str(row[2])) for row in sheet[1:]} == {
        name: row["amount"] for name, row in expected.items()
    }
    assert client_of(rep).get("/reports/leaderboard/?format=csv").status_code == 403


def test_as_of_tells_the_past_and_today_is_the_present(scene, admin, today, client_of):
    yesterday = today - dt.timedelta(days=1)
    then = table(built(admin, "pipeline", as_of=yesterday.isoformat()))
    assert then["All"]["deals"] == 11  # nothing was closed by then
    assert table(built(admin, "pipeline", as_of=today.isoformat()))["All"]["deals"] == 5
    page = client_of(admin).get(f"/reports/?as_of={yesterday}")
    assert "This is how things stood" in page.content.decode()
    assert "Back to today" in page.content.decode()


def test_figures_change_with_the_next_write(scene, admin, rep, client_of):
    assert table(built(admin, "pipeline"))["All"]["deals"] == 5
    with changeset(Actor.system("test data"), "test.bin"):
        Deal.objects.filter(pk=scene["Open one"].pk).update(binned_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert table(built(admin, "pipeline"))["All"]["deals"] == 4


def test_the_overview_costs_a_fixed_number_of_statements(scene, admin, client_of):
    client = client_of(admin)
    client.get("/reports/")
    Workspace.forget()
    with CaptureQueriesContext(connection) as cold:
        client.get("/reports/?period=year")
    with CaptureQueriesContext(connection) as warm:
        client.get("/reports/?period=year")
    assert len(cold) <= 16
    assert len(warm) <= 5


def test_a_view_keeps_the_question_and_is_shared_with_a_team(scene, rep, mate, stranger, teams, client_of):
    values = {"name": "Lost by reason", "shared": "team", "team": str(teams["east"].pk)}
    client = client_of(rep)
    assert (
        client.post("/reports/win-loss/save/?by=reason&period=year", {"name": "", "shared": "nobody"}).status_code
        == 422
    )
    assert client.post("/reports/win-loss/save/?by=reason&period=year", values).status_code == 302
    view = SavedView.objects.get()
    assert "by=reason" in view.query and "period=year" in view.query
    assert "on=" not in view.query  # the present year is kept as such, another one as itself
    past = "period=year&on=2020-01-01"
    assert client.post(f"/reports/velocity/save/?{past}", {"name": "2020", "shared": "nobody"}).status_code == 302
    assert SavedView.objects.get(name="2020").query == past
    assert client.post(f"/reports/views/{SavedView.objects.get(name='2020').pk}/remove/").status_code == 302
    assert "Lost by reason" in client_of(mate).get("/reports/win-loss/").content.decode()
    assert "Lost by reason" not in client_of(stranger).get("/reports/win-loss/").content.decode()
    assert client.get(f"/reports/win-loss/?{view.query}").status_code == 200
    assert client.post(f"/views/{view.pk}/delete/").status_code == 404  # the lists' own page knows no views of reports
    assert client_of(mate).post(f"/reports/views/{view.pk}/remove/").status_code == 403
    assert client.post(f"/reports/views/{view.pk}/remove/").status_code == 302
    assert not SavedView.objects.exists()


def test_the_past_is_chosen_by_day_or_by_week_and_stands_beside_today(scene, admin, today, client_of):
    client = client_of(admin)
    page = client.get("/reports/").content.decode()
    assert 'id="as-of-chip"' in page and 'id="as-of-range"' not in page
    yesterday = today - dt.timedelta(days=1)
    past = client.get(f"/reports/pipeline/?as_of={yesterday}&period=year").content.decode()
    assert 'id="as-of-range"' in past and f'name="as_of" value="{yesterday}"' in past
    moved = client.get("/reports/?period=year&week=0")
    assert (
        moved.status_code == 302 and "as_of=" in moved.url and "week=" not in moved.url and "period=year" in moved.url
    )
    board = client.get(f"/reports/?as_of={yesterday}").content.decode()
    assert "Open pipeline today" in board and board.count('class="kpi-note kpi-since"') == 6
    rows = {row.cells[0].value: [cell.value for cell in row.cells[1:]] for row in built(
        admin, "overview", as_of=yesterday.isoformat(), period="year", on=today.isoformat()).rows}  # fmt: skip
    fresh = {row.cells[0].value: row.cells[1].value for row in built(
        admin, "overview", period="year", on=today.isoformat()).rows}  # fmt: skip
    told = {name: row[2] for name, row in rows.items()}
    assert told == pytest.approx(fresh)  # what it says of today is what the page of today says
    assert rows["Won amount"][0] != rows["Won amount"][2] and rows["Open pipeline"][0] != rows["Open pipeline"][2]
    assert client.get(f"/reports/?as_of={today}").url == "/reports/"  # today is no past day


@pytest.mark.django_db
def test_estimates_have_marks_with_records_a_target_and_a_table():
    outlook = {"won": "50", "open": "70", "new": "30", "low": "100", "high": "200", "median": "150"}
    told = Foretold("November", outlook, Decimal(100), "/deals/?won", "/deals/?open")
    chart = Bands.of("Won", [told, Foretold("Q4", {**outlook, "low": None})])
    (band,) = chart.bands
    assert (band.won, band.low, band.median, band.high) == (142.0, 280.0, 418.0, 556.0)
    assert band.target == 280.0 and chart.has_target
    html = render_to_string(chart.template, {"chart": chart})
    assert 'href="/deals/?won"' in html and 'href="/deals/?open"' in html and 'class="target"' in html
    (row,) = chart.table.rows
    assert [cell.value for cell in row.cells] == ["November", "50", "70", "30", "100", "200", "150", Decimal(100)]
    assert [cell.href for cell in row.cells[1:3]] == ["/deals/?won", "/deals/?open"]
    far = Bands.of("Won", [Foretold("November", outlook, Decimal(400))])
    assert far.bands[0].target == 556.0 and far.bands[0].high < 556.0  # a target beyond the interval is on the chart
    assert not Bands.of("Won", [Foretold("November", outlook)]).has_target
    chart = Reliability.of("All", [{"foretold": 0.5, "came": 0.25, "low": 0.0, "high": 1.0, "deals": 20}])
    (point,) = chart.points
    assert (point.x, point.y, point.top, point.bottom) == (120.0, 163.0, 34.0, 206.0)
    assert [words for _x, words in chart.ticks] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert [cell.value for cell in chart.table.rows[0].cells] == [0.5, 0.25, 0.0, 1.0, 20]
