"""Targets: monthly, of people and teams, by calendar days where somebody joins or leaves; pace (N9)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from crm.kernel.core import remember
from crm.kernel.core.changes import Actor, changeset, dated_back
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import User
from crm.reports import registry
from crm.reports.asks import read_ask
from crm.reports.dashboard import Dashboard
from crm.reports.forms import field_name, read_amount
from crm.reports.membership import days_in
from crm.reports.models import Target
from crm.reports.names import Names
from crm.reports.periods import Period
from crm.reports.services import set_targets
from crm.reports.targets import all_pipelines, goal_of, goals, pace
from deals.services import add_pipeline

NOV = dt.date(2026, 11, 1)
DEC = dt.date(2026, 12, 1)
LATER = dt.date(2031, 12, 1)


def give(admin, holder, month, amount):
    set_targets(values={(holder, month): Decimal(amount)}, actor=Actor.of(admin))


def question(asker, **data):
    return read_ask(Actor.of(asker), {"period": "month", "on": "2026-11-01", **data})


def test_a_teams_own_target_outweighs_its_members_sum(admin, rep, mate, stranger, teams):
    give(admin, ("user", rep.pk), NOV, 300)
    give(admin, ("user", mate.pk), NOV, 600)
    give(admin, ("user", stranger.pk), NOV, 5000)
    east = question(admin, team=str(teams["east"].pk))
    assert goals(east, [NOV])[NOV].amount == 900
    give(admin, ("team", teams["east"].pk), NOV, 1000)
    goal = goals(east, [NOV])[NOV]
    assert (goal.own, goal.members, goal.amount) == (1000, 900, 1000)
    assert goal_of(question(admin)).amount == 5900  # no team at the top has one
    assert goal_of(question(rep)).amount == 1000  # all of East is what one may see
    assert goal_of(question(admin, person=str(rep.pk))).amount == 300
    half = question(admin, **{"from": "2026-11-01", "to": "2026-11-15"})
    assert goal_of(half).amount == Decimal(5900) / 2


def test_a_quarter_adds_up_its_months_and_everybody_all_teams(admin, rep, mate, manager, stranger, teams):
    for person, amount in ((rep, 300), (mate, 600), (stranger, 5000)):
        give(admin, ("user", person.pk), NOV, amount)
        give(admin, ("user", person.pk), DEC, amount)
    give(admin, ("team", teams["east"].pk), NOV, 1000)
    quarter = {"period": "quarter", "on": "2026-11-01"}
    east = goal_of(question(admin, team=str(teams["east"].pk), **quarter))
    assert (east.amount, east.members) == (1900, 1800)  # November has its own target, December the members' sum
    assert goal_of(question(manager)).amount == 1000  # the target of a team that one sees all of
    give(admin, ("team", teams["sales"].pk), NOV, 7000)
    assert goal_of(question(admin)).amount == 7000
    with changeset(Actor.system("test data"), "test.apart"):
        type(teams["west"]).objects.filter(pk=teams["west"].pk).update(parent=None)
    both = goal_of(question(admin))
    assert (both.amount, both.members) == (12_000, 5900)  # one team at the top has its own, the other its members


def test_targets_of_teams_alone_are_not_lost(admin, teams):
    give(admin, ("team", teams["east"].pk), NOV, 1000)
    give(admin, ("team", teams["west"].pk), NOV, 400)
    assert goal_of(question(admin)).amount == 1400
    assert goal_of(question(admin, team=str(teams["sales"].pk))).amount == 1400


def test_a_target_beside_one_of_several_pipelines_says_that_it_is_of_all(admin, rep, pipeline):
    give(admin, ("user", rep.pk), NOV, 300)
    one = {"pipeline": str(pipeline.pk)}
    assert all_pipelines(question(admin, **one), Names(Actor.of(admin)), True) == []  # there is but one
    add_pipeline(name="Renewals", actor=Actor.of(admin))
    remember.forget()
    names = Names(Actor.of(admin))
    assert all_pipelines(question(admin, **one), names, True) == ["Targets are of all pipelines together."]
    assert all_pipelines(question(admin), names, True) == all_pipelines(question(admin, **one), names, False) == []


def test_who_has_a_target_and_won_nothing_stands_on_the_leaderboard(admin, rep, stranger, teams, pipeline):
    for person in (rep, stranger):
        give(admin, ("user", person.pk), NOV, 300)
    board = registry.find("leaderboard")
    rows = {row.cells[0].value: row.cells[2:5] for row in board.build(question(admin)).rows}
    assert [cell.value for cell in rows[rep.name]] == [0, 300, 0] and stranger.name in rows
    east = board.build(question(admin, team=str(teams["east"].pk)))
    assert [row.cells[0].value for row in east.rows] == [rep.name, "All"]
    assert [leader.name for leader in Dashboard(question(admin, person=str(rep.pk))).leaders] == [rep.name]


def test_joining_and_leaving_prorate_by_calendar_days(admin, rep, teams):
    give(admin, ("user", rep.pk), LATER, 310)
    with dated_back(dt.datetime(2031, 12, 22, 12, tzinfo=dt.UTC)), changeset(Actor.system("test data"), "test.move"):
        User.objects.filter(pk=rep.pk).update(team=teams["west"])
    month = {"on": LATER.isoformat()}
    assert goal_of(question(admin, team=str(teams["sales"].pk), **month)).amount == 310
    assert goal_of(question(admin, team=str(teams["west"].pk), **month)).amount == 100  # ten of 31 days
    assert goal_of(question(admin, team=str(teams["east"].pk), **month)).amount == 210
    stretches = [(dt.date.min, 1, True), (dt.date(2026, 11, 11), 1, False)]
    assert days_in(stretches, [1], NOV, dt.date(2026, 11, 30)) == 10  # who has left counts no more


def test_pace_is_won_by_the_elapsed_share(workspace):
    month = Period.around("month", NOV)
    assert pace(Decimal(50), Decimal(100), month, dt.date(2026, 11, 15)) == 1
    assert pace(Decimal(50), None, month, dt.date(2026, 11, 15)) is None
    assert pace(Decimal(50), Decimal(0), month, dt.date(2026, 11, 15)) is None
    assert pace(Decimal(0), Decimal(100), month, dt.date(2026, 10, 15)) is None


def test_fiscal_quarters_and_leap_days(workspace):
    assert str(Period.around("quarter", dt.date(2026, 11, 25))) == "Q4 2026"
    assert Period.around("month", dt.date(2024, 2, 29)).end == dt.date(2024, 2, 29)
    workspace.fiscal_year_start = 4
    with changeset(Actor.system("test data"), "test.fiscal"):
        workspace.save()
    type(workspace).forget()
    year = Period.around("year", dt.date(2026, 3, 31))
    assert (year.start, year.end, str(year)) == (dt.date(2025, 4, 1), dt.date(2026, 3, 31), "FY 2025/26")
    quarter = Period.around("quarter", dt.date(2026, 2, 1))
    assert (str(quarter), quarter.previous().start) == ("Q4 FY 2025/26", dt.date(2025, 10, 1))


def test_the_grid_saves_and_keeps_what_was_typed(manager, rep, client_of):
    client, name = client_of(manager), field_name(("user", rep.pk), NOV)
    assert client.get("/settings/targets/?year=2026-11-01").status_code == 200
    bad = client.post("/settings/targets/?year=2026-11-01", {name: "12 apples", field_name(("user", rep.pk), DEC): "5"})
    assert bad.status_code == 422
    assert "12 apples" in bad.content.decode()
    assert not Target.objects.exists()
    assert client.post("/settings/targets/?year=2026-11-01", {name: "48,000"}).status_code == 302
    assert Target.objects.get().amount == 48_000
    assert client.post("/settings/targets/?year=2026-11-01", {name: ""}).status_code == 302
    assert not Target.objects.exists()


def test_who_may_set_targets(rep, mate, manager, stranger, viewer):
    for person in (rep, viewer):
        with pytest.raises(PermissionDenied):
            give(person, ("user", mate.pk), NOV, 1)
    with pytest.raises(PermissionDenied):
        give(manager, ("user", stranger.pk), NOV, 1)
    with pytest.raises(Refused):
        give(manager, ("user", mate.pk), NOV, -1)
    with pytest.raises(PermissionDenied):
        give(manager, ("team", stranger.team_id), NOV, 1)


def test_two_people_at_the_grid_at_once_lose_nothing(admin, manager, rep, mate, client_of):
    one, other = (field_name(("user", person.pk), NOV) for person in (rep, mate))
    page = {f"was.{name}": "" for name in (one, other)} | {one: "", other: ""}
    address = "/settings/targets/?year=2026-11-01"
    assert client_of(manager).post(address, page | {one: "100"}).status_code == 302
    assert (
        client_of(admin).post(address, page | {other: "200"}).status_code == 302
    )  # shown before: rep's is not touched
    assert {row.user_id: row.amount for row in Target.objects.all()} == {rep.pk: 100, mate.pk: 200}
    late = client_of(admin).post(address, page | {one: "300"})
    assert late.status_code == 422
    assert "Somebody else has set 100" in late.content.decode()
    assert client_of(admin).post(address, page | {one: "300", f"was.{one}": "100"}).status_code == 302
    assert Target.objects.get(user=rep).amount == 300


def test_amounts_as_people_type_them():
    assert [read_amount(text) for text in ("", " 48,000 ", "1.5m", "20k")] == [None, 48_000, 1_500_000, 20_000]
    assert [read_amount(text) for text in ("1.234,50", "48 000", "0")] == [Decimal("1234.50"), 48_000, 0]
    for text in ("x", "-1", "nan", "1e99", "inf"):
        with pytest.raises(ValueError):
            read_amount(text)
