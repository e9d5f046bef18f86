"""A rep's day in a real browser, once with the mouse and once with the keyboard alone: qualify a lead, move the deal, lose it
with a reason, undo, log a call, complete a task, find somebody by the palette. The console stays empty all day."""

import datetime as dt
import re
import time
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from activities.models import Activity, Task
from activities.services.tasks import TaskRow, create_task
from contacts.models import Contact
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from deals.models import Deal, StageChange
from deals.services import create_deal
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(rep, pipeline) -> dict[str, object]:
    """A lead, a customer, a deal of the rep in the first stage, and a task for today."""
    actor = Actor.of(rep)
    company = create_company(values={"name": "Atlas Logistics", "owner_id": rep.pk}, actor=actor)
    lead = create_contact(values={"first_name": "Renée", "last_name": "Duval", "owner_id": rep.pk}, actor=actor)
    maya = create_contact(
        values={"first_name": "Maya", "last_name": "Lindqvist", "company_id": company.pk, "owner_id": rep.pk},
        actor=actor,
    )
    deal = create_deal(
        actor=actor,
        title="Atlas rollout",
        owner=rep,
        company=company,
        amount=Decimal(148_000),
        contacts=[(maya.pk, "")],
    )
    today = dt.datetime.now(tz=rep.zone).date()
    task = create_task(
        row=TaskRow(title="Send the contract", assignee_id=rep.pk, due_on=today, deal_id=deal.pk), actor=actor
    )
    return {"lead": lead, "maya": maya, "deal": deal, "task": task}


def column(page: Page, name: str):
    """Return the column of a stage on the board."""
    return page.get_by_role("region", name=name, exact=True)


def drag(page: Page, card, target) -> None:
    """Drag a card into a column as a hand does: press, leave in small steps, drop."""
    start, end = card.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 40, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 30, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 140, steps=12)
    page.mouse.up()


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focused element's name holds `wanted`."""
    for _ in range(80):
        page.keyboard.press("Tab")
        name = page.evaluate("(document.activeElement.ariaLabel || document.activeElement.textContent).trim()")
        if wanted in name:
            return
    raise AssertionError(f"Tab never reached {wanted!r}")


def tab_to_field(page: Page, name: str) -> None:
    """Press Tab until the form field of this name has the focus."""
    for _ in range(20):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached the field {name!r}")


def test_a_card_can_be_moved_on_before_the_server_has_answered(visitor, rep, office):
    """LESSONS, board: a dropped card must be there for the next grab at once, and every drop must arrive."""
    somebody = visitor()
    somebody.log_in(rep.email)
    page = somebody.page
    somebody.open("/deals/board/")
    page.wait_for_load_state("networkidle")  # what comes late would move the card under the hand
    delays = [0.6, 0, 0.6, 0]

    def late(route):
        time.sleep(delays.pop(0))
        route.continue_()

    page.route(re.compile("/move/"), late)
    card = page.locator(".deal-card", has_text="Atlas rollout")
    for stage in ("Discovery", "Proposal"):
        drag(page, card, column(page, stage))
        page.wait_for_timeout(150)  # a card slides into its place for 120 ms; no hand is back before
    expect(page.locator(".toast").last).to_contain_text("moved to Proposal")
    expect(column(page, "Proposal").locator(".deal-card", has_text="Atlas rollout")).to_be_visible()
    card.get_by_role("link").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".toast").last).to_contain_text("moved to Qualified")
    stages = [change.to_stage.name for change in StageChange.objects.for_deal(office["deal"]).order_by("at")]
    assert stages[-4:] == ["Discovery", "Proposal", "Discovery", "Qualified"]


def test_a_card_that_is_pressed_while_the_answer_comes_stays_in_the_hand(visitor, rep, office):
    """LESSONS, board: what the server answers between the press and the first move must not take the card away."""
    somebody = visitor()
    somebody.log_in(rep.email)
    page = somebody.page
    somebody.open("/deals/board/")
    page.wait_for_load_state("networkidle")
    held = []
    page.route(re.compile("/move/"), lambda route: held.append(route) if not held else route.continue_())
    card = page.locator(".deal-card", has_text="Atlas rollout")
    drag(page, card, column(page, "Discovery"))
    page.wait_for_timeout(300)  # the card has slid into its place
    start, end = card.bounding_box(), column(page, "Proposal").bounding_box()
    page.mouse.move(start["x"] + 40, start["y"] + 20)
    page.mouse.down()
    held[0].continue_()
    expect(page.locator(".toast").last).to_contain_text("moved to Discovery")
    page.mouse.move(start["x"] + 60, start["y"] + 30, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 140, steps=12)
    page.mouse.up()
    expect(page.locator(".toast").last).to_contain_text("moved to Proposal")


def test_with_the_mouse(visitor, rep, office):
    somebody = visitor()
    somebody.log_in(rep.email)
    page = somebody.page

    page.get_by_role("link", name="Leads").first.click()
    page.get_by_role("link", name="Qualify Renée Duval").click()
    page.get_by_role("dialog").get_by_role("button", name="Make the deal").click()
    page.wait_for_url(re.compile("/deals/[0-9a-f-]{36}/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Renée Duval")
    assert Contact.objects.get(pk=office["lead"].pk).lifecycle == "opportunity"

    somebody.open("/deals/board/")
    page.wait_for_load_state("networkidle")  # what comes late would move the card under the hand
    card = page.locator(".deal-card", has_text="Atlas rollout")
    for stage in ("Discovery", "Proposal"):
        drag(page, card, column(page, stage))
        expect(column(page, stage).locator(".deal-card", has_text="Atlas rollout")).to_be_visible()
        expect(page.locator(".toast").last).to_contain_text(f"moved to {stage}")
    expect(column(page, "Proposal").locator(".kanban-sum")).to_contain_text("$148K")

    card.hover()
    page.get_by_role("button", name="Actions: Atlas rollout").click()
    page.get_by_role("menuitemradio", name="Closed Lost").click()
    dialog = page.get_by_role("dialog", name="Move to Closed Lost")
    dialog.get_by_role("button", name="Move to Closed Lost").click()
    expect(dialog.get_by_label("Why was it lost?")).to_have_attribute("aria-invalid", "true")
    assert Deal.objects.get(pk=office["deal"].pk).is_open
    dialog.get_by_label("Why was it lost?").select_option(label="Price")
    dialog.get_by_role("button", name="Move to Closed Lost").click()
    expect(page.locator(".toast").last).to_contain_text("moved to Closed Lost")
    assert Deal.objects.get(pk=office["deal"].pk).lost_reason.name == "Price"

    page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(column(page, "Proposal").locator(".deal-card", has_text="Atlas rollout")).to_be_visible()
    assert StageChange.objects.for_deal(office["deal"]).filter(undone_at__isnull=False).count() == 1

    page.locator(".deal-card", has_text="Atlas rollout").get_by_role("link").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("tab", name="Call").click()
    page.get_by_placeholder("What was said?").fill("Wants phased delivery from January.")
    page.get_by_role("button", name="Log call").click()
    expect(page.locator(".timeline")).to_contain_text("Wants phased delivery from January.")
    assert Activity.objects.get(type="call").deal_id == office["deal"].pk

    somebody.open("/")
    expect(page.locator("#nav-count-tasks")).to_have_text("1")
    page.get_by_role("button", name="Done: Send the contract").click()
    expect(page.locator(".toast").last).to_contain_text("Send the contract")
    expect(page.locator("#nav-count-tasks")).to_be_empty()
    assert Task.objects.get(pk=office["task"].pk).is_done

    page.get_by_role("button", name="Search or jump to").click()
    page.keyboard.type("lindq")
    page.get_by_role("option", name=re.compile("Maya Lindqvist")).click()
    page.wait_for_url(re.compile(f"/contacts/{office['maya'].pk}/"))
    somebody.check_quiet()


def test_with_the_keyboard_alone(visitor, rep, office):
    somebody = visitor()
    somebody.open("/login/")
    page, keys = somebody.page, somebody.page.keyboard
    tab_to_field(page, "login")
    keys.type(rep.email)
    tab_to_field(page, "password")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.wait_for_load_state("networkidle")

    keys.press("g")
    keys.press("l")
    page.wait_for_url(re.compile("/leads/"))
    page.wait_for_load_state("networkidle")
    tab_to(page, "Qualify Renée Duval")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("#id_title")).to_be_focused()
    keys.press("Enter")
    page.wait_for_url(re.compile("/deals/[0-9a-f-]{36}/"))

    somebody.open("/deals/board/")
    page.wait_for_load_state("networkidle")  # what comes late would move the card under the hand
    tab_to(page, "Atlas rollout")
    keys.press("Shift+ArrowRight")
    expect(column(page, "Discovery").locator(".deal-card", has_text="Atlas rollout")).to_be_visible()
    expect(page.locator(".toast").last).to_contain_text("moved to Discovery")
    assert "Atlas rollout" in page.evaluate("document.activeElement.textContent")
    expect(page.locator("#announcer")).to_contain_text("Atlas rollout moved to Discovery")
    keys.press("m")
    keys.press("6")
    dialog = page.get_by_role("dialog", name="Move to Closed Lost")
    expect(dialog.get_by_label("Why was it lost?")).to_be_focused()
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(
        column(page, "Discovery").locator(".deal-card", has_text="Atlas rollout").get_by_role("link")
    ).to_be_focused()
    keys.press("m")
    keys.press("6")
    expect(dialog.get_by_label("Why was it lost?")).to_be_focused()
    keys.type("Price")
    tab_to(page, "Move to Closed Lost")
    keys.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("moved to Closed Lost")
    keys.press("z")
    expect(column(page, "Discovery").locator(".deal-card", has_text="Atlas rollout")).to_be_visible()

    somebody.open(f"/deals/{office['deal'].pk}/")
    keys.press("l")
    expect(page.get_by_placeholder("What was said?")).to_be_focused()
    keys.type("Legal wants a liability cap.")
    keys.press("Control+Enter")
    expect(page.locator(".timeline")).to_contain_text("Legal wants a liability cap.")

    keys.press("Escape")
    somebody.open("/")
    keys.press("j")
    keys.press("x")
    expect(page.locator(".toast").last).to_contain_text("Send the contract")
    assert Task.objects.get(pk=office["task"].pk).is_done

    keys.press("Control+k")
    keys.type("lindq")
    expect(page.get_by_role("option", name=re.compile("Maya Lindqvist"))).to_be_visible()
    keys.press("Enter")
    page.wait_for_url(re.compile(f"/contacts/{office['maya'].pk}/"))
    somebody.check_quiet()
