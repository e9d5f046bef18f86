"""How pages and fragments travel: caching, redirects that htmx can follow, toasts that arrive where they should."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers

from .htmx import deliver_toasts, is_fragment, trigger


class NotAllowedPageMiddleware:
    """Show a page to whoever opens an address that only takes what forms send; Django would answer with nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; give an empty 405 to a person's visit the dress of the product."""
        response = self.get_response(request)
        visited = request.method == "GET" and not is_fragment(request) and request.accepts("text/html")
        if not (isinstance(response, HttpResponseNotAllowed) and visited):
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class FragmentCacheMiddleware:
    """One address answers page and fragment, so caches must tell them apart and keep neither.

    For htmx it also turns a redirect into `HX-Redirect` (the browser would follow a plain one silently and htmx would
    put a whole page into the fragment's place), and a redirect to the login into a 401 that leaves the page and what
    was typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, then see to redirects, toasts and caching."""
        response: HttpResponseBase = self.get_response(request)
        fragment = is_fragment(request)
        if fragment and 300 <= response.status_code < 400 and response.has_header("Location"):
            response = self._redirect(request, response)
        deliver_toasts(request, response)
        if fragment or response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("HX-Request", "HX-Target"))
            if not response.has_header("Cache-Control"):
                response.headers["Cache-Control"] = "no-store" if fragment else "private, no-cache"
        return response

    def _redirect(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        location = response.headers["Location"]
        login_url = resolve_url(settings.LOGIN_URL)
        if urlsplit(location).path == login_url and request.path != login_url and not request.user.is_authenticated:
            answer = HttpResponse(status=401)
            here = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
            trigger(answer, "crm:signed-out", {"url": f"{login_url}?{urlencode({'next': here})}"})
        else:
            answer = HttpResponse(headers={"HX-Redirect": location})
        answer.cookies = response.cookies
        return answer
