"""A look at a record beside its list: `Space` on a row opens the drawer with what the record's own address answers for it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .htmx import is_fragment


def is_peek(request: HttpRequest) -> bool:
    """Return whether the drawer asks, not somebody who opens the page."""
    return is_fragment(request) and request.headers.get("HX-Target") == "drawer-body"


def peek(request: HttpRequest, record: Any, *, title: str, subtitle: str, lines: list[dict[str, Any]]) -> HttpResponse:
    """Answer the drawer: the filled fields of a record, and what other apps put into the place `<kind>.peek`.

    `lines` are those of the record's page without the right to edit; it does not count as opening the record.
    """
    context = {
        "record": record,
        "title": title,
        "subtitle": subtitle,
        "lines": [line for line in lines if line["value"] or line["html"]],
        "place": f"{record.kind}.peek",
        "url": request.path,
    }
    return render(request, "components/peek.html", context)
