"""Fragments chosen by the server, toasts that arrive, redirects that htmx can follow, answers that no cache keeps."""

import json
import uuid

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.shortcuts import redirect
from django.test import RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxMiddleware

from crm.kernel.core import htmx
from crm.kernel.core.middleware import FragmentCacheMiddleware

FRAGMENTS = {"results": "results"}
ASKED_BY_HTMX = {"HX-Request": "true", "HX-Target": "results", "HX-Current-URL": "http://testserver/contacts/?page=2"}


class Stranger:
    is_authenticated = False


class Known:
    is_authenticated = True


def answer(view, *, headers=None, user=Known):
    """Send a request through the middlewares that stand around a view; return it and its answer."""
    request = RequestFactory().get("/contacts/", headers=headers or {})
    request.user = user()
    inner = HtmxMiddleware(FragmentCacheMiddleware(view))
    response = SessionMiddleware(MessageMiddleware(inner))(request)
    return request, response


def events(response) -> dict:
    return json.loads(response.headers.get("HX-Trigger", "{}"))


@pytest.mark.parametrize(
    ("headers", "template"),
    [
        ({}, "page.html"),
        (ASKED_BY_HTMX, "page.html#results"),
        ({**ASKED_BY_HTMX, "HX-Target": "secret"}, "page.html"),
        ({**ASKED_BY_HTMX, "HX-History-Restore-Request": "true"}, "page.html"),
        ({**ASKED_BY_HTMX, "HX-Boosted": "true"}, "page.html"),
    ],
)
def test_the_server_picks_the_fragment(headers, template):
    _request, response = answer(
        lambda request: HttpResponse(htmx.page_or_fragment(request, "page.html", FRAGMENTS)), headers=headers
    )
    assert response.content.decode() == template


def test_fragments_are_never_stored_and_told_apart():
    _request, fragment = answer(lambda request: HttpResponse("x"), headers=ASKED_BY_HTMX)
    _request, page = answer(lambda request: HttpResponse("x"))
    assert fragment.headers["Cache-Control"] == "no-store"
    assert page.headers["Cache-Control"] == "private, no-cache"
    for response in (fragment, page):
        assert "HX-Request" in response.headers["Vary"]
        assert "HX-Target" in response.headers["Vary"]


def test_other_content_is_left_alone():
    _request, response = answer(lambda request: HttpResponse("{}", content_type="application/json"))
    assert "Cache-Control" not in response.headers


def test_a_toast_comes_with_the_fragment():
    change = uuid.uuid4()

    def view(request):
        htmx.toast(request, "Moved “Atlas”", undo=change)
        htmx.toast(request, "And then", "bad", link=("Show it", "/deals/"))
        response = HttpResponse("x")
        htmx.announce(response, "Moved")
        return response

    _request, response = answer(view, headers=ASKED_BY_HTMX)
    sent = events(response)
    assert sent["crm:announce"] == {"text": "Moved"}
    assert sent["crm:toast"]["toasts"] == [
        {"text": "Moved “Atlas”", "tone": "ok", "undo": reverse("audit:undo", args=[change])},
        {"text": "And then", "tone": "bad", "link": ["Show it", "/deals/"]},
    ]


def test_a_toast_is_shown_after_a_redirect():
    def view(request):
        htmx.toast(request, "Saved", link=("Show it", "/deals/"))
        return redirect("/deals/")

    for headers in ({}, ASKED_BY_HTMX):
        request, response = answer(view, headers=headers)
        [message] = get_messages(request)
        assert message.message == "Saved"
        assert json.loads(message.extra_tags) == {"link": ["Show it", "/deals/"]}
        assert "HX-Trigger" not in response.headers


def test_a_redirect_reaches_htmx():
    _request, response = answer(lambda request: redirect("/deals/"), headers=ASKED_BY_HTMX)
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/deals/"
    _request, response = answer(lambda request: redirect("/deals/"))
    assert response.status_code == 302


def test_hx_redirect_serves_both():
    _request, response = answer(lambda request: htmx.hx_redirect(request, "/deals/"), headers=ASKED_BY_HTMX)
    assert response.headers["HX-Redirect"] == "/deals/"
    _request, response = answer(lambda request: htmx.hx_redirect(request, "/deals/"))
    assert response.headers["Location"] == "/deals/"


def test_an_expired_session_leaves_the_page_and_offers_the_sign_in():
    _request, response = answer(
        lambda request: redirect("/login/?next=/contacts/"), headers=ASKED_BY_HTMX, user=Stranger
    )
    assert response.status_code == 401
    assert events(response)["crm:signed-out"]["url"] == "/login/?next=%2Fcontacts%2F%3Fpage%3D2"


def test_typeahead_options_escape_labels():
    request = RequestFactory().get("/options/", {"q": "<b>new</b>"})
    request.user = Known()
    response = htmx.options_response(request, [(1, "<i>Nordhavn</i>", "Copenhagen")], create_label="Create it")
    content = response.content.decode()
    assert "<i>" not in content
    assert "<b>" not in content
    assert content.count('role="option"') == 2


def test_counts_of_the_menu_need_a_login(client, rep):
    response = client.get(reverse("core:nav_counts"))
    assert response.status_code == 302


def test_an_address_of_a_form_shows_a_page_to_whoever_opens_it(client_of, rep):
    client, address = client_of(rep), reverse("notifications:read_all")
    page = client.get(address, headers={"accept": "text/html"})
    assert page.status_code == 405 and page.headers["Allow"] == "POST"
    assert "Nothing was changed" in page.content.decode()
    for headers in (ASKED_BY_HTMX, {"accept": "application/json"}):
        assert client.get(address, headers=headers).content == b""
