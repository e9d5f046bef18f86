"""The board as of a past day in a real browser: chooser, slider by keys, cards by keys, the way to the deal and back."""

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from crm.kernel.core.changes import Actor, dated_back
from crm.kernel.workspace.models import Workspace
from deals.services import create_deal, move_deal

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_past_day_is_chosen_walked_and_left_by_keyboard(visitor, rep, pipeline):
    today = Workspace.current().today()
    noon = Workspace.current().noon(today)
    with dated_back(noon - dt.timedelta(days=40)):
        deal = create_deal(actor=Actor.of(rep), title="Atlas rollout", owner=rep, amount=Decimal(148_000))
    move_deal(deal_id=deal.pk, to_stage=pipeline.stages.open().order_by("position")[1], actor=Actor.of(rep))
    window = visitor(width=390, height=844, color_scheme="dark")
    window.log_in(rep.email)
    page = window.open("/deals/board/")
    page.locator("#as-of-chip").press("Enter")
    page.locator("#as-of-day").fill((today - dt.timedelta(days=20)).isoformat())
    page.locator("#as-of-day").press("Enter")
    page.wait_for_url("**as_of=*")
    expect(page.locator("[data-stage='1'] .deal-card")).to_contain_text("Now in Discovery")
    slider = page.locator("#as-of-range")
    before = page.url
    slider.press("ArrowLeft")
    page.wait_for_url(lambda url: url != before)
    expect(page.locator("#as-of-range")).to_be_focused()
    window.check_axe()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("h1").first.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.locator(".deal-card > a").first).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    expect(page.locator(".deal-past")).to_contain_text("This is the deal as it stands today.")
    page.locator(".deal-past .btn").click()
    page.get_by_role("link", name="Back to today").click()
    page.wait_for_url("**/deals/board/?pipeline=*")
    assert "as_of" not in page.url
    window.check_quiet()
