"""Estimators under censoring, competing causes and late entry, against hand-made tables and lifelines (N3, N4)."""

import lifelines
import numpy as np
import pytest

from deals.metrics.survival import aalen_johansen, kaplan_meier, median, wilson


def test_without_censoring_it_is_counting():
    found = aalen_johansen([0] * 10, list(range(1, 11)), [1, 1, 1, 1, 1, 1, 2, 2, 2, 2], 100)
    assert found.share(1, 100) == pytest.approx(0.6)
    assert found.share(2, 100) == pytest.approx(0.4)
    assert found.share(1, 3) == pytest.approx(0.3)
    assert found.survival.at(100) == pytest.approx(0)


def test_shares_and_rest_sum_to_one_and_variance_is_the_binomial_one_without_censoring():
    found = aalen_johansen([0] * 40, [1] * 10 + [2] * 20 + [3] * 10, [1] * 10 + [2] * 20 + [0] * 10, 90)
    assert found.share(1, 90) + found.share(2, 90) + found.survival.at(90) == pytest.approx(1)
    assert found.variances[1].at(90) == pytest.approx(0.25 * 0.75 / 40, rel=0.01)
    low, high = found.interval(1, 90)
    assert 0 < low < 0.25 < high < 1


def test_skipped_stages_count_at_once_and_nobody_is_at_risk_before_entry():
    assert aalen_johansen([0, 0], [0, 5], [1, 0], 90).share(1, 90) == pytest.approx(0.5)
    late = aalen_johansen([0, 4, 4], [5, 6, 4], [1, 2, 1], 90)  # the third ends as it enters: nothing was seen of it
    assert late.share(1, 90) == pytest.approx(0.5)


def test_empty_and_impossible_input():
    empty = aalen_johansen([], [], [], 90)
    assert (empty.share(1, 90), empty.survival.at(90), empty.interval(1, 90)) == (0.0, 1.0, (0.0, 1.0))
    assert median(kaplan_meier([], [], [])) is None
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="before it begins"):
        aalen_johansen([3], [2], [1], 90)
    with pytest.raises(ValueError, match="lengths"):
        aalen_johansen([0], [2, 3], [1], 90)


def test_agrees_with_an_independent_library():
    random = np.random.default_rng(7)
    lasting = random.exponential(40, 400) + 0.01
    cause = random.integers(0, 3, 400)
    entry = np.where(random.random(400) < 0.3, lasting * random.random(400), 0)
    ours = aalen_johansen(entry, lasting, cause, 60)
    fitter = lifelines.AalenJohansenFitter(calculate_variance=True, jitter_level=0)
    theirs = fitter.fit(lasting, cause, event_of_interest=1)
    plain = aalen_johansen([0] * 400, lasting, cause)
    for time in (5, 20, 60, 90):
        assert plain.share(1, time) == pytest.approx(float(theirs.predict(time)), abs=1e-9)
        variance = float(theirs.variance_.squeeze().asof(time))
        assert plain.variances[1].at(time) == pytest.approx(variance, rel=0.05)
    km = lifelines.KaplanMeierFitter().fit(lasting, cause > 0, entry=entry)
    curve = kaplan_meier(entry, lasting, cause > 0)
    assert curve.at(30) == pytest.approx(float(km.predict(30)), abs=1e-9)
    assert median(curve) == pytest.approx(km.median_survival_time_)
    assert 0 <= ours.share(1, 60) + ours.share(2, 60) <= 1 + 1e-9
