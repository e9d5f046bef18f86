"""Real browser: Debian's Chromium by Playwright. Every page that a test opens must keep the console empty and please axe."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import PASSWORD

# Playwright's synchronous interface runs an event loop in this thread; Django's guard against that is not meant for it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Nobody clicks before the page's scripts have run; a driver does, and then a link that opens a dialog leads to its page.
UNHURRIED = """
const wait = new CSSStyleSheet();
wait.replaceSync("html { pointer-events: none }");
if (document.readyState !== "complete") document.adoptedStyleSheets = [wait];
addEventListener("load", () => document.adoptedStyleSheets = []);
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Browser tests need Chromium: install the system's package or set CHROMIUM to its path."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """Somebody at a browser; remembers what the console says."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.page: Page = context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    def open(self, path: str) -> Page:
        """Go to an address of the product and wait until it is at rest: loaded, and no fragment of it on its way.

        Waiting for a silent network would cost each page a second: the bell asks for its number late, on purpose.
        """
        self.page.goto(self.base + path)
        self.page.wait_for_selector(".htmx-request", state="detached")
        return self.page

    def looks(self, *looks: tuple[int, int, str]) -> Iterator[str]:
        """Give the page each width, height and colour scheme in turn, at once: open the window with `reduced_motion`."""
        for width, height, scheme in looks:
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=scheme)
            yield f"{width} {scheme}"

    def log_in(self, email: str) -> None:
        """Sign in by the form, as people do."""
        self.open("/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def check_quiet(self) -> None:
        """Fail if the console said anything: errors, violations of the content policy, missing files.

        The browser itself notes each answer of 422 (a form that asks for more), and htmx each request that the page was
        left without waiting for (a look at the board every quarter of a minute): neither is a fault of the page. A request
        that a server fails to answer is noted by the browser in words of its own.
        """
        harmless = ("status of 422", "error: htmx:afterRequest,", "error: htmx:sendError,", "error: htmx:sendAbort,")
        assert [line for line in self.said if not any(words in line for words in harmless)] == []

    def check_axe(self) -> None:
        """Fail on any finding of axe, naming the rule and the elements."""
        self.page.evaluate(AXE)
        found: list[dict[str, Any]] = self.page.evaluate(
            "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(r => r.violations)", AXE_TAGS
        )
        assert not found, "\n".join(
            f"{self.page.url}: {v['id']} ({v['impact']}): {v['help']}: {[n['html'][:160] for n in v['nodes'][:4]]}"
            for v in found
        )


@pytest.fixture
def visitor(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a window: `visitor(width=390, height=844, color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def open_window(width: int = 1440, height: int = 900, **options: Any) -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
        context.set_default_timeout(10_000)
        context.add_init_script(UNHURRIED)
        contexts.append(context)
        return Visitor(context, live_server.url)

    yield open_window
    for context in contexts:
        context.close()
