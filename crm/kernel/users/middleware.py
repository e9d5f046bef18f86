"""Gives every request its person's time zone, language and actor; leads an empty installation to its set-up."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from crm.kernel.core.changes import Actor

from .services.setup import installed

# What must answer before anybody can log in: the set-up itself, and the probes of whoever runs the machine.
OPEN_BEFORE_SETUP = ("/setup/", "/healthz", "/readyz", "/static/")


class PersonMiddleware:
    """Activates the zone and language of the person who is logged in, and sets `request.actor` (None for strangers)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the person's zone and language."""
        user = request.user
        request.actor = None  # type: ignore[attr-defined]
        if not user.is_authenticated:
            if not request.path.startswith(OPEN_BEFORE_SETUP) and not installed():
                return redirect("users:setup")
            return self.get_response(request)
        request.actor = Actor.of(user)  # type: ignore[attr-defined]
        with timezone.override(user.zone), translation.override(user.locale):
            return self.get_response(request)
