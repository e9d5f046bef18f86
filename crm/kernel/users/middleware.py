"""Gives every request its person's time zone, language and actor."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from crm.kernel.core.changes import Actor


class PersonMiddleware:
    """Activates the zone and language of the person who is logged in, and sets `request.actor` (None for strangers)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = None  # type: ignore[attr-defined]
        if not user.is_authenticated:
            return self.get_response(request)
        request.actor = Actor.of(user)  # type: ignore[attr-defined]
        with timezone.override(user.zone), translation.override(user.locale):
            return self.get_response(request)
