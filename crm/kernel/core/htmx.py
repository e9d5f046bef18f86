"""Answers to htmx: fragments of a page, toasts, announcements, dialogs and redirects.

A view answers page and fragment from one address: the server picks the fragment by `HX-Target` from a list of its own.
What a view wants to say goes through `toast()`; the middleware delivers it with a fragment or after a redirect.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

LEVELS = {"ok": messages.SUCCESS, "warn": messages.WARNING, "bad": messages.ERROR}


def is_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of a page; a restored or boosted page is a whole one."""
    details = getattr(request, "htmx", None)
    return details is not None and bool(details) and not details.history_restore_request and not details.boosted


def page_or_fragment(request: HttpRequest, template: str, fragments: Mapping[str, str]) -> str:
    """Return `template`, or `template#partial` when htmx's target is a key of `fragments`."""
    if is_fragment(request):
        partial = fragments.get(request.htmx.target or "")  # type: ignore[attr-defined]
        if partial:
            return f"{template}#{partial}"
    return template


def hx_redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another page, whether htmx asked or a plain form.

    `django.shortcuts.redirect` does the same: the middleware turns a redirect into this for htmx.
    """
    if is_fragment(request):
        return HttpResponse(status=200, headers={"HX-Redirect": url})
    return HttpResponse(status=302, headers={"Location": url})


def trigger(response: HttpResponseBase, event: str, detail: Any = None) -> None:
    """Let htmx fire an event in the browser when the response arrives; several calls add up."""
    events: dict[str, Any] = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[event] = detail
    response.headers["HX-Trigger"] = json.dumps(events, cls=DjangoJSONEncoder)


def toast(
    target: HttpRequest | HttpResponseBase,
    text: Any,
    tone: str = "ok",
    undo: Any = None,
    link: tuple[Any, str] | None = None,
) -> None:
    """Tell the person what just happened.

    `target` is the request (the usual way: the toast comes with the fragment, or after the redirect) or a fragment's
    response. `undo` is the id of the change-set that the toast's button undoes, `link` a pair (words, address).
    """
    content: dict[str, Any] = {"text": str(text), "tone": tone}
    if undo is not None:
        content["undo"] = reverse("audit:undo", args=[undo])
    if link is not None:
        content["link"] = [str(link[0]), link[1]]
    if isinstance(target, HttpResponseBase):
        _add_toasts(target, [content])
    elif is_fragment(target):
        _pending(target).append(content)
    else:
        _store(target, content)


def announce(response: HttpResponseBase, text: Any) -> None:
    """Have screen readers say a line once the fragment has arrived."""
    trigger(response, "crm:announce", {"text": str(text)})


def in_order() -> HttpResponse:
    """Answer a change of order that the page shows already: nothing to swap, so the focus stays on the row moved."""
    response = HttpResponse(status=204)
    announce(response, _("The new order is saved"))
    return response


def close_dialog(response: HttpResponseBase) -> None:
    """Close the open dialog; focus goes back to what opened it."""
    trigger(response, "crm:close-dialog", {})


def refresh(response: HttpResponseBase) -> None:
    """Have the page fetch itself again and morph, keeping scroll and focus."""
    trigger(response, "crm:refresh", {})


def options_response(
    request: HttpRequest,
    options: list[tuple[Any, ...]],
    *,
    create_label: str = "",
) -> HttpResponse:
    """Answer a typeahead: rows (value, label) or (value, label, second line).

    `create_label` adds a last row that takes over the typed text as a new name (an empty value is sent).
    """
    rows = [{"value": row[0], "label": row[1], "sub": row[2] if len(row) > 2 else ""} for row in options]
    context = {"options": rows, "create_label": create_label, "query": request.GET.get("q", "").strip()}
    return render(request, "components/options.html", context)


def deliver_toasts(request: HttpRequest, response: HttpResponseBase) -> None:
    """Send the toasts of an htmx request with the fragment, or keep them for the page that it leads to."""
    pending = _pending(request)
    if not pending:
        return
    leaves = any(name in response.headers for name in ("HX-Redirect", "HX-Refresh", "HX-Location"))
    if leaves or response.status_code in (301, 302, 303, 307, 308):
        for content in pending:
            _store(request, content)
    else:
        _add_toasts(response, pending)
    pending.clear()


def _pending(request: HttpRequest) -> list[dict[str, Any]]:
    if not hasattr(request, "_toasts"):
        request._toasts = []  # type: ignore[attr-defined]
    return request._toasts  # type: ignore[attr-defined]


def _store(request: HttpRequest, content: dict[str, Any]) -> None:
    extra = {key: value for key, value in content.items() if key in ("undo", "link")}
    level = LEVELS.get(content["tone"], messages.INFO)
    messages.add_message(request, level, content["text"], extra_tags=json.dumps(extra) if extra else "")


def toast_parts(extra_tags: str) -> dict[str, Any]:
    """Return what a message that waited for the next page offers: `undo` (an address), `link` (words, address)."""
    try:
        parts = json.loads(extra_tags)
    except ValueError:  # tags that another library gave its message
        return {}
    return parts if isinstance(parts, dict) else {}


def _add_toasts(response: HttpResponseBase, toasts: list[dict[str, Any]]) -> None:
    events: dict[str, Any] = json.loads(response.headers.get("HX-Trigger", "{}"))
    sent = events.get("crm:toast", {}).get("toasts", [])
    trigger(response, "crm:toast", {"toasts": [*sent, *toasts]})
