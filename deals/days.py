"""The chooser of past days on boards and lists (N8), and addresses that name a day."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.http import HttpRequest

from crm.kernel.core.remember import remembered
from crm.kernel.workspace.models import Workspace

from .metrics.moments import Moments, first_day

AS_OF = "as_of"

known_first_day = remembered(first_day)


def moments_of(page: Any, kept: Collection[str] = (), sorts: Collection[str] = ()) -> Moments | None:
    """Return the chooser of days of a list page, None before there is any record.

    From today the way into the past keeps the parameters in `kept` and an order in `sorts`: not all is recorded.
    """
    first = known_first_day()
    if first is None:
        return None
    day = getattr(page, "day", None)

    def url_of(to: dt.date | None) -> str:
        changes: dict[str, str | None] = {}
        if to is not None and day is None:
            changes = {name: None for name in page.data if name not in kept}
            if (page.data.get("sort") or "").removeprefix("-") not in sorts:
                changes["sort"] = None
        return page.url + page.query(**changes, as_of=to.isoformat() if to else None).removesuffix("?")

    return Moments(day, first, url_of)


def tidy_address(request: HttpRequest) -> str | None:
    """Return the address that says the same by a past day alone; None if it does so already.

    Today and an empty day are no past day; `week` is the place of the slider. What is rubbish is left to be refused.
    """
    data, week = request.GET.copy(), request.GET.get("week", "")
    focus = ""
    if week.isdecimal() and len(week) < 6 and (first := known_first_day()) is not None:
        del data["week"]
        data[AS_OF] = Moments(None, first, str).mark_at(int(week)).isoformat()
        focus = "#as-of-range"  # whoever moves the slider by keys goes on from there
    elif AS_OF in data and data[AS_OF] in ("", Workspace.current().today().isoformat()):
        del data[AS_OF]
    else:
        return None
    return f"{request.path}?{data.urlencode()}{focus}" if data else request.path
