"""The workspace's settings, holidays and exchange rates (U6, P7)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.kernel.audit.undo import undo
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.workspace.models import ExchangeRate, Holiday, Workspace
from crm.kernel.workspace.services import (
    Rate,
    add_holiday,
    edit_workspace,
    read_rates,
    remove_holiday,
    remove_rate,
    set_rates,
)

JANUARY = dt.date(2026, 1, 31)


@pytest.fixture
def boss(admin) -> Actor:
    return Actor.of(admin)


def test_settings_belong_to_the_settings_right(manager):
    actor = Actor.of(manager)
    for change in (
        lambda: edit_workspace(name="X", actor=actor),
        lambda: add_holiday(day=JANUARY, name="X", actor=actor),
        lambda: set_rates(rates=[], actor=actor),
    ):
        with pytest.raises(PermissionDenied):
            change()


def test_workspace_is_edited_and_undone(boss, workspace):
    edit_workspace(name="Brightwater A/S", timezone="Europe/Copenhagen", working_days=[1, 2, 3], actor=boss)
    assert Workspace.current().timezone == "Europe/Copenhagen"
    undo(changeset_id=boss.last_change, actor=boss)
    Workspace.forget()
    assert (Workspace.current().name, Workspace.current().timezone) == ("Brightwater", "Europe/London")


@pytest.mark.parametrize(
    "values",
    [{"timezone": "Mars"}, {"base_currency": "euro"}, {"name": ""}, {"fiscal_year_start": 13}, {"working_days": [9]}],
)
def test_wrong_settings_are_refused(boss, workspace, values):
    with pytest.raises(Refused) as refusal:
        edit_workspace(actor=boss, **values)
    assert set(refusal.value.fields) == set(values)


def test_base_currency_stays_while_rates_are_stored_in_it(boss, workspace):
    set_rates(rates=[Rate("EUR", JANUARY, Decimal("1.08"))], actor=boss)
    with pytest.raises(Refused) as refusal:
        edit_workspace(base_currency="EUR", actor=boss)
    assert "base_currency" in refusal.value.fields
    remove_rate(rate_id=ExchangeRate.objects.get().pk, actor=boss)
    edit_workspace(base_currency="EUR", actor=boss)


def test_last_earlier_rate_holds(boss, workspace):
    set_rates(
        rates=[Rate("EUR", JANUARY, Decimal("1.08")), Rate("EUR", dt.date(2026, 3, 1), Decimal("1.10"))], actor=boss
    )
    assert ExchangeRate.on("EUR", dt.date(2026, 1, 30)) is None
    assert ExchangeRate.on("EUR", dt.date(2026, 2, 28)) == Decimal("1.08")
    assert ExchangeRate.on("EUR", dt.date(2027, 1, 1)) == Decimal("1.10")
    assert ExchangeRate.on("USD", JANUARY) == 1


def test_same_day_takes_the_new_rate_and_the_same_rate_changes_nothing(boss, workspace):
    assert set_rates(rates=[Rate("EUR", JANUARY, Decimal("1.08"))], actor=boss) == 1
    assert set_rates(rates=[Rate("EUR", JANUARY, Decimal("1.09"))], actor=boss) == 1
    assert set_rates(rates=[Rate("EUR", JANUARY, Decimal("1.09"))], actor=boss) == 0
    assert ExchangeRate.objects.get().rate == Decimal("1.09")


def test_base_currency_has_no_rate(boss, workspace):
    with pytest.raises(Refused):
        set_rates(rates=[Rate("USD", JANUARY, Decimal(1))], actor=boss)


@pytest.mark.parametrize(
    "text",
    [
        "EUR, 2026-01-31, 1.0842",
        "currency,day,rate\nEUR,2026-01-31,1.0842\n\n",
        "EUR;2026-01-31;1,0842",
        "eur\t2026-01-31\t1.0842",
        "EUR 2026-01-31 1.0842",
    ],
)
def test_lines_are_read_however_they_are_divided(text):
    assert read_rates(text) == [Rate("EUR", JANUARY, Decimal("1.0842"))]


@pytest.mark.parametrize(
    "line",
    [
        "EUR, 2026-02-31, 1.08",
        "EURO, 2026-01-31, 1.08",
        "EUR, 2026-01-31, -1",
        "EUR, 2026-01-31, 0",
        "EUR, 2026-01-31, NaN",
        "EUR, 2026-01-31, 1e30",
        "EUR, 2026-01-31",
        "\u202eEUR",
        "=1+1",
    ],
)
def test_wrong_line_is_named_and_nothing_is_stored(boss, workspace, client_of, admin, line):
    with pytest.raises(Refused, match="Line 2"):
        read_rates(f"CHF, 2026-01-31, 1.1\n{line}")
    response = client_of(admin).post("/settings/rates/lines/", {"lines": f"CHF, 2026-01-31, 1.1\n{line}"})
    assert response.status_code == 422 and b"Line 2" in response.content
    assert not ExchangeRate.objects.exists()


@pytest.mark.parametrize("raw", ["EUR;2026-01-31;1,0842".encode("utf-16"), b"\xef\xbb\xbfEUR,2026-01-31,1.0842"])
def test_files_are_taken_in_several_encodings(client_of, admin, raw):
    file = SimpleUploadedFile("rates.csv", raw)
    assert client_of(admin).post("/settings/rates/lines/", {"file": file}).status_code == 302
    assert ExchangeRate.objects.get().rate == Decimal("1.0842")


def test_zip_renamed_is_refused(client_of, admin):
    file = SimpleUploadedFile("rates.csv", b"PK\x03\x04" + bytes(range(256)))
    assert client_of(admin).post("/settings/rates/lines/", {"file": file}).status_code == 422


@pytest.mark.parametrize("rate", ["", "x", "-1", "0", "1e400", "9" * 30, "1,0842"])
def test_typed_rate(client_of, admin, rate):
    values = {"currency": "EUR", "day": "2026-01-31", "rate": rate}
    response = client_of(admin).post("/settings/rates/", values)
    assert response.status_code == (302 if rate == "1,0842" else 422)
    assert list(ExchangeRate.objects.values_list("rate", flat=True)) == (
        [Decimal("1.0842")] if rate == "1,0842" else []
    )


def test_holidays_are_added_renamed_and_removed(boss, workspace):
    holiday = add_holiday(day=JANUARY, name="Founders' day", actor=boss)
    assert add_holiday(day=JANUARY, name="Jubilee", actor=boss).pk == holiday.pk
    assert not workspace.is_working_day(JANUARY, frozenset({JANUARY}))
    remove_holiday(holiday_id=holiday.pk, actor=boss)
    assert not Holiday.objects.exists()


def test_pages_of_the_settings(client_of, admin, workspace):
    client = client_of(admin)
    for path in ("/settings/workspace/", "/settings/holidays/", "/settings/rates/"):
        assert client.get(path).status_code == 200, path
    values = {
        "name": "Brightwater", "base_currency": "USD", "timezone": "Asia/Tokyo", "fiscal_year_start": "4",
        "first_weekday": "7", "working_days": ["1", "2"],
    }  # fmt: skip
    assert client.post("/settings/workspace/", values).status_code == 302
    assert Workspace.objects.get().fiscal_year_start == 4
    assert client.post("/settings/workspace/", values | {"name": "\x00"}).status_code == 422
    assert client.post("/settings/holidays/", {"day": "2026-02-31", "name": "x" * 300}).status_code == 422
    assert client.post("/settings/holidays/", {"day": "2026-12-24", "name": "Christmas Eve"}).status_code == 302
