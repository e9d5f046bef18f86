"""The SQL functions that columns, indexes and set-based writes share."""

from decimal import ROUND_HALF_EVEN, Decimal
from uuid import RFC_4122

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db


def value_of(sql: str, *params: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def column_of(sql: str, *params: object) -> list:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] for row in cursor.fetchall()]


@given(
    amount=st.decimals(min_value=-(10**12), max_value=10**12, places=5, allow_nan=False),
    places=st.integers(min_value=0, max_value=4),
)
@example(amount=Decimal("0.125"), places=2)
@example(amount=Decimal("0.135"), places=2)
@example(amount=Decimal("-0.125"), places=2)
@example(amount=Decimal("2.5"), places=0)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rounding_is_half_even_like_pythons(db, amount, places):
    expected = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    assert value_of("SELECT crm_round_half_even(%s, %s)", amount, places) == expected


def test_rounding_to_tens_and_of_nothing():
    assert value_of("SELECT crm_round_half_even(25, -1)") == 20
    assert value_of("SELECT crm_round_half_even(35, -1)") == 40
    assert value_of("SELECT crm_round_half_even(NULL, 2)") is None


def test_uuid7_has_its_version_and_variant():
    for made in column_of("SELECT crm_uuid7() FROM generate_series(1, 500)"):
        assert made.version == 7
        assert made.variant == RFC_4122


def test_uuid7s_are_unique_and_sort_by_time():
    first = column_of("SELECT crm_uuid7() FROM generate_series(1, 2000)")
    assert len(set(first)) == 2000
    value_of("SELECT pg_sleep(0.002) IS NULL")
    assert value_of("SELECT crm_uuid7()") > max(first)


def test_uuid7_holds_the_clocks_milliseconds():
    made = value_of("SELECT crm_uuid7()")
    now = value_of("SELECT extract(epoch FROM clock_timestamp()) * 1000")
    assert 0 <= now - (made.int >> 80) < 1000


def test_fold_takes_case_and_accents_away():
    assert value_of("SELECT crm_fold(%s)", "Ångström & ÉTÉ, Łódź") == "angstrom & ete, lodz"
    assert value_of("SELECT crm_fold(NULL)") is None


def test_fold_may_stand_in_an_index_whatever_the_search_path():
    assert value_of("SELECT provolatile FROM pg_proc WHERE proname = 'crm_fold'") == "i"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")
        cursor.execute("SELECT public.crm_fold('Zoë')")
        assert cursor.fetchone()[0] == "zoe"
