"""Values of each type: what is accepted and how it is stored, and what is said of the rest (C1)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm.kernel.core.parsers import Style
from crm.kernel.customfields import types
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.people import Person
from crm.kernel.customfields.types import choices, numbers, type_of
from crm.kernel.workspace.models import Workspace

OPTIONS = [
    {"key": "small", "label": "Small", "retired": False},
    {"key": "mid", "label": "Mid, market", "retired": False},
    {"key": "old", "label": "Old", "retired": True},
]
ANN = Person("0192f3a0-0000-7000-8000-000000000001", "Ann Lee", "ann@test.example", True)
TWO = [Person(str(n), "Two Names", f"two{n}@test.example", True) for n in (1, 2)]


@pytest.fixture(autouse=True)
def _no_database(monkeypatch):
    """Types read the workspace's currency and the people; here both are given."""
    monkeypatch.setattr(Workspace, "current", classmethod(lambda cls: cls(base_currency="USD")))
    monkeypatch.setattr(numbers.ExchangeRate, "table", classmethod(lambda cls: {"EUR": []}))
    everybody = {each.id: each for each in (ANN, *TWO)}
    monkeypatch.setattr(choices, "people", lambda: everybody)
    monkeypatch.setattr("crm.kernel.customfields.people.people", lambda: everybody)


def typed(kind: str) -> types.FieldType:
    return type_of(CustomField(record_kind="contact", key="x", label="X", type=kind, options=OPTIONS))


def test_every_type_has_its_class():
    assert set(types.REGISTRY) == set(CustomField.Type.values)


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [
        ("text", "  two\n words ", "two words"),
        ("text", 12, "12"),
        ("long_text", "a\r\nb", "a\nb"),
        ("number", "1,234.50", "1234.5"),
        ("number", "1.234,50", "1234.5"),
        ("number", "(12)", "-12"),
        ("number", Decimal("1E+3"), "1000"),
        ("number", 0, "0"),
        ("money", "€12.5", {"amount": "12.50", "currency": "EUR"}),
        ("money", "1.234,50 CHF", {"amount": "1234.50", "currency": "CHF"}),
        ("money", "48,000", {"amount": "48000.00", "currency": "USD"}),
        ("money", {"amount": "7", "currency": "eur"}, {"amount": "7.00", "currency": "EUR"}),
        ("money", {"amount": "", "currency": "EUR"}, None),
        ("date", "31/12/2026", "2026-12-31"),
        ("date", dt.date(2026, 12, 31), "2026-12-31"),
        ("yes_no", "Ja", True),
        ("yes_no", False, False),
        ("dropdown", "SMALL", "small"),
        ("dropdown", "mid, market", "mid"),
        ("dropdown", "old", "old"),
        ("multi_select", "mid, market", ["mid"]),
        ("multi_select", "Mid, market; small", ["small", "mid"]),
        ("multi_select", "old, small", ["small", "old"]),
        ("multi_select", [], None),
        ("multi_select", ["", " "], None),
        ("url", "www.example.com", "https://www.example.com"),
        ("url", "mailto:Ann@Example.com", "mailto:ann@example.com"),
        ("user", "ann@test.example", ANN.id),
        ("user", "ann lee", ANN.id),
        ("user", ANN.id, ANN.id),
    ],
)  # fmt: skip
def test_value_is_read(kind, raw, stored):
    field = typed(kind)
    assert field.clean(raw) == stored
    assert field.clean(stored) == stored, "what is stored can be typed again"
    assert field.clean(field.text(stored)) == stored, "what a file says is read back"
    assert stored is None or field.fits(stored)


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        ("text", "x" * 251, "at most 250"),
        ("text", "a\x00b", "cannot be stored"),
        ("text", "\ud800", "cannot be stored"),
        ("number", "twelve", "Type a number"),
        ("number", "1e30", "Type a number"),
        ("number", "9" * 16, "too large"),
        ("number", "NaN", "Type a number"),
        ("money", "-5", "0 or more"),
        ("money", {"amount": "x", "currency": "USD"}, "Type a number"),
        ("money", {"amount": "5", "currency": "US"}, "three letters"),
        ("date", "31/31/2026", "no such day"),
        ("date", "soon", "Type a date"),
        ("yes_no", "perhaps", "yes or no"),
        ("dropdown", "Huge", "Not one of: Small, Mid, market."),
        ("multi_select", "small; huge", "Not one of"),
        ("url", "javascript:alert(1)", "no web address"),
        ("url", "data:text/html,x", "no web address"),
        ("url", "mailto:nobody", "no e-mail address"),
        ("user", "nobody", "no such colleague"),
        ("user", "two names", "Several colleagues"),
    ],
)
def test_value_is_refused_with_words(kind, raw, words):
    with pytest.raises(ValidationError, match=words):
        typed(kind).clean(raw)


@pytest.mark.parametrize("kind", CustomField.Type.values)
@pytest.mark.parametrize("raw", [{"a": 1}, [{"b": []}], True, 5, 1.5, "<b>x</b>", {"amount": [1]}, None, ""])
def test_nonsense_is_refused_or_stored_as_it_fits(kind, raw):
    field = typed(kind)
    try:
        stored = field.clean(raw)
    except ValidationError:
        return
    assert stored is None or field.fits(stored)
    assert "<b>" not in field.html(stored)


@pytest.mark.parametrize("kind", CustomField.Type.values)
@pytest.mark.parametrize("kept", ["<i>old</i>", ["a", "b"], {"amount": "1.00", "currency": "EUR"}, True])
def test_value_from_before_a_change_is_shown_and_kept(kind, kept):
    field = typed(kind)
    shown = field.html(kept)
    assert shown and "<i>" not in shown
    assert field.text(kept)


def test_files_say_how_they_write_dates_and_numbers():
    assert typed("date").clean("03/04/2026", Style(dates="mdy")) == "2026-03-04"
    assert typed("number").clean("1.234", Style(decimal=",")) == "1234"


def test_a_retired_option_is_offered_only_where_it_is_held():
    field = typed("dropdown")
    assert ("old", "Old") not in field.form_field().choices
    assert ("old", "Old") in field.form_field(initial="old").choices


def test_links_have_safe_schemes_and_tell_nothing():
    html = typed("url").html("https://example.com/a?b=<c>")
    assert 'rel="noopener noreferrer nofollow"' in html and "<c>" not in html
    assert "href" not in typed("url").html("javascript:alert(1)")


@given(st.text(max_size=60))
def test_cleaning_never_breaks(words):
    for kind in ("text", "number", "date", "dropdown", "multi_select", "url", "yes_no", "long_text"):
        field = typed(kind)
        try:
            stored = field.clean(words)
        except ValidationError:
            continue
        if stored is not None:
            assert field.fits(stored)
            assert field.clean(field.text(stored)) == stored
