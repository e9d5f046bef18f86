"""The request as our middleware leaves it, for the types of views."""

from typing import Any

from django.http import HttpRequest

from .changes import Actor


class Request(HttpRequest):
    """A request of a person who is logged in: `actor` acts for them (U5)."""

    actor: Actor
    user: Any
    htmx: Any
