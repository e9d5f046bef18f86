"""The story of the sample workspace: deterministic, in order, and never in the future. No database needed."""

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from crm.demo.clock import SPAN_DAYS, Clock
from crm.demo.roster import BY_KEY, COLLEAGUES, SAMPLE_LOGINS
from crm.demo.story import Step, tell
from crm.demo.story.doubles import TWINS
from crm.demo.story.featured import BOARD
from crm.demo.words.companies import FIRMS
from crm.demo.words.places import PLACES
from deals.forecast.interval import FEWEST_PERIODS
from deals.metrics.window import add_months

LONDON = ZoneInfo("Europe/London")
MOMENTS = [
    dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 1, 0, 10, tzinfo=dt.UTC),  # the first minutes of a month, a Sunday
    dt.datetime(2027, 1, 2, 23, 50, tzinfo=dt.UTC),  # late on a Saturday, in the holidays
    dt.datetime(2028, 2, 29, 12, 0, tzinfo=dt.UTC),
]


def story(now: dt.datetime, seed: int = 1) -> list[Step]:
    return tell(seed=seed, now=now, zone=LONDON)


@pytest.mark.parametrize("now", MOMENTS)
def test_the_same_seed_tells_the_same_story_and_another_seed_another(now):
    assert story(now) == story(now)
    assert story(now) != story(now, seed=2)


@pytest.mark.parametrize("now", MOMENTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_happens_in_the_future_or_before_what_it_refers_to(now, seed):
    begin = now - dt.timedelta(days=SPAN_DAYS + 1)
    known: set[str] = set()
    steps = story(now, seed)
    quarter = now.date().replace(month=(now.month - 1) // 3 * 3 + 1, day=1)
    first = min(step.at.date() for step in steps if step.do == "create_deal")
    assert first < add_months(quarter, -3 * FEWEST_PERIODS)  # as many past quarters as an interval needs
    for step in steps:
        assert begin < step.at <= now, step
        values = step.values
        people = [key for key, _role in values["people"]] if step.do == "create_deal" else []
        links = [values.get(name) for name in ("company", "parent", "contact", "deal")]
        assert {key for key in [*links, *people, *values.get("contacts", [])] if key} <= known, step
        if step.do in ("move_deal", "edit_deal", "lead_status", "return_lead", "complete", "complete_task"):
            assert step.key in known, step
        known.add(step.key)


@pytest.mark.parametrize("now", MOMENTS)
def test_moves_of_a_deal_follow_each_other_and_end_with_a_close(now):
    moves: dict[str, list[Step]] = {}
    for step in story(now):
        if step.do == "move_deal":
            moves.setdefault(step.key, []).append(step)
    for steps in moves.values():
        assert [s.at for s in steps] == sorted(s.at for s in steps)
        stages = [s.values["stage"] for s in steps]
        assert not any(isinstance(stage, str) for stage in stages[:-1])
        assert len(set(stages)) == len(stages)
        if stages[-1] == "lost":
            assert steps[-1].values["reason"]


def test_the_small_story_has_the_promised_size():
    did = Counter(step.do for step in story(MOMENTS[0]))
    assert 280 <= did["create_contact"] <= 340
    assert did["create_company"] == len(FIRMS) + len(TWINS) == 62
    assert 220 <= did["create_deal"] <= 260
    assert did["log"] + did["move_deal"] >= 1500


def test_people_work_in_working_hours_on_working_days():
    steps = [s for s in story(MOMENTS[0]) if s.do == "log" and s.at < MOMENTS[0] - dt.timedelta(days=30)]
    hours = Counter(s.at.astimezone(LONDON).hour for s in steps)
    assert sum(count for hour, count in hours.items() if 8 <= hour < 18) > 0.9 * len(steps)
    assert sum(s.at.astimezone(LONDON).isoweekday() > 5 for s in steps) < 0.03 * len(steps)


def test_nobody_acts_before_they_came_or_after_they_left():
    now = MOMENTS[0]
    for step in story(now):
        colleague = BY_KEY[step.who]
        assert step.at >= now - dt.timedelta(days=colleague.joined + 2), step
        if not colleague.login:
            assert step.at < now - dt.timedelta(days=240), step


def test_the_eastern_board_shows_fifteen_to_twenty_five_open_deals():
    opened = [scene for scene in BOARD if scene.stage != "won"]
    assert 15 <= len(opened) <= 25
    assert {scene.owner for scene in BOARD} <= {c.key for c in COLLEAGUES if c.team == "East"}


def test_sample_logins_are_those_of_the_contract():
    assert [BY_KEY[key].email for key in SAMPLE_LOGINS] == [
        "admin@demo.test",
        "manager.east@demo.test",
        "rep.east@demo.test",
        "rep.west@demo.test",
        "viewer@demo.test",
    ]


def test_phones_are_valid_and_domains_belong_to_nobody():
    for place in PLACES:
        for number in (100, 123, 999):
            assert phonenumbers.is_valid_number(phonenumbers.parse(place.phone.format(number))), place.code
    assert all(firm.domain.endswith(".example") for firm in FIRMS)
    assert len({firm.domain for firm in FIRMS}) == len({firm.name for firm in FIRMS}) == len(FIRMS)


def test_a_working_day_is_never_a_weekend():
    clock = Clock(MOMENTS[1], LONDON)
    assert all(clock.in_workdays(days).isoweekday() <= 5 for days in range(-10, 15) if days)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_leads_work_where_nobody_has_bought(seed):
    steps = story(MOMENTS[0], seed)
    company_of = {s.key: s.values["company"] for s in steps if s.do in ("create_deal", "create_contact")}
    buyers = {company_of[s.key] for s in steps if s.do == "move_deal" and s.values["stage"] == "won"}
    assert not [s for s in steps if s.do == "lead_status" and company_of[s.key] in buyers]


def lives(seed: int) -> dict[str, tuple[dt.datetime, dt.datetime | None, bool]]:
    """Return of each deal of the first pipeline when it came, when it ended, if it has, and whether it was won."""
    steps = story(MOMENTS[0], seed)
    born = {s.key: s.at for s in steps if s.do == "create_deal" and s.values["pipeline"] == "main"}
    ends = {s.key: s for s in steps if s.do == "move_deal" and isinstance(s.values["stage"], str)}
    return {
        key: (at, ends[key].at, ends[key].values["stage"] == "won") if key in ends else (at, None, False)
        for key, at in born.items()
    }


def test_one_process_tells_the_deals_up_to_today_so_that_the_past_foretells_the_present():
    """Forecasts learn from the past: a board that the past could not have filled makes all of them wrong."""
    now, seeds = MOMENTS[0], range(1, 7)
    deals = [life for seed in seeds for life in lives(seed).values()]

    def ages(ago: int) -> list[int]:
        then = now - dt.timedelta(days=ago)
        return [(then - born).days for born, end, _won in deals if born <= then and (end is None or end > then)]

    def wins(first: int, last: int) -> float:
        return sum(won and first <= (now - end).days < last for _born, end, won in deals if end) / (last - first)

    past = [ages(ago) for ago in range(30, 541, 30)]
    usual = sum(map(len, past)) / len(past)
    assert all(0.5 * usual < len(each) < 1.6 * usual for each in past)
    assert 0.8 * usual < len(ages(0)) < 1.6 * usual  # autumn is busy
    age = sum(map(sum, past)) / sum(map(len, past))
    assert 0.75 * age < sum(ages(0)) / len(ages(0)) < 1.3 * age
    assert 0.7 * wins(90, 540) < wins(0, 90) < 1.4 * wins(90, 540)
    assert 0.6 * wins(90, 540) < wins(0, 30) < 1.7 * wins(90, 540)
