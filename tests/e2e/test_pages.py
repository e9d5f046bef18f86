"""Every page that can be opened by its address is sound: axe finds nothing, the console is empty, nothing overflows; light and
dark, wide and on a phone. The list of pages comes from the resolver, so a new page is looked at without anybody's doing."""

import datetime as dt
import os
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from deals.services import create_deal

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# Pages of other people's making, and answers that are no pages.
LEFT_OUT = ("admin/", "static/")


@pytest.fixture
def records(admin, pipeline) -> dict[str, str]:
    """One record of each kind, and the addresses of their pages."""
    actor = Actor.of(admin)
    company = create_company(
        values={"name": "Atlas Logistics", "owner_id": admin.pk, "website": "https://atlas.example"}, actor=actor
    )
    contact = create_contact(
        values={
            "first_name": "Maya",
            "last_name": "Lindqvist",
            "company_id": company.pk,
            "owner_id": admin.pk,
            "tags": ["Reference"],
        },
        actor=actor,
    )
    deal = create_deal(
        actor=actor,
        title="Atlas rollout",
        owner=admin,
        company=company,
        amount=Decimal(148_000),
        contacts=[(contact.pk, "Buyer")],
    )
    today = dt.datetime.now(tz=admin.zone).date()
    task = create_task(
        row=TaskRow(title="Send the contract", assignee_id=admin.pk, due_on=today, deal_id=deal.pk), actor=actor
    )
    note = log_activity(
        row=ActivityRow(type="note", body="Wants phased delivery.", contact_ids=(contact.pk,), deal_id=deal.pk),
        actor=actor,
    )
    return {
        "contact": f"/contacts/{contact.pk}/",
        "company": f"/companies/{company.pk}/",
        "deal": f"/deals/{deal.pk}/",
        "task": f"/tasks/{task.pk}/",
        "activity": f"/activities/{note.pk}/",
    }


def plain_addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    """Return all addresses without arguments."""
    found: list[str] = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += plain_addresses(pattern.url_patterns, path)
        elif "<" not in path and "^" not in path and not path.startswith(LEFT_OUT):
            found.append("/" + path)
    return found


def pages_for(user) -> list[str]:
    """Return those addresses that answer this person with a page of the product's own."""
    client = Client()
    client.force_login(user)
    found = []
    for path in plain_addresses(get_resolver().url_patterns):
        if "logout" in path:
            continue
        response = client.get(path)
        if response.status_code == 200 and b"<h1" in b"".join(response):
            found.append(path)
    return found


# The phone is as tall as its pages: axe takes what the tab bar covers at the fold for a target that is too small.
WIDE, PHONE = (1440, 900), (390, 2400)


# Each width and each theme once; `ALL_LOOKS=1` adds the other two pairs.
LOOKS = [(*WIDE, "light"), (*PHONE, "dark")]
if os.environ.get("ALL_LOOKS"):
    LOOKS += [(*WIDE, "dark"), (*PHONE, "light")]


def test_every_page_is_sound(visitor, admin, records):
    paths = pages_for(admin) + list(records.values())
    assert reverse("deals:board") in paths
    somebody = visitor(reduced_motion="reduce")  # a change of the theme is over at once
    somebody.log_in(admin.email)
    faults = []
    for path in paths:
        page = somebody.open(path)
        for look in somebody.looks(*LOOKS):
            try:
                somebody.check_axe()
            except AssertionError as error:
                faults.append(f"{look} {error}")
            if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
                faults.append(f"{look} {path}: scrolls sideways")
        if somebody.said:
            faults.append(f"{path}: the console says {somebody.said}")
            somebody.said.clear()
    assert not faults, "\n".join(faults)
