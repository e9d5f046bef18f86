"""What a first visit asks for, with an empty cache and the files as they are sent outside development: at most eight requests
and 125 KB until a page is shown and works (the design's budget). Joined scripts are tried here; other tests use written ones."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

REQUESTS, BYTES = 8, 125_000
# Answers that fill in numbers after the page, and the picture of the tab: nobody waits for them.
LATER = ("/nav/counts/", "/views/pinned/", "/search/favourites/", "/notifications/count/", "count=1", "/favicon")


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[None]:
    """Serve the files of the product as `collectstatic` leaves them."""
    own = {"BACKEND": "crm.kernel.core.staticfiles.StaticStorage"}
    stores = {**settings.STORAGES, "staticfiles": own}
    with override_settings(STORAGES=stores, STATIC_ROOT=str(tmp_path)):
        call_command("collectstatic", "--ignore=admin", interactive=False, verbosity=0)
        with override_settings(STATICFILES_DIRS=[str(tmp_path)]):
            finders.get_finder.cache_clear()
            yield
    finders.get_finder.cache_clear()


def visit(visitor, cookies, path: str) -> tuple[list[str], int]:
    """Open a page with an empty cache; return what it asked for before it worked, and the gzip bytes of that."""
    newcomer = visitor()
    newcomer.page.context.add_cookies(cookies)
    answers = []
    newcomer.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it must be a function of ours
    page = newcomer.open(path)
    page.wait_for_load_state("networkidle")
    asked = [answer for answer in answers if not any(part in answer.url for part in LATER)]
    weight = sum(len(gzip.compress(answer.body(), 9)) for answer in asked)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("On this page")
    newcomer.check_quiet()
    return [answer.url.removeprefix(newcomer.base) for answer in asked], weight


def test_a_first_visit_asks_for_eight_files_and_125_kb(collected, visitor, rep, pipeline):
    """The board may ask for what only dragging and the past need besides: SortableJS and a sheet of styles."""
    assert staticfiles_storage.url("js/app.js") != "/static/js/app.js"
    somebody = visitor()
    somebody.log_in(rep.email)
    cookies = somebody.page.context.cookies()
    for path, files, size in (("/contacts/", 0, 0), ("/deals/board/", 2, 16_000)):
        names, weight = visit(visitor, cookies, path)
        assert len(names) <= REQUESTS + files, names
        assert weight <= BYTES + size, f"{path}: {weight:,} bytes"
