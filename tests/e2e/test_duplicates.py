"""A pair is compared and merged with the keyboard alone, taken apart again, and said not to be one."""

import pytest

from contacts.models import Contact, Dismissal, DuplicateCheck
from contacts.services import create_contact
from contacts.services.duplicates import finding
from crm.kernel.core.changes import Actor

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pairs(admin, pipeline) -> list[Contact]:
    """Two pairs: one is one, the other is not."""
    actor, people = Actor.of(admin), []
    for number, name in enumerate(("Lindqvist", "Lindquist", "Berg", "Bergh")):
        values = {
            "first_name": "Maya" if number < 2 else "Ann", "last_name": name, "job_title": f"Title {number}",
            "phones": ["+4531550187" if number < 2 else "+4520202020"], "emails": [f"p{number}@x.example"],
        }  # fmt: skip
        people.append(create_contact(values=values, actor=actor))
    while DuplicateCheck.objects.exists():
        finding.check_waiting()
    return people


def test_the_queue_by_keyboard(visitor, admin, pairs):
    window = visitor()
    window.log_in(admin.email)
    page = window.open("/duplicates/?kind=contact")
    page.locator("[data-show=all]").click()
    page.get_by_text("Same phone", exact=False).first.wait_for()
    first = page.locator("li[aria-current=true]").inner_text()
    page.keyboard.press("n")
    page.wait_for_url("**pair=**")
    assert page.locator("li[aria-current=true]").inner_text() != first
    page.keyboard.press("w")
    page.wait_for_url("**swap=1**")
    kept = page.locator("table.merge thead b").first.inner_text()
    page.get_by_label("Job title: Title", exact=False).nth(1).check()
    page.keyboard.press("m")
    page.locator(".toast", has_text="is part of").wait_for()
    assert Contact.objects.live().count() == 3 and Contact.objects.live().filter(last_name=kept.split()[-1]).exists()
    page.keyboard.press("z")
    page.locator(".toast", has_text="Undone").wait_for()
    assert Contact.objects.live().count() == 4
    window.open("/duplicates/?kind=contact")
    page.keyboard.press("d")
    page.locator(".toast", has_text="Remembered").wait_for()
    assert Dismissal.objects.count() == 1
    window.check_axe()
    window.check_quiet()
