"""Merge fields: a small parser over plain strings that reaches nothing outside its list (E4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.html import clean_html, text_of
from activities.mail.merge import fill, missing, problems
from crm.kernel.core.errors import Refused

KNOWN = {"contact.first_name", "deal.title"}


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("Hi {{ contact.first_name }}!", {"contact.first_name": "Maya"}, "Hi Maya!"),
        ("Hi {{contact.first_name|there}}!", {"contact.first_name": ""}, "Hi there!"),
        ("Hi {{ contact.first_name | dear friend }}!", {}, "Hi dear friend!"),
        ("{{ deal.title }}{{ deal.title }}", {"deal.title": "A"}, "AA"),
        ("{ no field } 100 % {% include x %}", {}, "{ no field } 100 % {% include x %}"),
        # A value is put in as it is and not read again.
        ("{{ deal.title }}", {"deal.title": "{{ contact.first_name }}", "contact.first_name": "X"},
         "{{ contact.first_name }}"),
    ],
)  # fmt: skip
def test_fields_become_values_or_their_fallback(text, values, filled):
    assert fill(text, values) == filled


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("Hi\n{{ contact.password }}", 2, "contact.password"),
        ("{{ contact.first_name.__class__ }}", 1, "__class__"),
        ("{{ settings.SECRET_KEY }}", 1, "SECRET_KEY"),
        ("a\nb\n{{ deal.title", 3, "missing"),
        ("x }} y", 1, "missing"),
        ("{{ deal.title }\n{{ contact.first_name }}", 1, "missing"),
        ("{{ }}", 1, "(empty)"),
        ("{{ contact.first_name }}\n" * 201, 1, "200"),
    ],
)
def test_what_is_no_field_is_named_with_its_line(text, line, word):
    found = problems(text, KNOWN)
    assert [each.line for each in found] == [line]
    assert word in found[0].why


def test_a_hole_is_a_field_without_value_and_fallback():
    text = "{{ deal.title }} {{ contact.first_name | you }} {{ deal.title }}"
    assert missing({"deal.title": ""}, text) == ["deal.title"]
    assert missing({"deal.title": "A"}, text) == []


@given(st.text(max_size=200))
def test_any_text_is_read_and_a_text_without_fields_stays_as_it_is(text):
    filled = fill(text, {})
    problems(text, KNOWN)
    if "{{" not in text:
        assert filled == text


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<p onclick='x()'>Hi<script>alert(1)</script></p>", "<p>Hi</p>"),
        ("<a href='javascript:x'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        ("<form><input name=a></form><iframe src=//x></iframe>ok", "ok"),
        ('<p style="color:red;position:fixed;background-image:url(x)">a</p>', '<p style="color:red">a</p>'),
        ("<style>p{}</style><!-- c --><b>a</b>", "<b>a</b>"),
    ],
)
def test_html_loses_what_a_mail_must_not_have(html, cleaned):
    assert clean_html(html) == cleaned


def test_fields_in_addresses_outlive_the_cleaner():
    html = '<a href="https://x.example/?n={{ contact.first_name | you }}">{{ deal.title }}</a>'
    assert "{{ contact.first_name | you }}" in clean_html(html)
    assert "{{ deal.title }}" in clean_html(html)


def test_html_that_is_nested_without_end_is_refused_quickly():
    with pytest.raises(Refused, match="deep"):
        clean_html("<div>" * 20_000 + "x")


def test_html_in_plain_words():
    html = '<h1>Hello</h1><p>See <a href="https://x.example/">our page</a>.</p><ul><li>One</li><li>Two</li></ul>'
    assert text_of(html) == "Hello\n\nSee our page (https://x.example/).\n\n- One\n- Two"
