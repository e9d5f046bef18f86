"""Reports in a real browser: period, drill-down to the same deals, as of and back, a file; wide and on a phone."""

import datetime as dt
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.reports.conftest import scene, today  # noqa: F401  the past that reports tell of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_from_the_overview_to_the_deals_behind_it_and_back_in_time(visitor, manager, scene, today):  # noqa: F811
    somebody = visitor()
    somebody.log_in(manager.email)
    page = somebody.open("/reports/")
    expect(page.get_by_role("heading", name="Sales overview")).to_be_visible()
    expect(page.locator(".kpi", has_text="Won")).to_contain_text("$5K")
    somebody.check_axe()

    page.locator(".kpi", has_text="Won").focus()  # all of it by keys
    page.keyboard.press("Enter")
    expect(page.locator("#list-chips")).to_contain_text("2 deals, $5,000")
    expect(page.locator("#results tbody tr")).to_have_count(2)

    page = somebody.open("/reports/")
    page.get_by_label("Person").focus()
    page.keyboard.type("Marcus")
    page.wait_for_url("**person=**")
    expect(page.locator(".kpi", has_text="Won")).to_contain_text("$3K")
    page.get_by_role("link", name="Table").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Forecast, table")).to_be_visible()

    yesterday = (today - dt.timedelta(days=1)).isoformat()
    page.locator("#as-of-chip").focus()
    page.keyboard.press("Enter")
    page.locator("#as-of-day").fill(yesterday)
    page.locator("#as-of-day").press("Enter")
    page.wait_for_url(f"**as_of={yesterday}**")
    expect(page.get_by_text("This is how things stood")).to_be_visible()
    tile = page.locator(".kpi[href*='won']")
    expect(tile).to_contain_text("$0")  # nothing had been won by then
    expect(tile).to_contain_text("Today $3K")
    page.locator("#as-of-range").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda url: "as_of=" in url and yesterday not in url)
    page.get_by_role("link", name="Back to today").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is how things stood")).to_have_count(0)
    expect(page.locator(".kpi", has_text="Won")).to_contain_text("$3K")  # the person is still chosen
    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="CSV, divided by commas").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert "Won amount (USD),3000.00," in Path(download.value.path()).read_text()
    somebody.check_axe()
    somebody.check_quiet()

    phone = visitor(width=390, height=844, color_scheme="dark")
    phone.log_in(manager.email)
    for path in ("/reports/", "/reports/conversion/", "/settings/targets/"):
        page = phone.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        phone.check_axe()
    phone.check_quiet()
