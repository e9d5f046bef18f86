"""Answers for lists: the page, its rows for htmx, its counts, its filter dialog, and the 400 page."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format

from crm.kernel.core.htmx import is_fragment, page_or_fragment
from crm.kernel.core.http import Request

from .errors import BadQuery
from .lists import COUNTED, ListPage

ROWS = {"results": "fragment"}
FILTERS = {"modal-body": "filters"}
BAD = {"results": "results"}


def list_response(request: Request, kind: type[ListPage], **context: Any) -> HttpResponse:
    """Answer a list's address: `return list_response(request, ContactList)` is a whole view.

    `context` is added to the template's variables. An unknown filter, sort or value answers 400 with a page that
    names it.
    """
    try:
        page = kind(request)
        if page.untidy and not is_fragment(request):
            return redirect(page.url + page.query(**page.places))
        if "count" in page.data:
            return _counts(request, page)
        if page.data.get("panel") == "filters":
            return _filters(request, page)
        values = {"list": page, "page": page.page, "rows": page.rows_html(), "summary": summary(page), **context}
        return render(request, page_or_fragment(request, page.template, ROWS), {**values, "chips": page.chips})
    except BadQuery as error:
        return bad_query_response(request, kind.title, error)


def bad_query_response(request: Request, title: Any, error: BadQuery) -> HttpResponse:
    """Answer an address that a list cannot make sense of: a 400 page that names it, with a link without it."""
    data = request.GET.copy()
    for name in (error.name, "after", "before"):
        data.pop(name, None)
    without = f"{request.path}?{data.urlencode()}" if data else request.path
    template = page_or_fragment(request, "listing/bad_query.html", BAD)
    return render(request, template, {"error": error, "without": without, "title": title}, status=400)


def summary(page: ListPage) -> dict[str, Any]:
    """Return what is known of the number of rows without counting: all of it when everything is on one page."""
    known = page.page.first and page.page.next is None
    return {"total": number(len(page.page.rows)) if known else "", "shown": len(page.page.rows), "known": known}


def number(count: int) -> str:
    """Return a capped count in words: 1,284 or 10,000+."""
    return number_format(min(count, COUNTED), force_grouping=True) + ("+" if count > COUNTED else "")


def _counts(request: Request, page: ListPage) -> HttpResponse:
    counts = [(tab["view"].key, number(page.view_count(tab["view"]))) for tab in page.tabs if tab["view"].counted]
    context = {"list": page, "total": number(page.count()), "counts": counts}
    return render(request, "listing/counts.html", context)


def _filters(request: Request, page: ListPage) -> HttpResponse:
    fields = {
        name: field for each in page.filters for name, field in each.form_fields(page.values[each.key], page).items()
    }
    form = type("FilterForm", (forms.Form,), fields)(auto_id="filter_%s")
    kept = [(name, value) for name, value in page.state if name not in fields]
    if page.typed:
        kept.append(("q", page.typed))
    context = {"list": page, "form": form, "kept": kept, "focus": page.data.get("focus", "")}
    return render(request, page_or_fragment(request, "listing/filters.html", FILTERS), context)
