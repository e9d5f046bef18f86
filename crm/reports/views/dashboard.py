"""The overview of sales."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.kernel.core.htmx import page_or_fragment
from crm.kernel.core.http import Request
from crm.kernel.listing.exports.writing import FORMATS
from crm.reports.asks import BadAsk, read_ask
from crm.reports.dashboard import DEFINITIONS, Dashboard
from crm.reports.kept import kept, key_of

from .shared import FRAGMENTS, frame, report_view, tabs

FILTERS = ("period", "pipeline", "team", "person", "as_of")


@login_required
@require_safe
@report_view
def overview(request: Request) -> HttpResponse:
    """Show the overview for a period, against the one before."""
    ask = read_ask(request.actor, request.GET)
    show = request.GET.get("show") or "chart"
    if show not in ("chart", "table"):
        raise BadAsk(_("The forecast is shown as chart or table."), "show")
    board = Dashboard(ask)
    context = {
        **frame(request, ask, FILTERS, board.names),
        "body": body_of(request, board, show),
        "show": show,
        "tabs": tabs("overview", request),
        "numbers": DEFINITIONS,
        **board.beside_today,
        "options": (),
        "formats": FORMATS.items() if request.actor.may("export") else (),
        "may_mail": request.user.level("report", "edit") != "none",
        "may_set_targets": request.actor.may("settings") or request.user.level("report", "edit") in ("team", "all"),
    }
    return render(request, page_or_fragment(request, "reports/dashboard.html", FRAGMENTS), context)


def body_of(request: Request, board: Dashboard, show: str) -> SafeString:
    """Return the figures as HTML, kept while nothing that they stand on has changed (and a minute at most).

    They depend on the question, the person's rights and the language, and hold no token.
    """
    person = (request.user.pk, request.user.role_id, request.user.team_id, get_language())
    key = ("overview", *key_of(board.ask.window), board.ask.query(), person, show)
    values = {"board": board, "ask": board.ask, "show": show, "told_at": timezone.now()}
    return kept(board.stamp, key, lambda: render_to_string("reports/_dashboard.html", values, request))
