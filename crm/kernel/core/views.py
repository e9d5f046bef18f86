"""The few addresses that belong to the frame of the pages and to no app."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
