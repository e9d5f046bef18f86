"""Who may open a page at all: views for holders of a right (U2)."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def flag_required(flag: str) -> Callable[[View], View]:
    """Let only people with a flag of U2 open the view: strangers go to the sign-in, others get a 403."""

    def decorate(view: View) -> View:
        @login_required
        @functools.wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.actor.require_flag(flag)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
