"""What the filters write, that tags escape what they get, and that fields are tied together for screen readers."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import time_machine
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from crm.kernel.core import formats, html, navigation, panels, widgets
from crm.kernel.core.context import shell
from crm.kernel.core.navigation import Menu, NavItem

NOW = dt.datetime(2026, 11, 19, 12, 0, tzinfo=dt.UTC)
EVIL = "<script>alert(1)</script>"


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values)).strip()


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        (148000, "USD", "$148,000"),
        (Decimal("12.5"), "EUR", "€12.50"),
        (Decimal("-1200"), "USD", "−$1,200"),
        (1200, "CHF", "CHF 1,200"),
        (0, "USD", "$0"),
        (None, "USD", ""),
        ("", "USD", ""),
        ("abc", "USD", ""),
    ],
)
def test_money_in_full(value, currency, written):
    assert formats.money(value, currency).replace("\N{NO-BREAK SPACE}", " ") == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1_610_000, "$1.61M"),
        (212_000, "$212K"),
        (9_500, "$9.5K"),
        (9_000, "$9K"),
        (950, "$950"),
        (999_600, "$1M"),
        (999_400, "$999K"),
        (12_340_000, "$12.3M"),
        (2_000_000_000, "$2B"),
        (-212_000, "−$212K"),
        (None, ""),
    ],
)
def test_money_in_few_characters(value, written):
    assert formats.money_short(value, "USD") == written


def test_money_follows_the_language():
    with translation.override("de"):
        assert formats.money(148000, "EUR").replace("\N{NO-BREAK SPACE}", " ") == "148.000 €"


@pytest.mark.parametrize(
    ("days", "written"),
    [(0, "today"), (-1, "yesterday"), (1, "tomorrow"), (5, "Tue 24 Nov"), (-9, "Tue 10 Nov"), (132, "31 Mar 2027")],
)
def test_days_as_people_say_them(days, written):
    with time_machine.travel(NOW, tick=False):
        assert formats.day((NOW + dt.timedelta(days=days)).date()) == written
        assert formats.day(NOW + dt.timedelta(days=days)) == written


def test_the_day_is_that_of_the_person():
    late = dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC)
    with time_machine.travel(NOW, tick=False), timezone.override("Asia/Tokyo"):
        assert formats.day(late) == "tomorrow"
        assert formats.when(late) == "tomorrow 08:30"


@pytest.mark.parametrize(
    ("passed", "written"),
    [
        (dt.timedelta(seconds=20), "now"),
        (dt.timedelta(minutes=5), "5 min ago"),
        (dt.timedelta(hours=3), "3 h ago"),
        (dt.timedelta(days=2), "2 d ago"),
        (dt.timedelta(days=90), "Fri 21 Aug"),
    ],
)
def test_how_long_ago(passed, written):
    with time_machine.travel(NOW, tick=False):
        assert formats.ago(NOW - passed) == written


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (dt.timedelta(hours=2, minutes=10), "2 h 10 min"),
        (dt.timedelta(days=3), "3 d"),
        (dt.timedelta(days=3, minutes=5), "3 d"),
        (dt.timedelta(days=12, hours=4), "12 d"),
        (45, "45 s"),
        (0, "0 s"),
        (None, ""),
    ],
)
def test_lengths_of_time(length, written):
    assert formats.duration(length) == written


def test_phone_numbers_in_groups():
    assert formats.phone("+4531550187") == "+45 31 55 01 87"
    assert formats.phone("call the desk") == "call the desk"
    assert formats.phone(None) == ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("48,000", "48000"),
        ("48 000.50", "48000.50"),
        ("$1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1.234.567", "1234567"),
        ("12,5", "12.5"),
        ("1'200", "1200"),
        ("abc", "abc"),
    ],
)
def test_amounts_as_people_type_them(typed, number):
    assert widgets.plain_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "currency", "number"),
    [
        ("12.400", "EUR", "12400"), ("12,400", "EUR", "12400"), ("$1.234", "", "1234"), ("0.125", "EUR", "0.125"),
        ("12.40", "EUR", "12.40"), ("12.400", "BHD", "12.400"), ("1234.500", "EUR", "1234.500"), ("abc", "EUR", "abc"),
    ],
)  # fmt: skip
def test_three_digits_behind_a_point_are_no_cents(typed, currency, number):
    posted = {"amount": typed, "currency": currency}
    assert widgets.plain_amount(typed, currency) == number
    assert widgets.MoneyInput().value_from_datadict(posted, {}, "amount") == number
    assert widgets.MoneyInput(currency=currency).value_from_datadict({"amount": typed}, {}, "amount") == number


def test_a_typeahead_offers_a_new_record_only_where_the_form_makes_one():
    filters, forms = (widgets.TypeaheadInput("contacts:company_options", new=new) for new in (False, True))
    assert 'hx-get="/companies/options/"' in filters.render("company", None, {"id": "x"})
    assert 'hx-get="/companies/options/?new=1"' in forms.render("company", None, {"id": "x"})


@pytest.mark.parametrize("stored", ["12.345", "12.5", "12400", "1234.567", ""])
def test_an_amount_comes_back_as_it_was_stored(stored):
    shown = widgets.MoneyInput().format_value(stored)
    posted = widgets.MoneyInput().value_from_datadict({"amount": shown or ""}, {}, "amount")
    assert Decimal(posted or 0) == Decimal(stored or 0)


@pytest.mark.parametrize("tag", ["avatar", "org_avatar"])
def test_avatars_escape_names(tag):
    drawn = render("{% " + tag + " name 1 'xs' %}", name=f'{EVIL}" onload="x')
    assert "<script" not in drawn
    assert '" onload' not in drawn
    assert "avatar-xs" in drawn


def test_filters_and_tags_are_escaped():
    assert "<script" not in render("{{ value|phone }}{{ 5|money:value }}{% kbd value %}{% icon value %}", value=EVIL)


def test_hue_and_initials_are_stable():
    key = uuid.UUID("01938e6a-0000-7000-8000-00000000000a")
    assert html.hue_of(key) == html.hue_of(uuid.UUID(str(key)))
    assert {html.hue_of(n) for n in range(100)} == set(range(1, 9))
    assert html.initials("Maya van Lindqvist") == "ML"
    assert html.initials("") == "?"
    assert html.initials("Atlas") == "A"


def test_timestamp_says_the_full_date_on_hover():
    with time_machine.travel(NOW, tick=False):
        drawn = render("{% timestamp at 'ago' %}", at=NOW - dt.timedelta(days=2))
    assert ">2 d ago</time>" in drawn
    assert 'title="Tuesday 17 November 2026, 12:00 UTC"' in drawn


class DealForm(forms.Form):
    title = forms.CharField(help_text="As on the contract.")
    stage = forms.ChoiceField(choices=[("a", "Qualified")], required=False)
    kind = forms.ChoiceField(choices=[("x", "One"), ("y", "Two")], widget=forms.RadioSelect)
    hot = forms.BooleanField(required=False, widget=widgets.Switch)
    tags = widgets.TagsField(required=False)
    amount = forms.DecimalField(required=False, widget=widgets.MoneyInput(currency="$"))


def test_a_field_ties_label_hint_and_error_to_its_control():
    drawn = render("{% field form.title %}", form=DealForm({}))
    assert '<label for="id_title">' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="id_title_helptext id_title_error"' in drawn
    assert 'id="id_title_helptext"' in drawn
    assert 'id="id_title_error"' in drawn
    assert 'class="input"' in drawn


def test_fields_take_the_classes_of_their_kind():
    form = DealForm()
    assert 'class="select"' in render("{% field form.stage %}", form=form)
    assert "optional" in render("{% field form.stage %}", form=form)
    assert "optional" not in render("{% field form.stage optional=False %}", form=form)
    assert render("{% field form.kind %}", form=form).count('class="check"') == 2
    assert "<legend>" in render("{% field form.kind %}", form=form)
    switch = render("{% field form.hot %}", form=form)
    assert 'class="switch"' in switch
    assert 'role="switch"' in switch
    assert 'placeholder="Such as 48,000"' in render("{% field form.amount placeholder='Such as 48,000' %}", form=form)


def test_tags_and_amounts_are_read():
    form = DealForm({"title": "Atlas", "kind": "x", "tags": " Maritime,Reference, Maritime ,", "amount": "$48,000"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["tags"] == ["Maritime", "Reference"]
    assert form.cleaned_data["amount"] == 48000


def test_query_changes_the_query_string():
    request = RequestFactory().get("/contacts/?owner=me&page=2&tag=a&tag=b")
    drawn = render("{% query page=None owner='you' %}", request=request)
    assert drawn == "?owner=you&amp;tag=a&amp;tag=b"


def test_panels_render_in_order_and_only_where_visible(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(panels, "_slots", type(panels._slots)(list))
    panels.register("contact.side", "components/empty.html", lambda request, obj: {"title": f"Second {obj}"}, order=20)
    panels.register("contact.side", "components/banner.html", lambda request, obj: {"text": EVIL}, order=10)
    panels.register("contact.side", "components/mark.html", visible=lambda user, obj: False)
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    drawn = render('{% panels "contact.side" obj %}', request=request, obj="Maya")
    assert drawn.index("banner") < drawn.index("Second Maya")
    assert "<script" not in drawn
    assert "workspace-mark" not in drawn


def test_menus_list_only_what_exists_and_may_be_seen():
    menu = Menu()
    menu.register(NavItem("gone", "Gone", "nobody:knows", "sun"))
    menu.register(NavItem("hidden", "Hidden", "account_login", "sun", visible=lambda user: False))
    menu.register(NavItem("b", "B", "account_login", "sun", order=20))
    menu.register(NavItem("a", "A", "account_logout", "sun", order=10))
    assert [item.key for item in menu.for_user(None)] == ["a", "b"]


def test_the_longest_address_is_the_active_one(rep, monkeypatch):
    menu = Menu()
    menu.register(NavItem("login", "Login", "account_login", "sun"))
    menu.register(NavItem("sessions", "Sessions", "usersessions_list", "sun"))
    monkeypatch.setattr(navigation, "main", menu)
    request = RequestFactory().get(reverse("usersessions_list"))
    request.user = rep
    assert [item["key"] for item in shell(request)["nav"] if item["active"]] == ["sessions"]


def test_the_frame_asks_the_database_nothing(rep, workspace, django_assert_num_queries):
    request = RequestFactory().get("/")
    request.user = rep
    str(shell(request)["workspace_name"])
    with django_assert_num_queries(0, info="a `visible` of some menu entry asks the database"):
        context = shell(request)
        for name in ("nav", "phone_nav", "create_menu", "settings_menu"):
            list(context[name])
        assert context["person_theme"] == ""
        assert str(context["workspace_name"]) == "Brightwater"
