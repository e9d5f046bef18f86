"""Pages of saved views: save, rename and share, update, delete, pin; and the layout of a list."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.core.ids import uuid7
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.layouts import Layout
from crm.kernel.listing.lists import COUNTED, ListPage, list_named
from crm.kernel.listing.pages import bad_query_response, number

from .forms import SharingForm
from .models import ListPreference, SavedView
from .services import change_view, create_view, delete_view, prefer

DIALOG = {"modal-body": "dialog"}
MOST_PINNED = 12


def personal_list(key: str) -> type[ListPage]:
    """Return a list that has layouts and views; raises Http404 for any other."""
    try:
        kind = list_named(key)
    except BadQuery as error:
        raise Http404(str(error)) from error
    if not kind.personal:
        raise Http404(f"The list {key} has no layouts.")
    return kind


def visible_view(request: Request, pk: UUID) -> SavedView:
    """Return a view of a list that the person may use; raises Http404, for views of reports as well."""
    view = SavedView.objects.visible_to(request.actor).filter(pk=pk).first()
    if view is None:
        raise Http404("No such view.")
    personal_list(view.list_key)
    return view


def address(view: SavedView) -> str:
    """Return where a view leads."""
    url = reverse(list_named(view.list_key).url_name)
    return f"{url}?view={view.pk}{'&' if view.query else ''}{view.query}"


def here(request: Request, kind: type[ListPage]) -> str:
    """Return the list's address with the query that the form brought along."""
    query = request.POST.get("query", "")
    url = reverse(kind.url_name)
    return f"{url}?{QueryDict(query).urlencode()}" if query else url


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def view_new(request: Request) -> HttpResponse:
    """Save a list's state under a name: the form (GET `?list=…&query=…`), or save it."""
    data = request.POST if request.method == "POST" else request.GET
    kind = personal_list(data.get("list", ""))
    try:
        page = kind.for_query(data.get("query", ""), request.actor)
    except BadQuery as error:
        return bad_query_response(request, kind.title, error)
    form = SharingForm(
        request.POST if request.method == "POST" else None, auto_id="view_%s", initial={"team": request.user.team_id}
    )
    if form.is_bound and form.is_valid():
        try:
            view = create_view(
                list_key=kind.key, query=page.query(view=None)[1:], layout=page.layout.to_json(), values=form.values(),
                actor=request.actor,
            )  # fmt: skip
        except Refused as error:
            add_refusal(form, error)
        else:
            toast(request, _("View “%(name)s” saved") % {"name": view.name}, undo=request.actor.last_change)
            return redirect(address(view))
    return _form(request, form, _("Save as a view"), list=kind.key, query=page.query(view=None)[1:])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def view_edit(request: Request, pk: UUID) -> HttpResponse:
    """Rename or share a view."""
    view = visible_view(request, pk)
    request.actor.require("edit", view)
    initial = {"name": view.name, "shared": view.shared, "team": view.team_id}
    form = SharingForm(request.POST if request.method == "POST" else None, auto_id="view_%s", initial=initial)
    if form.is_bound and form.is_valid():
        try:
            change_view(view_id=pk, values=form.values(), actor=request.actor)
        except Refused as error:
            add_refusal(form, error)
        else:
            toast(
                request, _("View “%(name)s” changed") % {"name": form.values()["name"]}, undo=request.actor.last_change
            )
            return redirect(address(view))
    return _form(request, form, _("Rename or share “%(name)s”") % {"name": view.name})


def _form(request: Request, form: SharingForm, heading: str, **kept: str) -> HttpResponse:
    context = {"heading": heading, "form": form, "action": request.path, "submit": _("Save"), "kept": kept}
    template = page_or_fragment(request, "listing/view_form.html", DIALOG)
    return render(request, template, {**context, "cancel": "/"}, status=422 if form.errors else 200)


@login_required
@require_POST
def view_update(request: Request, pk: UUID) -> HttpResponse:
    """Let a view be the state in which its list is now: filters, order, columns."""
    view = visible_view(request, pk)
    request.actor.require("edit", view)
    kind = personal_list(view.list_key)
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query["view"] = str(view.pk)
    try:
        page = kind.for_query(query.urlencode(), request.actor)
    except BadQuery as error:
        return bad_query_response(request, kind.title, error)
    values = {"query": "&".join(filter(None, (page.selection, _sort_part(page)))), "layout": page.layout.to_json()}
    view = change_view(view_id=pk, values=values, actor=request.actor)
    ListPreference.objects.filter(user=request.user, list_key=kind.key, view=str(pk)).update(layout={})
    toast(request, _("View “%(name)s” saved") % {"name": view.name}, undo=request.actor.last_change)
    return redirect(address(view))


def _sort_part(page: ListPage) -> str:
    sort = page.data.get("sort") if "sort" not in page.missing_params else ""
    return f"sort={sort}" if sort else ""


@login_required
@require_POST
def view_delete(request: Request, pk: UUID) -> HttpResponse:
    """Delete a view."""
    view = visible_view(request, pk)
    request.actor.require("edit", view)
    delete_view(view_id=pk, actor=request.actor)
    toast(request, _("View “%(name)s” deleted") % {"name": view.name}, undo=request.actor.last_change)
    return redirect(reverse(list_named(view.list_key).url_name))


@login_required
@require_POST
def list_prefer(request: Request, key: str) -> HttpResponse:
    """Pin a view in the sidebar, or open the list with it; `pinned` and `opens` are 1 or 0, `view` says which."""
    kind = personal_list(key)
    view = request.POST.get("view", "")
    if view not in {each.key for each in kind.views}:
        visible_view(request, _uuid(view))
    if "pinned" in request.POST:
        prefer(user=request.user, list_key=key, view=view, pinned=request.POST["pinned"] == "1")
        request.session["pins"] = uuid7().hex[:12]  # the sidebar asks anew instead of showing what it remembers
    if "opens" in request.POST:
        prefer(user=request.user, list_key=key, opens=view if request.POST["opens"] == "1" else "")
    return redirect(here(request, kind))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404("No such view.") from error


@login_required
@require_POST
def list_layout(request: Request, key: str) -> HttpResponse:
    """Keep which columns a person sees, their order, widths, density and page size; `reset` forgets it.

    With `widths=1` only widths are changed, as dragging does.
    """
    kind = personal_list(key)
    view = request.POST.get("view", "")
    if view and view not in {each.key for each in kind.views}:
        visible_view(request, _uuid(view))
    else:
        view = ""
    if "reset" in request.POST:
        prefer(user=request.user, list_key=key, view=view, layout={})
        return redirect(here(request, kind))
    page = kind.for_query(f"view={view}" if view else "", request.actor)
    prefer(user=request.user, list_key=key, view=view, layout=_posted_layout(request.POST, page).to_json())
    if "widths" in request.POST:
        return HttpResponse(status=204)
    return redirect(here(request, kind))


def _posted_layout(data: QueryDict, page: ListPage) -> Layout:
    """Return the layout of the form; columns that the list does not have are left out."""
    widths = {
        name.removeprefix("width-"): _pixels(text)
        for name, text in data.items()
        if name.startswith("width-") and name.removeprefix("width-") in page.on_offer and _pixels(text)
    }
    if "widths" in data:
        return Layout.read({**page.layout.to_json(), "widths": widths})
    return Layout.read(
        {
            "columns": [each for each in data.getlist("column") if each in page.on_offer],
            "widths": widths,
            "density": data.get("density"),
            "size": _pixels(data.get("size")),
        }
    )


def _pixels(text: Any) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 5 else 0


@login_required
@require_safe
def pinned_views(request: Request) -> HttpResponse:
    """The views that the person has pinned, each with the number of its rows, for the sidebar."""
    marks = ListPreference.objects.filter(user=request.user, pinned=True).order_by("list_key", "id")[:MOST_PINNED]
    ids = [mark.view for mark in marks if len(mark.view) == 36]
    saved = {str(view.pk): view for view in SavedView.objects.visible_to(request.actor).filter(pk__in=ids)}
    items = [item for mark in marks if (item := _pinned(request, mark, saved)) is not None]
    response = render(request, "listing/_pinned_items.html", {"views": items})
    response.headers["Cache-Control"] = "private, max-age=15"  # going from page to page asks once
    return response


def _pinned(request: Request, mark: ListPreference, saved: dict[str, SavedView]) -> dict[str, Any] | None:
    try:
        kind = list_named(mark.list_key)
    except BadQuery:
        return None
    plain = {view.key: view for view in kind.views}
    if mark.view in saved:
        view = saved[mark.view]
        label, url, query = view.name, address(view), f"view={view.pk}&{view.query}"
    elif mark.view in plain:
        page = kind.for_query("", request.actor)
        label, url = str(plain[mark.view].label), page.address_of(plain[mark.view])
        query = url.partition("?")[2]
    else:
        return None
    count = kind.for_query(query, request.actor).count()
    return {"label": label, "url": url, "count": number(count), "list": kind.title, "many": count > COUNTED}
