"""How the database finds rows: by index, not by reading whole tables. Plans of the statements that the pages really run."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.metrics import THEN, Done
from contacts.models import Contact
from crm.kernel.search import stretches
from crm.kernel.users.models import User
from deals.models import Deal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bulk")]

BIG = {
    "contacts_contact",
    "contacts_contactemail",
    "contacts_contactphone",
    "activities_activity",
    "activities_activitycontact",
    "deals_deal",
    "deals_stagechange",
}
PEOPLE = ("admin@demo.test", "rep.east@demo.test")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all nodes of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def plans_of(email: str, path: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return each SELECT that a page runs, with the nodes of its plan."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    client.get("/contacts/")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200, path
    found = []
    for statement in [q["sql"] for q in captured.captured_queries if re.match(r"\s*(SELECT|WITH)", q["sql"])]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL random_page_cost = 1.1"
            )  # as the embedded server has it; a spinning disk is no measure
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            plan = cursor.fetchone()[0]
        root = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
        found.append((statement, list(nodes(root))))
    return found


def sequential(path: str, email: str) -> list[str]:
    """Return the statements of a page that read a big table from one end to the other."""
    return [
        statement[:300]
        for statement, plan in plans_of(email, path)
        if any(n["Node Type"] == "Seq Scan" and n["Relation Name"] in BIG for n in plan)
    ]


def indexes(path: str, email: str) -> set[str]:
    """Return the indexes that the statements of a page use."""
    return {n["Index Name"] for _statement, plan in plans_of(email, path) for n in plan if "Index Name" in n}


@pytest.mark.parametrize("email", PEOPLE)
@pytest.mark.parametrize(
    "path",
    [
        "/contacts/",
        "/contacts/?sort=name",
        "/contacts/?sort=created",
        "/contacts/?q=quillfeather",
        "/contacts/?q=vandermeer",
        "/contacts/?owner=me",
        "/companies/",
        "/leads/",
        "/deals/",
        "/deals/board/",
        "/tasks/",
        "/activities/",
        "/",
    ],
)
def test_pages_read_no_big_table_from_end_to_end(email, path):
    assert sequential(path, email) == []


@pytest.mark.parametrize("email", PEOPLE)
def test_a_deep_page_of_contacts_goes_by_its_keyset_index(email):
    client = Client()
    client.force_login(User.objects.get(email=email))
    page = client.get("/contacts/?sort=name").content.decode()
    following = re.search(r'href="([^"]*after=[^"]*)"', page)
    assert following, "the first page links to the next one"
    path = "/contacts/" + following.group(1).replace("&amp;", "&").removeprefix("/contacts/")
    assert sequential(path, email) == []
    assert {"contact_name", "contact_owner_name"} & indexes(path, email)
    assert not any(
        n["Node Type"] == "Sort" and n["Plan Rows"] > 5000 for _s, plan in plans_of(email, path) for n in plan
    )


@pytest.mark.parametrize("email", PEOPLE)
def test_record_pages_read_no_big_table_from_end_to_end(email):
    user = User.objects.get(email=email)
    star = Contact.objects.get(last_name="Evergreen")
    mine = Contact.objects.visible_to(user).filter(company__isnull=False).order_by("id")[0]
    deal = Deal.objects.visible_to(user).order_by("id")[0]
    paths = [f"/contacts/{mine.pk}/", f"/companies/{mine.company_id}/", f"/deals/{deal.pk}/"]
    if email == "admin@demo.test":
        paths.append(f"/contacts/{star.pk}/")
    assert [found for path in paths for found in sequential(path, email)] == []


def test_a_contact_with_many_activities_reads_only_its_first_page_of_them():
    star = Contact.objects.get(last_name="Evergreen")
    used = indexes(f"/contacts/{star.pk}/", "admin@demo.test")
    assert "activitycontact_timeline" in used


@pytest.mark.parametrize(
    ("email", "index"), list(zip(PEOPLE, ["contact_touched_words", "contact_owner_touched_words"], strict=True))
)
def test_a_search_reads_a_stretch_of_the_index_that_carries_the_words(email, index, monkeypatch):
    """Without a look at the rows of the table: an index-only scan, whose limit ends it."""
    monkeypatch.setattr(stretches, "SEEN", 600)
    found = [
        node
        for statement, plan in plans_of(email, "/search/?q=anderss")
        for node in plan
        if node.get("Index Name") == index and "contacts_contact" in statement
    ]
    assert found
    assert {node["Node Type"] for node in found} == {"Index Only Scan"}
    assert sequential("/search/?q=anderss", email) == []


def test_fragment_search_goes_by_the_trigram_index():
    assert "contact_search" in indexes("/contacts/?q=evergreen", "admin@demo.test")


def test_what_was_done_by_a_past_day_is_found_by_time():
    """Of history, which grows in the order of time, only the stretches of those days can be read (N8).

    A table of a thousand pages is near the size at which reading all of it costs as little, in its own order or by another
    index: these ways are closed here.
    """
    day = timezone.localdate() - dt.timedelta(days=60)
    done = Done(day - dt.timedelta(days=13), day, as_of=day)
    owner = connection.owner_connection()  # as the database does by itself: history is the owner's
    with owner.cursor() as cursor:
        cursor.execute("ANALYZE activities_activityhistory")
    owner.close()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_indexonlyscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT h.user_id {THEN}", done.params(None))
        [plan] = cursor.fetchone()
    used = list(nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))
    assert "activiti_activity_h_time" in {node.get("Index Name") for node in used}
