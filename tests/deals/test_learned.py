"""Probabilities learned from stage histories: estimates, shrinkage, ages, selection, and what may be adopted (P5, P9)."""

import numpy as np
import pytest
from scipy import stats

from bench.forecasts import Tally, foretell_once, learn_once, ledger_of
from bench.simulated import CONFIGURED, PERIOD, STAGES, Process, workspace
from deals.forecast import beta
from deals.forecast.backtest import backtest, bins_of
from deals.forecast.interval import outlook, seed_of, winkler
from deals.forecast.learning import (
    ONLY_CLOSED,
    ONLY_WON,
    cohort,
    effective_size,
    horizon_of,
    learn_pipeline,
    selection,
    within,
)
from deals.forecast.stays import LOST, WON, Visits, stays_at

NAN = float("nan")


def visits(*rows, created=(0.0,)):
    """Return visits from (deal, pipeline, rank, at[, undone[, way_back]])."""
    full = [(*row, *(NAN, False)[len(row) - 4 :]) if len(row) < 6 else row for row in rows]
    deal, pipeline, rank, at, undone, back = (np.array(each) for each in zip(*full, strict=True))
    return Visits(deal, pipeline, rank, at.astype(float), undone.astype(float), back, np.array(created, float))


def test_a_skipped_stage_is_reached_as_it_is_passed_and_losing_reaches_nothing():
    found = stays_at(visits((0, 0, 0, 0.0), (0, 0, 2, 5.0), (0, 0, LOST, 9.0)), 20, 4)
    assert found.reached[0].tolist()[:3] == [0, 5, 5] and np.isnan(found.reached[0, 3])
    assert (found.cause[0], found.end[0], found.is_open[0]) == (2, 9, False)
    won = stays_at(visits((0, 0, 0, 0.0), (0, 0, WON, 7.0)), 20, 3)
    assert won.reached[0].tolist() == [0, 7, 7] and won.cause[0] == 1
    assert [each.tolist() for each in cohort(won, 2)] == [[0], [0], [1]]


def test_what_came_after_the_moment_is_not_known_nor_what_an_undo_took_back():
    moves = visits((0, 0, 0, 0.0), (0, 0, 1, 3.0, 6.0, False), (0, 0, 0, 6.0, NAN, True), (0, 0, WON, 9.0))
    between, after = stays_at(moves, 4, 2), stays_at(moves, 7, 2)
    assert between.rank[0] == 1 and after.rank[0] == 0
    assert np.isnan(after.reached[0, 1]) and after.is_open[0]


def test_the_change_of_a_pipeline_counts_in_neither_and_mid_life_histories_enter_late():
    found = stays_at(visits((0, 0, 0, 0.0), (0, 1, 1, 4.0), (0, 1, 2, 8.0), (0, 1, WON, 9.0)), 20, 3)
    assert (found.cause[0], found.end[0], bool(found.current[0])) == (0, 4, False)
    assert np.isnan(found.reached[1, :2]).all() and found.reached[1, 2] == 8
    late = stays_at(visits((0, 0, 1, 10.0), created=(2.0,)), 30, 3)
    assert late.reached[0, 0] == 2 and np.isnan(late.reached[0, 1])
    assert [each.tolist() for each in cohort(late, 0)] == [[8], [28], [0]]
    unknown = stays_at(visits((0, 0, 1, 10.0), (0, 0, 2, 12.0), created=(NAN,)), 30, 3)
    assert np.isnan(unknown.reached[0, :2]).all() and unknown.reached[0, 2] == 12


def test_shares_sum_to_one_and_the_interval_is_that_of_a_beta_distribution():
    made = workspace(Process.random(np.random.default_rng(3)), np.random.default_rng(3))
    for each in ledger_of(made).learned(600)[0]:
        assert each.raw + each.raw_lost + each.undecided == pytest.approx(1, abs=1e-9)
        a, b = each.beta
        assert each.interval == pytest.approx(stats.beta.ppf([0.05, 0.95], a, b), abs=1e-9)
        assert a + b == pytest.approx(each.effective + 10) and 0 < each.effective <= each.n
    for a, b, x in ((0.05, 9.95, 1e-4), (5000, 300, 0.94), (1, 1, 0.5), (40, 2, 0.99)):
        assert beta.below(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), rel=1e-9)
    assert effective_size(0.5, 0.0025, 1000) == pytest.approx(100)


def test_few_deals_are_drawn_towards_the_pipeline_else_the_workspace_else_the_configured():
    one = stays_at(visits((0, 0, 0, 0.0), (0, 0, WON, 30.0)), 60, 2)
    configured, workspace_wide = learn_pipeline(one, (0.2, 0.5)), learn_pipeline(one, (0.2, 0.5), workspace=1.0)
    assert [each.drawn_from for each in configured] == ["configured"] * 2
    assert configured[0].probability == pytest.approx((1 + 10 * 0.2) / 11)
    assert workspace_wide[0].drawn_from == "workspace" and workspace_wide[0].drawn_to > 0.35
    none = learn_pipeline(one.where(one.end < 0), (0.2, 0.5))
    assert none[0].probability == pytest.approx(0.2) and none[0].n == 0
    many = [(i, 0, 0, 0.0) for i in range(12)] + [(i, 0, WON if i < 3 else LOST, 9.0) for i in range(12)]
    pipeline = stays_at(visits(*sorted(many, key=lambda row: (row[0], row[3])), created=[0.0] * 12), 60, 2)
    assert learn_pipeline(pipeline, (0.2, 0.5), workspace=1.0)[0].drawn_from == "pipeline"
    assert horizon_of(pipeline) == 9


def test_an_old_deal_has_what_is_left_to_it_not_what_it_had_at_entry():
    rows = [(i, 0, 0, 0.0) for i in range(10)]
    rows += [(i, 0, WON, 10.0) for i in range(5)] + [(i, 0, LOST, 100.0) for i in range(5, 9)]
    found = learn_pipeline(
        stays_at(visits(*sorted(rows, key=lambda row: (row[0], row[3])), created=[0.0] * 10), 200, 1), (0.5,)
    )[0].incidence
    assert within(found, np.array([0.0, 20.0, 500.0]), 90) == pytest.approx([0.5, 0.0, 0.0])


def test_histories_selected_by_their_outcome_are_told():
    won, lost, opened = np.ones(9, int), np.full(9, 2), np.zeros(9, int)
    yes, no = np.ones(9, bool), np.zeros(9, bool)
    assert selection(won, yes) == ONLY_WON
    assert selection(np.r_[won, lost], np.r_[no, no]) == ONLY_CLOSED
    assert selection(np.r_[won, lost, opened], np.r_[no, no, yes]) == selection(opened, yes) == ""
    assert selection(won[:2], yes[:2]) == ""


def test_the_backtest_finds_the_better_way_and_bins_hold_twenty_deals():
    random = np.random.default_rng(11)
    ledger = ledger_of(workspace(Process.random(random), random))
    moments = [each * PERIOD for each in range(6, 40)]
    found = backtest(ledger, 0, moments, 90, 900)
    assert found is not None and found.adoptable
    assert found.brier["learned"] < min(found.brier["configured"], found.brier["base"])
    assert found.gain_low <= found.gain <= found.gain_high
    assert all(each.deals >= 20 and each.low <= each.came <= each.high for each in found.reliability["learned"])
    assert backtest(ledger, 0, moments, 90, 100) is None and bins_of(np.ones(19), np.ones(19, bool)) == ()


def test_nothing_that_comes_after_a_moment_changes_what_was_computed_for_it():
    random = np.random.default_rng(5)
    made = workspace(Process.random(random), random)
    all_of_it, moment = ledger_of(made), 20.5 * PERIOD
    periods = [(each * PERIOD, (each + 1) * PERIOD) for each in range(21)]
    known = made.visits.at <= moment
    v = made.visits
    cut = ledger_of(made)
    cut.visits = Visits(
        v.deal[known], v.pipeline[known], v.rank[known], v.at[known], v.undone[known], v.way_back[known], v.created
    )
    cut.closed, cut.wanted, cut.stated = cut.closed[known], cut.wanted[known], cut.stated[known]
    worth = cut.worth_at <= moment
    cut.worth_deal, cut.worth_at, cut.worth = cut.worth_deal[worth], cut.worth_at[worth], cut.worth[worth]
    asked = (moment, periods[20], periods[:20], seed_of("same"))
    assert outlook(cut, *asked) == outlook(all_of_it, *asked)
    assert [(s.probability, s.n) for s in cut.learned(moment)[0]] == [
        (s.probability, s.n) for s in all_of_it.learned(moment)[0]
    ]


def test_an_interval_needs_eight_periods_and_thirty_decided_deals():
    random = np.random.default_rng(2)
    ledger = ledger_of(workspace(Process.random(random), random))
    periods = [(each * PERIOD, (each + 1) * PERIOD) for each in range(12)]
    few = outlook(ledger, 5.2 * PERIOD, periods[5], periods[:5], 1)
    assert not few.known and few.median is None and few.mean >= few.won >= 0
    known = outlook(ledger, 11.2 * PERIOD, periods[11], periods[:11], 1)
    assert known.known and known.won <= known.low <= known.median <= known.high
    empty = ledger_of(workspace(Process.random(random), random))
    empty.wanted[:] = False
    nothing = outlook(empty, 11.2 * PERIOD, periods[11], periods[:11], 1)
    assert not nothing.known and nothing.mean == 0
    assert (winkler(1, 3, 2), winkler(1, 3, 4)) == pytest.approx((2, 12))


def test_the_truth_lies_where_the_intervals_say():
    """A short version of `python -m bench.forecasts`, with bounds as wide as so few runs need."""
    learned, plain = Tally(), Tally()
    for seed in range(12):
        learn_once(seed, learned, 40_000)
    for seed in range(3):
        foretell_once(seed, plain, rough=False)
    assert 0.75 <= learned.held / learned.stages <= 0.99
    assert learned.naive <= learned.held
    assert plain.covered >= 1 and plain.score < plain.past_score
    assert len(CONFIGURED) == STAGES
