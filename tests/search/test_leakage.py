"""A rep of another team never sees, counts or completes a hidden record, whatever they ask (U3; issue 3, "must be shown" 4).

Generated: every list page with all its filters, sorts and views, every typeahead of the resolver, the search page and the
palette are asked as `stranger` and must say exactly what they say in a workspace without the hidden records. What others
add is covered as soon as it is a list, a `*_options` view, or named in `ADDRESSES`.
"""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver

from activities.services.files import add_files
from activities.services.recording import ActivityRow, log_activity
from activities.services.tasks import TaskRow, create_task
from contacts.services import create_company, create_contact
from crm.kernel.core.changes import Actor
from crm.kernel.listing.lists import ListPage
from deals.services import create_deal

pytestmark = pytest.mark.django_db

SECRET = "Zyxwvut"
# Addresses that answer with records and are no list and no typeahead.
ADDRESSES = ["/search/", "/search/palette/", "/", "/nav/counts/", "/search/favourites/"]
WORDS = [
    SECRET, SECRET[:4], "zy", "zyxwvut@hidden.example", "+45 31 55 99 87", "Zyxwvtu", "owner:raman", "tag:secret",
    "company:open", "email:zyxwvut", "phone:315599", f"type:note {SECRET}",
]  # fmt: skip


@pytest.fixture
def hidden(rep, manager, pipeline):
    """One of everything of the east team, all of it called by a word that nothing else has; companies are seen by all."""
    actor = Actor.of(rep)
    company = create_company(values={"name": "Open Company", "owner": rep}, actor=actor)
    person = create_contact(
        values={
            "first_name": SECRET, "last_name": "Hidden", "emails": ["zyxwvut@hidden.example"], "phones": ["+4531559987"],
            "owner": rep, "company": company, "tags": ["secret"], "job_title": f"{SECRET} officer",
        },
        actor=actor,
    )  # fmt: skip
    deal = create_deal(
        title=f"{SECRET} deal", owner=rep, contacts=[(person.pk, "")], amount=777_123, tags=["secret"], actor=actor
    )
    row = ActivityRow(type="note", subject=SECRET, body=f"about {SECRET}", contact_ids=(person.pk,), deal_id=deal.pk)
    log_activity(row=row, actor=actor)
    create_task(row=TaskRow(title=f"{SECRET} task", contact_id=person.pk, deal_id=deal.pk), actor=actor)
    add_files(record=deal, uploads=[SimpleUploadedFile(f"{SECRET}.txt", b"x")], actor=actor)
    return company, person, deal


def lists():
    """Return every list page that an app declares, however deep its class stands."""

    def below(kind):
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    return [
        kind for kind in below(ListPage) if getattr(kind, "url_name", "") and not kind.__module__.startswith("tests")
    ]


def options():
    """Return the routes of all typeaheads: views called `..._options`."""
    found = []

    def walk(patterns, prefix):
        for each in patterns:
            if hasattr(each, "url_patterns"):
                if each.namespace != "admin":
                    walk(each.url_patterns, prefix + str(each.pattern))
            elif (each.name or "").endswith("_options"):
                found.append("/" + prefix + str(each.pattern))

    walk(get_resolver().url_patterns, "")
    kinds = ("contact", "company", "deal")
    return [re.sub(r"<[^>]+>", kind, route) for route in found for kind in (kinds if "<" in route else ("",))]


def list_addresses():
    """Return the addresses of all lists in all their orders and views, with their counts, and searched."""
    from django.urls import NoReverseMatch, reverse

    for kind in lists():
        try:
            url = reverse(kind.url_name)
        except NoReverseMatch:
            continue
        queries = ["", "?count=1"]
        queries += [f"?sort={sort.key}" for sort in kind.sorts]
        for view in kind.views:
            params = "&".join(
                f"{k}={v}" for k, vs in view.params.items() for v in (vs if isinstance(vs, list) else [vs])
            )
            queries.append(f"?{params}")
        keys = {param for each in kind.filters for param in each.params}
        queries += [f"?{key}={value}" for key in keys & {"owner", "who", "assignee"} for value in ("me", "team")]
        queries += ["?tag=secret"] if "tag" in keys else []
        if kind.search is not None:
            queries += [f"?q={word}" for word in ("zy", "31559987", "owner:raman")]
            queries += [f"?q={SECRET}&count=1"]
        yield from (url + query for query in queries)


def test_a_stranger_meets_nothing_of_it_on_any_list(hidden, stranger, client_of):
    client = client_of(stranger)
    asked = 0
    for address in list_addresses():
        response = client.get(address, follow=True)
        assert response.status_code in (200, 403), address
        told = _without_echo(response.content.decode())
        assert SECRET.casefold() not in told.casefold(), address
        assert "777,123" not in told, address
        if "count=1" in address and "/companies/" not in address:
            assert not re.search(r'id="list-total"[^>]*>\s*[1-9]', told), f"{address} counts what is hidden"
        asked += 1
    assert asked > 40


def test_no_typeahead_completes_it(hidden, stranger, rep, client_of):
    addresses = options()
    assert {"/contacts/options/", "/tasks/options/deal/"} <= set(addresses)
    client = client_of(stranger)
    for address in addresses:
        for word in WORDS[:6]:
            told = _without_echo(client.get(address, {"q": word}).content.decode())
            assert SECRET.casefold() not in told.casefold(), (address, word)
    assert SECRET in client_of(rep).get("/contacts/options/", {"q": SECRET[:4]}).content.decode()


def test_no_search_finds_or_counts_it(hidden, stranger, rep, client_of):
    client = client_of(stranger)
    for address in ADDRESSES:
        assert SECRET.casefold() not in client.get(address).content.decode().casefold(), address
    for word in WORDS:
        for address, more in (("/search/", {"all": "1"}), ("/search/palette/", {})):
            told = _without_echo(client.get(address, {"q": word, **more}).content.decode())
            assert SECRET.casefold() not in told.casefold(), (address, word)
    for kind in ("contact", "deal", "activity", "task"):
        told = client.get("/search/", {"q": SECRET, "type": kind}).content.decode()
        assert SECRET.casefold() not in _without_echo(told).casefold(), kind
        assert "data-row-link" not in told
    page = client_of(rep).get("/search/", {"q": SECRET, "all": "1"}).content.decode()
    assert page.count("data-row-link") == 4  # the person, the deal, the note, the task


def test_its_pages_and_files_are_not_there(hidden, stranger, client_of):
    _company, person, deal = hidden
    file = deal.attachments.get()
    client = client_of(stranger)
    for address in (
        f"/contacts/{person.pk}/", f"/deals/{deal.pk}/", f"/files/{file.pk}/download/", f"/files/deal/{deal.pk}/",
        f"/timeline/contact/{person.pk}/", f"/history/deal/{deal.pk}/",
    ):  # fmt: skip
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 404, address


def _without_echo(page):
    """Return a page without what repeats the question: its own address, the search field, the sentence on nothing found."""
    page = re.sub(r'(?:value|href|hx-get|data-label|hx-push-url|action|data-q)="[^"]*"', "", page)
    page = re.sub(r"<title>.*?</title>", "", page, flags=re.S)
    return re.sub(r"“[^”]*”", "", page)
