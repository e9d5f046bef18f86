"""The parts of the design system at work: dialogs, typeahead, tags, inline edit, rows, palette, toasts with undo."""

import copy
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.parts import urls

pytestmark = [pytest.mark.e2e, pytest.mark.urls("tests.e2e.parts.urls")]


@pytest.fixture(autouse=True)
def _with_parts(settings):
    """Serve the page of parts, afresh for each test."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "parts" / "templates"]
    settings.TEMPLATES = templates
    urls.VALUES.clear()
    urls.UNDONE.clear()


@pytest.fixture
def window(visitor, rep):
    """The rep at the page of parts."""
    somebody = visitor()
    somebody.log_in(rep.email)
    somebody.open("/parts/")
    return somebody


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def wait_for_focus(page, name: str) -> None:
    page.wait_for_function("name => document.activeElement.id === name", arg=name)


@pytest.mark.parametrize(
    ("size", "scheme"), [((1440, 900), "light"), ((1440, 900), "dark"), ((390, 844), "light"), ((320, 700), "dark")]
)
def test_all_parts_are_sound(visitor, rep, size, scheme):
    somebody = visitor(*size, color_scheme=scheme)
    somebody.log_in(rep.email)
    page = somebody.open("/parts/")
    somebody.check_axe()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for opener in ("[data-create]", "#confirm"):
        page.click(opener)
        page.wait_for_selector("#modal[open]")
        somebody.check_axe()
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-list [role=option]")
    somebody.check_axe()
    somebody.check_quiet()


def test_a_dialog_keeps_errors_and_typed_text_and_gives_focus_back(window):
    page = window.page
    page.focus("[data-create]")
    page.keyboard.press("Enter")
    wait_for_focus(page, "id_title")
    page.click("#modal [type=submit]")
    page.wait_for_selector("#id_title[aria-invalid=true]")
    wait_for_focus(page, "id_title")
    page.fill("#id_title", "Atlas rollout")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert asked
    assert page.is_visible("#modal")
    page.mouse.click(5, 5)  # the backdrop
    assert page.input_value("#id_title") == "Atlas rollout"
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.dblclick("#modal [type=submit]")
    page.wait_for_selector(".toast")
    assert len(sent) == 1
    assert urls.VALUES["deal"].startswith("Atlas rollout")
    assert page.get_attribute(".toast [data-part=link]", "href") == "/parts/"


def test_closing_a_dialog_returns_focus_to_its_opener(window):
    page = window.page
    page.focus("#confirm")
    page.keyboard.press("Enter")
    page.wait_for_selector("#modal[open]")
    wait_for_focus(page, "modal-title")  # never on the button that deletes
    assert page.is_disabled("#modal .btn-danger")
    page.fill("#confirm-word", "Delete")
    assert page.is_enabled("#modal .btn-danger")
    page.keyboard.press("Escape")
    wait_for_focus(page, "confirm")


def test_typeahead_by_keyboard(window):
    page = window.page
    page.keyboard.press("c")
    wait_for_focus(page, "id_title")
    page.fill("#id_title", "Atlas rollout")
    page.locator("#id_company").press_sequentially("hal")
    page.wait_for_selector("#modal .typeahead-list [role=option][aria-selected=true]")
    assert page.get_attribute("#id_company", "aria-expanded") == "true"
    page.keyboard.press("Enter")
    assert page.input_value("#id_company") == "Halden Cloud"
    assert page.input_value("#modal [name=company]") == "4"
    page.fill("#id_company", "Quite new")
    page.keyboard.press("Tab")
    assert page.input_value("#modal [name=company]") == ""
    assert page.input_value("#id_company") == "Quite new"


def test_tags_become_chips(window):
    page = window.page
    page.keyboard.press("c")
    wait_for_focus(page, "id_title")
    page.locator("#id_tags").press_sequentially("Maritime,Reference")
    page.keyboard.press("Enter")
    assert page.input_value("#modal [name=tags]") == "Maritime, Reference"
    page.click("#modal .badge >> nth=0 >> button")
    assert page.input_value("#modal [name=tags]") == "Reference"


def test_values_are_edited_in_their_place(window):
    page = window.page
    page.click("#part-email .fld-edit")
    wait_for_focus(page, "id_email_value")
    page.keyboard.type("new")
    page.keyboard.press("Enter")
    page.wait_for_selector("#part-email .fld-edit")
    assert urls.VALUES["email"] == "new"
    expect(page.locator("#part-email .fld-edit")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_focus(page, "id_email_value")
    page.keyboard.type("newer")
    page.keyboard.press("Tab")  # saves and opens the next
    wait_for_focus(page, "id_phone_value")
    assert urls.VALUES["email"] == "newer"
    page.keyboard.type("lost")
    page.keyboard.press("Escape")
    page.wait_for_selector("#part-phone .fld-edit")
    assert "phone" not in urls.VALUES


def test_an_empty_value_is_refused_where_it_stands(window):
    page = window.page
    page.click("#part-email .fld-edit")
    wait_for_focus(page, "id_email_value")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_email_value[aria-invalid=true]")
    wait_for_focus(page, "id_email_value")
    page.keyboard.type("third")
    page.click("h1")  # leaving saves too
    page.wait_for_selector("#part-email .fld-edit")
    assert urls.VALUES["email"] == "third"


def test_undo_by_key_refreshes_the_page_and_keeps_focus(window):
    page = window.page
    page.focus("#move")
    page.keyboard.press("m")
    page.wait_for_selector(".toast [data-part=undo]")
    page.keyboard.press("z")
    page.wait_for_selector("#undone:has-text('Undone 1')")
    page.wait_for_selector(".toast:has-text('Undone')")
    assert len(urls.UNDONE) == 1
    assert focused(page) == "move"
    page.keyboard.press("z")
    page.wait_for_timeout(200)
    assert len(urls.UNDONE) == 1


def test_a_failure_is_said_and_nothing_is_swapped(window):
    page = window.page
    page.click("#broken")
    page.wait_for_selector(".toast[data-tone=bad]")
    assert page.inner_text("h1") == "Parts"
    page.context.set_offline(True)
    page.click("#move")
    page.wait_for_selector(".toast [data-part=retry]")
    page.context.set_offline(False)
    page.click(".toast [data-part=retry]")
    page.wait_for_selector(".toast [data-part=undo]")


def test_rows_by_keyboard(window):
    page = window.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == "link-2"
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    ticked = page.evaluate(
        "[...document.querySelectorAll('[data-row-check]')].map(box => Number(box.checked)).join('')"
    )
    assert ticked == "011100"
    assert page.evaluate("document.querySelector('[data-check-all]').indeterminate")
    page.keyboard.press("/")
    assert focused(page) == "find"
    page.keyboard.type("jx")
    assert page.input_value("#find") == "jx"
    page.keyboard.press("Escape")
    page.focus("#link-3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/parts/?row=3")


def test_paging_keeps_the_page_and_the_address(window):
    page = window.page
    page.click("text=Next")
    page.wait_for_url("**/parts/?page=2")
    assert page.evaluate("document.activeElement !== document.body")
    page.go_back()
    page.wait_for_url("**/parts/")
    page.wait_for_selector("h1")


def test_palette_by_keyboard(window):
    page = window.page
    page.focus("#move")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-list [role=option]")
    page.keyboard.type("nord")
    page.wait_for_selector("text=Found for nord")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#modal[open]")
    assert not page.evaluate("document.querySelector('#palette').open")
    wait_for_focus(page, "id_title")


def test_tabs_by_arrows(window):
    page = window.page
    page.focus("#tab-1")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "tab-2"
    assert page.is_visible("#panel-2")
    assert page.is_hidden("#panel-1")


def test_keys_of_the_page_are_listed(window):
    page = window.page
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")
    assert "Move the deal" in page.inner_text("[data-keys-here]")


def test_core_forms_work_without_scripts(chromium, live_server, rep):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + "/login/?next=/parts/")
    page.fill("input[name=login]", rep.email)
    page.fill("input[name=password]", "correct horse battery")
    page.click("button[type=submit]:not([data-reveal])")
    page.click("[data-create]")
    page.fill("#id_title", "Atlas rollout")
    page.fill("[name=tags]", "Maritime, Reference")
    page.click("main [type=submit]")
    assert urls.VALUES["deal"] == "Atlas rollout  ['Maritime', 'Reference']"
    assert "Deal created" in page.inner_text("#toasts")
    context.close()
