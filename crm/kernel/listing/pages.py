"""Answers for lists: the page, its rows for htmx, its counts, its filter dialog, and the 400 page."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.kernel.core.htmx import is_fragment, page_or_fragment
from crm.kernel.core.http import Request

from . import builder
from .errors import BadQuery
from .layouts import SIZES, WIDTHS
from .lists import COUNTED, ListPage
from .totals import all_totals, estimated_rows, page_totals

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
        if page.untidy and not page.data.get("panel") and not is_fragment(request):
            return redirect(page.url + page.query(**page.places))
        if (start := _start(request, page)) is not None:
            return redirect(start)
        if "count" in page.data:
            return _counts(request, page)
        if (panel := PANELS.get(page.data.get("panel") or "")) is not None:
            return panel(request, page)
        values = {"list": page, "page": page.page, "rows": page.rows_html(), "summary": summary(page), **context}
        if page.has_totals:
            values["totals"] = page_totals(page)
        return render(request, page_or_fragment(request, page.template, ROWS), {**values, "chips": page.chips})
    except BadQuery as error:
        return bad_query_response(request, kind.title, error)


def bad_query_response(request: Request, title: Any, error: BadQuery) -> HttpResponse:
    """Answer an address that a list cannot make sense of: a 400 page that names it, with a link without it."""
    data = request.GET.copy()
    for name in (error.name, "after", "before"):
        data.pop(name, None)
    if error.rest:
        data[error.name] = error.rest
    without = f"{request.path}?{data.urlencode()}" if data else request.path
    template = page_or_fragment(request, "listing/bad_query.html", BAD)
    return render(request, template, {"error": error, "without": without, "title": title}, status=400)


def _start(request: Request, page: ListPage) -> str | None:
    """Return where a bare address leads: to the view with which the person opens this list; or a saved view's state."""
    if is_fragment(request) or not page.personal:
        return None
    if not request.GET and (own := page.preferences.get("")) is not None and own.opens:
        return page.address_of_key(own.opens)
    if page.view is not None and page.view.query and list(request.GET) == ["view"]:
        return page.address_of_saved(page.view)
    return None


def summary(page: ListPage) -> dict[str, Any]:
    """Return what is known of the number of rows without counting: all of it when everything is on one page."""
    known = page.page.first and page.page.next is None
    return {"total": number(len(page.page.rows)) if known else "", "shown": len(page.page.rows), "known": known}


def number(count: int) -> str:
    """Return a capped count in words: 1,284 or 10,000+."""
    return number_format(min(count, COUNTED), force_grouping=True) + ("+" if count > COUNTED else "")


def about(page: ListPage, count: int) -> str:
    """Return a capped count in words; beyond 10,000 what the database expects, to two digits: no full scan (U3)."""
    if count <= COUNTED:
        return number(count)
    expected = int(estimated_rows(page.filtered()))
    if expected <= COUNTED:
        return number(count)
    step = 10 ** (len(str(expected)) - 2)
    return _("about %(n)s") % {"n": number_format(expected // step * step, force_grouping=True)}


def _counts(request: Request, page: ListPage) -> HttpResponse:
    counts = [(tab["key"], number(page.view_count(tab["view"]))) for tab in page.tabs if tab["counted"]]
    found = page.count()
    totals = all_totals(page) if 0 < found <= COUNTED and page.has_totals else {}
    context = {"list": page, "total": about(page, found), "some": bool(found), "counts": counts, "totals": totals}
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


def _columns(request: Request, page: ListPage) -> HttpResponse:
    """The chooser of columns, density and page size."""
    if not page.personal:
        raise BadQuery("panel", "columns")
    shown = page.shown
    hidden = [column for column in page.on_offer.values() if column not in shown]
    columns = [(column, True) for column in shown if not column.fixed] + [(column, False) for column in hidden]
    rows = [
        {"column": column, "shown": on, "first": column is page.columns[0], "widths": _widths(page, column.key)}
        for column, on in columns
    ]
    context = {
        "list": page, "rows": rows, "layout": page.layout, "sizes": SIZES, "query": page.query()[1:],
        "view": page.view_key if page.view else "",
    }  # fmt: skip
    return render(request, page_or_fragment(request, "listing/columns.html", {"modal-body": "dialog"}), context)


def _widths(page: ListPage, key: str) -> list[tuple[int, str, bool]]:
    """Return the widths on offer for a column; 0 is as wide as its content."""
    present = page.layout.widths.get(key, 0)
    offered = sorted({0, present, *WIDTHS})
    return [(each, _("%(n)s px") % {"n": each} if each else _("Automatic"), each == present) for each in offered]


def _sorting(request: Request, page: ListPage) -> HttpResponse:
    """The form that sorts by several columns: what it sends is put into one parameter."""
    if "by" in page.data:
        pairs = zip(page.data.getlist("by"), page.data.getlist("way"), strict=False)
        keys = list(dict.fromkeys(f"-{by}" if way == "reverse" else by for by, way in pairs if by))
        return redirect(page.url + page.query(sort=",".join(keys) or None, by=None, way=None))
    kept = [(name, value) for name, value in page.state if name != "sort"]
    if page.typed:
        kept.append(("q", page.typed))
    sorts = sorted(page.sort_options.values(), key=lambda each: str(each.label).casefold())
    context = {"list": page, "rows": page.sort_rows(), "sorts": sorts, "kept": kept}
    return render(request, page_or_fragment(request, "listing/sort.html", {"modal-body": "dialog"}), context)


def _where(request: Request, page: ListPage) -> HttpResponse:
    """The filter builder; "Show" leads to the list, the other buttons to the form as they leave it."""
    button = page.data.get("do") or ""
    sent = any(builder.PARAMETER.fullmatch(name) for name in page.data)
    box = builder.read(page.data, page.condition_fields) if sent else builder.of_group(page.where)
    status = 200
    if button == "show":
        group = builder.to_group(box, page)
        if group is not None:
            gone = dict.fromkeys(name for name in page.data if builder.PARAMETER.fullmatch(name))
            return redirect(page.url + page.query(**{**gone, "where": builder.where_of(group), "do": None}))
        status = 422
    builder.change(box, button)
    kept = [(name, value) for name, value in page.state if name != "where" and not builder.PARAMETER.fullmatch(name)]
    if page.typed:
        kept.append(("q", page.typed))
    context = {"list": page, "root": builder.shown(box, page), "fields": builder.field_groups(page), "kept": kept}
    template = page_or_fragment(request, "listing/where.html", {"modal-body": "dialog"})
    return render(request, template, context, status=status)


def _row(request: Request, page: ListPage) -> HttpResponse:
    """One row, after one of its cells was edited; 404 if it is not to be seen any more."""
    try:
        found = page.row_html(str(UUID(page.data.get("focus") or "")))
    except ValueError as error:
        raise BadQuery("focus", page.data.get("focus") or "") from error
    return HttpResponse(found, status=200 if found else 404)


PANELS = {"row": _row, "where": _where, "filters": _filters, "columns": _columns, "sort": _sorting}
