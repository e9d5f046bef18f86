"""Cells that spreadsheets cannot mistake for formulas, and that come back as they were."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.kernel.core.csvs import csv_line, guarded, unguarded
from crm.kernel.listing.exports.writing import csv_lines


@pytest.mark.parametrize("text", ["=1+1", "+45 31 55 01 87", "-12", "@risk", "\tx", "\rx", "'=x", "''=x"])
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "Maya", "'s-Hertogenbosch", "O'Brien", "'quoted'", "3-4"])
def test_other_text_stays_as_it_is(text):
    assert guarded(text) == text
    assert unguarded(text) == text


@pytest.mark.parametrize("number", [-5, Decimal("-12.50"), -0.5, 0])
def test_numbers_stay_numbers(number):
    assert guarded(number) == number


@given(st.text())
def test_every_text_comes_back(text):
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_a_file_begins_with_its_mark_and_quotes_what_needs_it():
    lines = "".join(csv_lines(["A", "B"], [["x,y", 'say "no"'], ["two\nlines", None]], excel=False))
    assert lines == '\ufeffA,B\r\n"x,y","say ""no"""\r\n"two\nlines",\r\n'


def test_european_excel_gets_semicolons_and_decimal_commas():
    lines = list(csv_lines(["A"], [[Decimal("-12.50")], ["=1"]], excel=True))
    assert lines[1:] == ['"-12,50"\r\n'.replace('"', ""), "'=1\r\n"]
    assert csv_line([1, "a;b"], delimiter=";") == '1;"a;b"\r\n'
