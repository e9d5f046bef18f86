"""A page that shows every part of the design system once, for the browser tests; nobody else serves it."""

import uuid

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import include, path

from crm.kernel.core import htmx, widgets
from crm.urls import urlpatterns as product

NAMES = ["Nordhavn Ferries", "Atlas Logistics", "Fenwick Grocers", "Aldgate Rail", "Halden Cloud", "Kestrel Freight"]
VALUES: dict[str, str] = {}
UNDONE: list[str] = []


class DealForm(forms.Form):
    title = forms.CharField(help_text="As on the contract.")
    amount = forms.DecimalField(required=False, widget=widgets.MoneyInput(currency="$"))
    company = forms.CharField(required=False, widget=widgets.TypeaheadInput("parts:options", new=True))
    tags = widgets.TagsField(required=False, widget=widgets.TagsInput(suggestions=lambda: ["Maritime", "Reference"]))
    kind = forms.ChoiceField(choices=[("x", "One"), ("y", "Two")], widget=forms.RadioSelect, initial="x")


class ValueForm(forms.Form):
    value = forms.CharField()


@login_required
def page(request: HttpRequest) -> HttpResponse:
    rows = [(uuid.UUID(int=number * 7919), name, 37_000 * number) for number, name in enumerate(NAMES)]
    template = htmx.page_or_fragment(request, "parts/page.html", {"results": "results"})
    return render(request, template, {"rows": rows, "values": VALUES, "undone": len(UNDONE)})


def new(request: HttpRequest) -> HttpResponseBase:
    form = DealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        VALUES["deal"] = f"{form.cleaned_data['title']} {form.cleaned_data['company']} {form.cleaned_data['tags']}"
        htmx.toast(request, "Deal created", link=("Show it", "/parts/"))
        return redirect("parts:page")
    template = htmx.page_or_fragment(request, "components/form_page.html", {"modal-body": "dialog"})
    context = {"heading": "New deal", "form": form, "action": request.path, "submit": "Create deal"}
    return render(request, template, context, status=422 if form.errors else 200)


def options(request: HttpRequest) -> HttpResponse:
    found = [(n, name, "Copenhagen") for n, name in enumerate(NAMES) if request.GET["q"].lower() in name.lower()]
    return htmx.options_response(request, found, create_label="Create it as a new company")


def value(request: HttpRequest, name: str) -> HttpResponse:
    context = {"id": f"part-{name}", "label": name, "url": f"/parts/edit/{name}/", "value": VALUES.get(name, "old")}
    return render(request, "components/inline_value.html", context)


def edit(request: HttpRequest, name: str) -> HttpResponse:
    form = ValueForm(request.POST or None, initial={"value": VALUES.get(name, "old")}, auto_id=f"id_{name}_%s")
    context = {"field": form["value"], "action": request.path, "back": f"/parts/value/{name}/"}
    if request.method != "POST":
        return render(request, "components/inline_form.html", context)
    if form.is_valid():
        VALUES[name] = form.cleaned_data["value"]
        return value(request, name)
    return render(request, "parts/fld.html", {**context, "id": f"part-{name}", "label": name}, status=422)


def move(request: HttpRequest) -> HttpResponse:
    htmx.toast(request, "Atlas moved to Negotiation", undo=uuid.uuid4())
    return HttpResponse()


def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    UNDONE.append(str(pk))
    htmx.toast(request, "Undone")
    response = HttpResponse()
    htmx.refresh(response)
    return response


def confirm(request: HttpRequest) -> HttpResponse:
    context = {"heading": "Delete 3 contacts for good?", "text": "Deals stay.", "action": "/parts/move/"}
    return render(request, "components/confirm.html", {**context, "verb": "Delete 3 contacts", "word": "delete"})


def palette(request: HttpRequest) -> HttpResponse:
    return render(request, "parts/palette.html", {"query": request.GET.get("q", "")})


parts = [
    path("", page, name="page"),
    path("new/", new, name="new"),
    path("options/", options, name="options"),
    path("value/<slug:name>/", value),
    path("edit/<slug:name>/", edit),
    path("move/", move),
    path("confirm/", confirm),
    path("broken/", lambda request: HttpResponse(status=500)),
]
urlpatterns = [
    path("parts/", include((parts, "parts"))),
    # before the product's own, at the same addresses
    path("search/palette/", palette),
    path("undo/<uuid:pk>/", undo),
    *product,
]
