"""Cells into values: what is accepted, and what is said of the rest."""

import contextlib
import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.kernel.core import parsers
from crm.kernel.core.parsers import CellError, Style

DMY, MDY = Style(dates="dmy"), Style(dates="mdy")


@pytest.mark.parametrize(
    ("cell", "style", "day"),
    [
        ("2017-03-01", DMY, dt.date(2017, 3, 1)),
        ("2017/3/1", MDY, dt.date(2017, 3, 1)),
        ("1.3.2017", DMY, dt.date(2017, 3, 1)),
        ("03/01/2017", MDY, dt.date(2017, 3, 1)),
        ("31.12.26", DMY, dt.date(2026, 12, 31)),
        ("31 Dec 2026", DMY, dt.date(2026, 12, 31)),
        ("December 31, 2026", MDY, dt.date(2026, 12, 31)),
        ("Thu, 31 Dec 2026", DMY, dt.date(2026, 12, 31)),
        ("2017-03-01T23:30:00", DMY, dt.date(2017, 3, 1)),
    ],
)
def test_dates_are_read_in_many_forms(cell, style, day):
    assert parsers.date(cell, style) == day


@pytest.mark.parametrize("cell", ["31 February 2026", "2026-02-31", "31.02.2026", "2026-13-01", "13/13/2026"])
def test_a_day_that_is_none_is_an_error(cell):
    with pytest.raises(CellError, match="no such day"):
        parsers.date(cell, DMY)


@pytest.mark.parametrize("cell", ["soon", "12", "2026", "1/2", "=TODAY()", "0000-00-00x", "٣"])
def test_what_is_no_date_is_an_error(cell):
    with pytest.raises(CellError):
        parsers.date(cell, DMY)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland", "UTC"])
def test_a_day_alone_is_noon_in_the_workspaces_zone(zone):
    """R1: a date without a time is a date; its instant is noon of that day."""
    at, day, timed = parsers.moment("2017-03-01", Style(zone=ZoneInfo(zone)))
    assert (day, timed) == (dt.date(2017, 3, 1), False)
    assert at.astimezone(ZoneInfo(zone)).isoformat().startswith("2017-03-01T12:00")


def test_a_time_is_read_in_the_workspaces_zone_unless_it_names_its_own():
    style = Style(zone=ZoneInfo("Europe/Oslo"))
    assert parsers.moment("2026-07-01 2:30 PM", style)[0] == dt.datetime(2026, 7, 1, 12, 30, tzinfo=dt.UTC)
    assert parsers.moment("2026-07-01T14:30:00Z", style)[0] == dt.datetime(2026, 7, 1, 14, 30, tzinfo=dt.UTC)
    assert parsers.moment("2026-07-01T14:30:00-05:00", style)[0] == dt.datetime(2026, 7, 1, 19, 30, tzinfo=dt.UTC)
    with pytest.raises(CellError):
        parsers.moment("2026-07-01 25:00", style)


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("48,000", "", "48000"),
        ("$1,234.50", "", "1234.5"),
        ("1.234,50 €", "", "1234.5"),
        ("1 234,50", ",", "1234.5"),
        ("USD 1054", "", "1054"),
        ("1.234", ",", "1234"),
        ("1.234", ".", "1.234"),
        ("0", "", "0"),
        ("1000000000000", "", "1000000000000"),
    ],
)
def test_amounts_are_read_as_people_write_them(cell, decimal, value):
    assert parsers.amount(cell, Style(decimal=decimal)) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("-5", "0 or more"),
        ("(5)", "0 or more"),
        ("ten", "Type a number"),
        ("NaN", "Type a number"),
        ("Infinity", "Type a number"),
        ("1e9", "Type a number"),
        ("=1+1", "Type a number"),
        ("10000000000000", "too large"),
        ("9" * 400, "Type a number"),
    ],
)
def test_what_is_no_amount_is_an_error(cell, words):
    with pytest.raises(CellError, match=words):
        parsers.amount(cell, Style())


def test_addresses_are_lower_case_and_checked():
    assert parsers.email("  Ann.Lee@Example.COM ".strip(), DMY) == "ann.lee@example.com"
    assert parsers.emails("a@b.example; C@D.example", DMY) == ["a@b.example", "c@d.example"]
    for cell in ("ann", "ann@", "@b.example", "a b@c.example", "a" * 250 + "@b.example"):
        with pytest.raises(CellError):
            parsers.email(cell, DMY)


def test_phones_become_e164():
    assert parsers.phone("+47 22 11 30 40", DMY) == "+4722113040"
    assert parsers.phone("22 11 30 40", Style(region="NO")) == "+4722113040"
    for cell in ("12", "phone", "+1"):
        with pytest.raises(CellError):
            parsers.phone(cell, DMY)


def test_domains_come_out_of_addresses():
    assert parsers.domain("https://www.Example.com/about", DMY) == "example.com"
    assert parsers.domain("ann@example.com", DMY) == "example.com"
    with pytest.raises(CellError):
        parsers.domain("example", DMY)


def test_a_text_that_is_too_long_is_an_error_and_a_formula_stays_text():
    with pytest.raises(CellError, match="300 characters; at most 200"):
        parsers.text(200)("x" * 300, DMY)
    assert parsers.text(200)("=HYPERLINK(1)", DMY) == "=HYPERLINK(1)"


def test_yes_and_no_in_several_languages():
    assert [parsers.boolean(cell, DMY) for cell in ("Yes", "x", "TRUE", "0", "nein")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(CellError):
        parsers.boolean("perhaps", DMY)


def test_the_order_of_dates_and_the_decimal_mark_are_seen_in_the_file():
    assert parsers.guess_dates(["1/2/2026", "13/2/2026"]) == "dmy"
    assert parsers.guess_dates(["1/2/2026", "2/13/2026"]) == "mdy"
    assert parsers.guess_dates(["2026-01-02"]) == ""
    assert parsers.guess_decimal(["1.000", "1.234,50"]) == ","
    assert parsers.guess_decimal(["1,000", "12.5"]) == "."


ANY = [
    parsers.email,
    parsers.phone,
    parsers.url,
    parsers.domain,
    parsers.boolean,
    parsers.amount,
    parsers.date,
    parsers.words,
]


@given(cell=st.text(min_size=1, max_size=60), parse=st.sampled_from(ANY))
def test_no_cell_breaks_a_parser(cell, parse):
    with contextlib.suppress(CellError):
        parse(cell.strip() or "x", DMY)
