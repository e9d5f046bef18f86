"""The few addresses that belong to the frame of the pages and to no app."""

import sys

from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from . import navigation


@login_required
@require_safe
def nav_counts(request: HttpRequest) -> HttpResponse:
    """Return the numbers beside the menu entries, each put in its place out of band."""
    counts = [
        {"key": item.key, "count": item.count(request.user)}
        for item in navigation.main.for_user(request.user)
        if item.count is not None
    ]
    response = render(request, "components/nav_counts.html", {"counts": counts})
    response.headers["Cache-Control"] = "private, max-age=15"  # going from page to page asks once
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what broke: 500, or 503 if the database is away or too busy, which passes. Django has logged the error."""
    passing = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    response = HttpResponse(render_to_string("503.html" if passing else "500.html"), status=503 if passing else 500)
    if passing:
        response.headers["Retry-After"] = "5"
    return response
