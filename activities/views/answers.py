"""How views answer after a command: a toast with Undo, and the page where the person was."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from crm.kernel.core.htmx import close_dialog, is_fragment, refresh, toast, trigger


def came_from(request: HttpRequest, default: str) -> str:
    """Return the page on which a plain form was sent, if it is one of ours, else `default`."""
    url = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()):
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return default


def done(request: HttpRequest, words: Any, default: str, *, undo: bool = True) -> HttpResponse:
    """Say what was done, offer Undo, and show the page again: by htmx in its place, else by a redirect."""
    change = request.actor.last_change if undo else None  # type: ignore[attr-defined]
    toast(request, words, undo=change)
    if not is_fragment(request):
        return redirect(came_from(request, default))
    response = HttpResponse(status=204)
    close_dialog(response)
    refresh(response)
    trigger(response, "crm:counts")
    return response
