"""Pages of lists of records: the overview, make, rename and share, delete, and put a selection on a list or take it off."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import close_dialog, is_fragment, page_or_fragment, toast, trigger
from crm.kernel.core.http import Request
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.lists import list_named
from crm.kernel.listing.pages import bad_query_response
from crm.kernel.listing.selection import Selection

from .forms import SharingForm
from .members import add_to_list, change_list, create_list, delete_list, take_from_list
from .models import RecordList, RecordListMember

DIALOG = {"modal-body": "dialog"}
# The page on which the records of a kind are listed.
PAGES = {"contact": "contacts", "company": "companies", "deal": "deals"}


def address(record_list: RecordList) -> str:
    """Return where the records of a list are shown."""
    where = json.dumps(["all", ["list", "in", str(record_list.pk)]], separators=(",", ":"))
    return f"{reverse(list_named(PAGES[record_list.record_kind]).url_name)}?{urlencode({'where': where})}"


def _visible(request: Request, pk: UUID) -> RecordList:
    found = RecordList.objects.visible_to(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404("No such list.")
    return found


@login_required
@require_safe
def record_lists(request: Request) -> HttpResponse:
    """The lists that the person may use, with the number of their records that they may see (U3)."""
    lists = list(RecordList.objects.visible_to(request.actor).select_related("owner", "team"))
    counts: dict[UUID, int] = {}
    for kind in sorted({each.record_kind for each in lists}):
        model: Any = list_named(PAGES[kind]).model
        seen = model.objects.visible_to(request.actor).live().values("pk")
        ids = [each.pk for each in lists if each.record_kind == kind]
        rows = RecordListMember.objects.filter(list__in=ids, record_id__in=seen).values("list").order_by()
        counts |= dict(rows.annotate(n=Count("pk")).values_list("list", "n"))
    rows_shown = [
        {
            "list": each,
            "url": address(each),
            "count": counts.get(each.pk, 0),
            "mine": each.allows(request.actor, "edit"),
        }
        for each in lists
    ]
    return render(request, "listing/record_lists.html", {"rows": rows_shown})


class ListForm(SharingForm):
    """A new list."""

    record_kind = forms.ChoiceField(choices=RecordList.Kind.choices)
    field_order = ("name", "record_kind", "shared", "team")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["record_kind"].label = _("Holds")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_new(request: Request) -> HttpResponse:
    """Make an empty list."""
    form = ListForm(
        request.POST if request.method == "POST" else None, auto_id="list_%s", initial={"team": request.user.team_id}
    )
    if form.is_bound and form.is_valid():
        kind = form.cleaned_data["record_kind"]
        try:
            made = create_list(record_kind=kind, values=form.values(), actor=request.actor)
        except Refused as error:
            add_refusal(form, error)
        else:
            toast(request, _("List “%(name)s” made") % {"name": made.name}, undo=request.actor.last_change)
            return redirect("listing:record_lists")
    return _form(request, form, _("New list"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_edit(request: Request, pk: UUID) -> HttpResponse:
    """Rename or share a list."""
    held = _visible(request, pk)
    request.actor.require("edit", held)
    initial = {"name": held.name, "shared": held.shared, "team": held.team_id}
    form = SharingForm(request.POST if request.method == "POST" else None, auto_id="list_%s", initial=initial)
    if form.is_bound and form.is_valid():
        try:
            change_list(list_id=pk, values=form.values(), actor=request.actor)
        except Refused as error:
            add_refusal(form, error)
        else:
            toast(request, _("List changed"), undo=request.actor.last_change)
            return redirect("listing:record_lists")
    return _form(request, form, _("Rename or share “%(name)s”") % {"name": held.name})


def _form(request: Request, form: forms.Form, heading: str) -> HttpResponse:
    context = {"heading": heading, "form": form, "action": request.path, "submit": _("Save"), "kept": {}}
    template = page_or_fragment(request, "listing/view_form.html", DIALOG)
    context["cancel"] = reverse("listing:record_lists")
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_POST
def list_delete(request: Request, pk: UUID) -> HttpResponse:
    """Delete a list; its records stay."""
    held = _visible(request, pk)
    request.actor.require("edit", held)
    delete_list(list_id=pk, actor=request.actor)
    toast(request, _("List “%(name)s” deleted") % {"name": held.name}, undo=request.actor.last_change)
    return redirect("listing:record_lists")


class PutForm(forms.Form):
    """Which list a selection is put on, or taken off."""

    target = forms.ModelChoiceField(queryset=RecordList.objects.none(), required=False)
    name = forms.CharField(max_length=80, required=False)

    def __init__(self, data: Any, *, lists: Any) -> None:
        super().__init__(data, auto_id="put_%s")
        self.fields["target"].label, self.fields["name"].label = _("List"), _("Or a new list called")
        self.fields["target"].queryset = lists  # type: ignore[attr-defined]
        self.fields["target"].empty_label = _("Choose a list")  # type: ignore[attr-defined]


@login_required
@require_POST
def list_put(request: Request) -> HttpResponse:
    """Put the selected records on a list (`step=add`), or take them off (`step=take`); without a step ask which one."""
    try:
        chosen = Selection.read(request.POST)
        page = chosen.page(request.actor)
        rows = chosen.rows(request.actor)
    except BadQuery as error:
        return bad_query_response(request, _("Lists"), error)
    if page.kind not in PAGES:
        raise Http404("There are no lists of this kind.")
    mine = RecordList.objects.visible_to(request.actor).filter(record_kind=page.kind)
    mine = mine if request.actor.may("settings") else mine.filter(owner=request.user)
    form = PutForm(request.POST if "step" in request.POST else None, lists=mine)
    if form.is_bound and form.is_valid() and _put(request, form, page.kind, rows):
        response = HttpResponse()
        if not is_fragment(request):
            return redirect(f"{page.url}?{chosen.query}" if chosen.query else page.url)
        close_dialog(response)
        trigger(response, "crm:clear-selection")
        trigger(response, "crm:refresh")
        return response
    kept = [("list", chosen.list), ("query", chosen.query), *(("ids", pk) for pk in chosen.ids)]
    kept += [("all", "1")] if chosen.all else []
    context = {"form": form, "kept": kept, "heading": _("Lists"), "back": f"{page.url}?{chosen.query}"}
    template = page_or_fragment(request, "listing/put.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


def _put(request: Request, form: PutForm, kind: str, rows: Any) -> bool:
    """Do it and say so; False with the words beside the field if it was refused."""
    target, name, actor = form.cleaned_data["target"], form.cleaned_data["name"], request.actor
    try:
        if name and request.POST["step"] == "add":
            values = {"name": name, "shared": "nobody", "team": None}
            made = create_list(record_kind=kind, values=values, actor=actor, rows=rows)
            words = _("List “%(name)s” made") % {"name": made.name}
        elif target is None:
            raise Refused(_("Choose a list."), fields={"target": _("Choose a list.")})
        elif request.POST["step"] == "add":
            made, number = target, add_to_list(list_id=target.pk, rows=rows, actor=actor)
            words = ngettext("%(n)s record put on “%(name)s”", "%(n)s records put on “%(name)s”", number)
            words = words % {"n": number, "name": target.name}
        else:
            made, number = target, take_from_list(list_id=target.pk, rows=rows, actor=actor)
            words = ngettext("%(n)s record taken off “%(name)s”", "%(n)s records taken off “%(name)s”", number)
            words = words % {"n": number, "name": target.name}
    except Refused as error:
        add_refusal(form, error)
        return False
    toast(request, words, undo=actor.last_change, link=(_("Show the list"), address(made)))
    return True
