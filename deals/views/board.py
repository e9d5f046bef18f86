"""The board's address: page, more cards of a column, counts, filters, and what others changed."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from crm.kernel.core.htmx import is_fragment
from crm.kernel.core.http import Request
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.pages import bad_query_response, list_response
from deals.board import Board
from deals.days import AS_OF, tidy_address
from deals.past_board import PastBoard

PASSED_ON = ("count", "panel")


@login_required
@require_safe
def board(request: Request) -> HttpResponse:
    """Show a pipeline as columns of cards, with `as_of` as it stood on a past day (N8).

    With `stage` and `after` in the address: that column's next cards.
    """
    if (tidy := tidy_address(request)) is not None:
        return redirect(tidy)
    kind: type[Board] = PastBoard if AS_OF in request.GET else Board
    if any(name in request.GET for name in PASSED_ON):
        return list_response(request, kind)
    try:
        page = kind(request)
        if "stage" in page.data:
            if not is_fragment(request):
                return redirect(f"{reverse('deals:deal_list')}?stage={page.more().stage.pk}")
            return render(request, "deals/board.html#more", {"column": page.more(), "board": page})
        context = {"board": page, "list": page, "chips": page.chips, "columns": page.board_columns()}
        # All open stages are to fit: the sidebar is a rail here unless the person has unfolded it.
        rail = request.COOKIES.get("nav") != "wide"
        return render(request, kind.template, context | {"stamp": Board.stamp(), "nav_rail": rail})
    except BadQuery as error:
        return bad_query_response(request, Board.title, error)


@login_required
@require_safe
def board_past(request: Request) -> HttpResponse:
    """Lead to the board as of the end of the last week, where one goes on to any day (N8); to today's without records."""
    moments = Board(request).moments
    return redirect(moments.url_of(moments.way_in) if moments else reverse("deals:board"))


@login_required
@require_safe
def board_changes(request: Request) -> HttpResponse:
    """Say what others changed on the board since `stamp`: nothing (204), or the columns that differ from those sent.

    `e-<stage>` are the marks of the columns as the browser has them; only others are sent, to be morphed in.
    """
    stamp = Board.stamp()
    if request.GET.get("stamp") == stamp:
        return HttpResponse(status=204)
    try:
        page = Board(request)
        columns = page.board_columns()
    except BadQuery as error:
        return bad_query_response(request, Board.title, error)
    changed = [column for column in columns if request.GET.get(f"e-{column.key}") != column.etag]
    context = {"board": page, "list": page, "columns": columns, "changed": changed, "stamp": stamp}
    return render(request, "deals/board.html#changes", context)
