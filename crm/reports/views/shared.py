"""What the pages of reports have in common."""

import functools
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.htmx import page_or_fragment
from crm.kernel.core.http import Request
from crm.reports import registry
from crm.reports.asks import NARROWING, PERIOD_PARAMS, Ask, BadAsk
from crm.reports.menus import narrowing
from crm.reports.names import Names
from crm.reports.periods import KINDS
from deals.days import known_first_day, tidy_address
from deals.metrics.moments import Moments

FRAGMENTS = {"report": "report"}


def may_see_reports(user: Any) -> bool:
    """Say whether somebody may open reports at all (U2)."""
    return bool(user.level("report", "view") != "none")


def report_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view of reports: 403 without the right, a 400 page with the sentence for an impossible question."""

    @functools.wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_see_reports(request.user):
            raise PermissionDenied("No right to reports.")
        if (address := tidy_address(request)) is not None:
            return redirect(address)
        if request.method == "GET" and any(value == "" for value in request.GET.values()):
            asked = {name: value for name, value in request.GET.items() if value}
            return redirect(f"{request.path}?{urlencode(asked)}" if asked else request.path)  # an address to keep
        try:
            return view(request, *args, **kwargs)
        except BadAsk as error:
            without = request.GET.copy()
            without.pop(error.name, None)
            context = {
                "message": error.message,
                "without": f"{request.path}?{without.urlencode()}" if without else request.path,
                "title": _("Reports"),
            }
            template = page_or_fragment(request, "reports/bad.html", {"report": "message"})
            return render(request, template, context, status=400)

    return guarded


def frame(request: Request, ask: Ask, filters: tuple[str, ...], names: Names) -> dict[str, Any]:
    """Return what the bars above a report need: tabs, period, filters."""
    return {
        "ask": ask,
        "reports": registry.grouped(),
        "filters": filters,
        "kinds": KINDS.items(),
        "period_links": {
            kind: "?"
            + ask.query(
                period=kind, on=min(ask.period.end, max(ask.today, ask.period.start)), **{"from": None, "to": None}
            )
            for kind in KINDS
        },
        "earlier": "?" + with_period(ask, ask.period.previous()),
        "later": "?" + with_period(ask, ask.period.next()),
        "choices": narrowing(ask, filters, names),
        "moments": moments_of(request, ask) if "as_of" in filters else None,
        "state": [(name, value) for name, value in request.GET.items() if name not in NOT_KEPT],
        "names": names,
    }


def moments_of(request: Request, ask: Ask) -> Moments | None:
    """Return the chooser of past days (N8), None before there is any record."""
    first = known_first_day()
    if first is None:
        return None
    show = {"show": request.GET["show"]} if request.GET.get("show") else {}
    return Moments(ask.as_of, first, lambda day: f"{request.path}?{ask.query(as_of=day, **show)}")


NOT_KEPT = ("as_of", "week", "format")  # what the forms of the chooser of days say themselves
TABS = ("forecast", "conversion", "activity", "win-loss", "customers")


def tabs(current: str, request: Request | None = None) -> list[dict[str, Any]]:
    """Return the tabs above all reports: the overview, the common ones, the one that is open, and all.

    What is asked on the page goes along, as far as the other report knows it.
    """
    asked = {name: value for name, value in request.GET.items() if value} if request else {}

    def address(path: str, filters: Collection[str]) -> str:
        known = (*(PERIOD_PARAMS if "period" in filters else ()), *(name for name in NARROWING if name in filters))
        query = urlencode({name: asked[name] for name in known if name in asked})
        return f"{path}?{query}" if query else path

    url = address("/reports/", ("period", *NARROWING))
    found = [{"label": _("Overview"), "url": url, "current": current == "overview"}]
    keys = TABS if current in (*TABS, "overview", "all") else (*TABS, current)
    for key in keys:
        if (report := registry.find(key)) is not None:
            url = address(f"/reports/{key}/", report.filters)
            found.append({"label": report.title, "url": url, "current": key == current})
    return [*found, {"label": _("All reports"), "url": "/reports/all/", "current": current == "all"}]


def with_period(ask: Ask, period: Any) -> str:
    """Return the query string for another period."""
    return ask.query(**{"period": None, "on": None, "from": None, "to": None, **period.query()})
