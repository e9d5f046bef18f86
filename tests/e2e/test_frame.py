"""The frame that all pages share: sign-in, menus, theme, sidebar, keyboard, account pages; wide and on a phone."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

ACCOUNT_PAGES = ["/profile/", "/security/", "/sessions/", "/password/change/"]
SIGNED_OUT_PAGES = ["/login/", "/password/reset/", "/password/reset/done/"]


@pytest.fixture
def window(visitor, rep):
    """The rep at a wide window, signed in, on a page with the frame."""
    somebody = visitor()
    somebody.log_in(rep.email)
    somebody.open("/profile/")
    return somebody


def test_account_pages_are_sound(visitor, rep):
    somebody = visitor(reduced_motion="reduce")
    for path in SIGNED_OUT_PAGES:
        look_at(somebody, path)
    somebody.log_in(rep.email)
    for path in ACCOUNT_PAGES:
        look_at(somebody, path)
    somebody.check_quiet()


def look_at(somebody, path) -> None:
    page = somebody.open(path)
    for _look in somebody.looks((1440, 900, "light"), (1440, 900, "dark"), (390, 844, "light"), (320, 700, "dark")):
        somebody.check_axe()
        assert no_sideways_scroll(page)


def no_sideways_scroll(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def test_a_wrong_password_is_said_at_the_field(visitor, rep):
    page = visitor().open("/login/")
    page.fill("input[name=login]", rep.email)
    page.fill("input[name=password]", "not the one")
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("#form-errors")
    assert page.get_attribute("input[name=password]", "aria-invalid") == "true"
    assert page.get_attribute("input[name=password]", "aria-describedby") == "form-errors"
    page.click("[data-reveal]")
    assert page.get_attribute("input[name=password]", "type") == "text"


def test_the_skip_link_comes_first_and_leads_to_the_content(window):
    page = window.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_menus_open_walk_and_close_by_keyboard(window):
    page = window.page
    page.focus("[popovertarget=profile-menu]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#profile-menu:popover-open")
    assert focused(page) == "As my device"  # the theme in use
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Light"
    page.keyboard.press("s")
    assert focused(page).startswith(("Sign", "Sessions"))
    page.keyboard.press("End")
    assert focused(page) == "Sign out"
    page.keyboard.press("Escape")
    assert page.get_attribute("[popovertarget=profile-menu]", "aria-haspopup") == "menu"
    assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == "profile-menu"


def test_the_theme_changes_at_once_and_stays(window):
    page = window.page
    page.click("[popovertarget=profile-menu]")
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.click("#profile-menu [value=dark]")
    assert answer.value.ok
    assert page.get_attribute("html", "data-theme") == "dark"
    window.open("/profile/")
    assert page.get_attribute("html", "data-theme") == "dark"
    window.check_quiet()


def test_the_sidebar_folds_and_stays_folded(window):
    page = window.page
    page.keyboard.press("[")
    assert page.get_attribute("body", "data-nav") == "rail"
    window.open("/sessions/")
    assert page.get_attribute("body", "data-nav") == "rail"
    window.check_axe()


def test_keys_lead_to_pages_and_list_themselves(window):
    page = window.page
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")
    window.check_axe()
    page.keyboard.press("Escape")
    window.open("/sessions/")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/profile/")


def test_keys_rest_while_typing_and_when_switched_off(window, rep):
    page = window.page
    page.focus("input[name=name]")
    page.keyboard.type("[?")
    assert page.get_attribute("body", "data-nav") is None
    assert not page.evaluate("document.querySelector('#shortcuts').open")
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.focus("#main")
    page.keyboard.press("[")
    assert page.get_attribute("body", "data-nav") is None


def test_unsaved_changes_are_not_lost_by_a_slip(window):
    page = window.page
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("document.querySelector('input[name=name]').form.dataset.guard = ''")
    page.fill("input[name=name]", "Somebody else")
    page.click(".settings-nav a[href='/sessions/']", no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/profile/")


def test_an_expired_session_is_said_and_leaves_the_page(window):
    page = window.page
    page.context.clear_cookies(name="sessionid")
    page.evaluate("window.htmx.ajax('GET', '/nav/counts/', {target: '#page', swap: 'none'})")
    page.wait_for_selector(".toast[data-tone=bad]")
    assert page.get_attribute(".toast [data-part=link]", "href") == "/login/?next=%2Fprofile%2F"
    assert page.url.endswith("/profile/")


def test_toasts_are_said_wait_and_go(window):
    page = window.page
    page.evaluate(
        "import(document.querySelector('script[type=module]').src)"
        ".then(app => app.showToast({text: 'Three contacts given to Dana'}))"
    )
    page.wait_for_selector(".toast")
    expect(page.locator("#announcer")).to_have_text("Three contacts given to Dana")
    window.check_axe()
    page.click(".toast [data-part=dismiss]")
    assert page.query_selector(".toast") is None
    window.check_quiet()


def test_on_a_phone_everything_is_in_the_bar_and_its_menu(visitor, rep):
    phone = visitor(390, 844, has_touch=True)
    phone.log_in(rep.email)
    page = phone.open("/profile/")
    assert not page.is_visible(".sidebar")
    page.tap("[popovertarget=more-menu]")
    page.wait_for_selector("#more-menu:popover-open")
    phone.check_axe()
    page.keyboard.press("Escape")
    page.tap("[popovertarget=settings-menu]")
    page.tap("#settings-menu a[href='/sessions/']")
    page.wait_for_url("**/sessions/")
