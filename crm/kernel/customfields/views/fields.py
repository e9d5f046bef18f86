"""The list of custom fields of a kind of record, a new one, and one with its choices."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import in_order, is_fragment, page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.customfields.counts import filled, holding, option_counts, value_counts
from crm.kernel.customfields.fields import fields_for
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.services import create_field, edit_field, edit_options, order_fields
from crm.kernel.customfields.settings_forms import FieldForm, NewFieldForm
from crm.kernel.customfields.types import REGISTRY, type_of
from crm.kernel.users.models import Role

from .shared import METHODS, get_field, jobs_of, kind_icon, list_address, read_kind, settings_only

KINDS = {
    CustomField.Kind.CONTACT: (gettext_lazy("Contacts"), gettext_lazy("New field on contacts")),
    CustomField.Kind.COMPANY: (gettext_lazy("Companies"), gettext_lazy("New field on companies")),
    CustomField.Kind.DEAL: (gettext_lazy("Deals"), gettext_lazy("New field on deals")),
}
FRAGMENTS = {"field-jobs": "jobs"}
SHOWN_OPTIONS = 6


@settings_only
@require_safe
def field_list(request: Request) -> HttpResponse:
    """The fields of a kind of record: type, rules, how full they are, and the work on them."""
    kind = read_kind(request.GET.get("kind", ""))
    everything = list(CustomField.objects.all())
    live = [each for each in everything if each.removed_at is None]
    fields = [each for each in live if each.record_kind == kind]
    full = filled(kind, fields)
    roles = dict(Role.objects.values_list("key", "name"))
    context = {
        "kind": kind,
        "tabs": [(each, words[0], sum(field.record_kind == each for field in live)) for each, words in KINDS.items()],
        "rows": [(each, kind_icon(each), rules_of(each, roles), full[each.key]) for each in fields],
        "removed": [each for each in everything if each.removed_at and each.record_kind == kind],
        "jobs": jobs_of([each for each in everything if each.record_kind == kind]),
        "jobs_url": request.get_full_path(),
    }
    return render(request, page_or_fragment(request, "customfields/list.html", FRAGMENTS), context)


def rules_of(field: CustomField, roles: dict[str, str]) -> list[str]:
    """Return what a field demands and offers, in words."""
    found = []
    if REGISTRY[field.type].has_options:
        offered = [label for _key, label in type_of(field).offered()]  # type: ignore[attr-defined]
        more = (
            _(" and %(count)d more") % {"count": len(offered) - SHOWN_OPTIONS} if len(offered) > SHOWN_OPTIONS else ""
        )
        found.append(", ".join(offered[:SHOWN_OPTIONS]) + more)
    if field.required:
        found.append(_("Required"))
    if field.roles:
        found.append(_("Seen by %(roles)s") % {"roles": ", ".join(roles.get(key, key) for key in field.roles)})
    if field.sortable:
        found.append(_("Fast sorting") if field.indexed_at else _("Fast sorting is being prepared"))
    return found


@settings_only
@require_http_methods(METHODS)
def field_new(request: Request) -> HttpResponse:
    """Add a field to a kind of record."""
    kind = read_kind(request.GET.get("kind", ""))
    form = NewFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if not REGISTRY[values["type"]].indexable:
            values["sortable"] = False
        try:
            field = create_field(record_kind=kind, actor=request.actor, **values)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(name)s added") % {"name": field.label}, undo=request.actor.last_change)
            return redirect(list_address(kind))
    context = {
        "form": form,
        "kind": kind,
        "heading": KINDS[CustomField.Kind(kind)][1],
        "types": [(key, each.label, each.icon, each.hint) for key, each in REGISTRY.items()],
        "chosen": form["type"].value(),
        "cancel": list_address(kind),
    }
    return render(request, "customfields/new.html", context, status=422 if form.errors else 200)


@settings_only
@require_POST
def field_order(request: Request) -> HttpResponse:
    """Put the fields of a kind into the posted order (`field`, several), or move one (`up`, `down`)."""
    kind = read_kind(request.GET.get("kind", ""))
    ids = moved([str(each.pk) for each in fields_for(kind)], request, "field")
    order_fields(record_kind=kind, field_ids=[UUID(each) for each in ids], actor=request.actor)
    return in_order() if is_fragment(request) else redirect(list_address(kind))


def moved(keys: list[str], request: Request, name: str) -> list[str]:
    """Return keys in the order that a form asks for: as posted under `name`, and one of them a place up or down."""
    place = {text: position for position, text in enumerate(request.POST.getlist(name))}
    keys = sorted(keys, key=lambda key: place.get(key, len(place)))
    for step, button in ((-1, "up"), (1, "down")):
        key = request.POST.get(button)
        if key in keys:
            at = keys.index(key)
            keys.insert(min(max(at + step, 0), len(keys) - 1), keys.pop(at))
    return keys


@settings_only
@require_http_methods(METHODS)
def field_edit(request: Request, pk: UUID) -> HttpResponse:
    """A field: its name and rules, its choices, its type, and what does not fit it."""
    field = get_field(pk)
    form = FieldForm(request.POST or None, field=field)
    if request.method == "POST" and form.is_valid():
        try:
            edit_field(field_id=pk, values=form.cleaned_data, actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Saved"), undo=request.actor.last_change)
            return redirect("customfields:field_edit", pk)
    return _page(request, field, form)


def _page(
    request: Request, field: CustomField, form: FieldForm, rows: list[dict[str, Any]] | None = None, error: str = ""
) -> HttpResponse:
    """Show a field's page; `rows` are the choices as they were typed, with what is wrong with them."""
    kind = type_of(field)
    counts = option_counts(field) if kind.has_options else {}
    misfits = sum(number for value, number in value_counts(field, 2000) if not kind.fits(value))
    context = {
        "field": field,
        "kind": kind,
        "kind_label": KINDS[CustomField.Kind(field.record_kind)][0],
        "form": form,
        "held": holding(field),
        "misfits": misfits,
        "rows": [each | {"count": counts.get(each["key"], 0)} for each in (rows or field.options)],
        "options_error": error,
        "jobs": jobs_of([field]),
        "jobs_url": reverse("customfields:field_edit", args=[field.pk]),
        "back": list_address(field.record_kind),
    }
    template = page_or_fragment(request, "customfields/field.html", FRAGMENTS)
    return render(request, template, context, status=422 if form.errors or error else 200)


@settings_only
@require_POST
def field_options(request: Request, pk: UUID) -> HttpResponse:
    """Save the choices of a field: names, order (`order`), which are offered, and new ones (`new`, one a line)."""
    field = get_field(pk)
    order = moved([each["key"] for each in field.options], request, "order")
    rows = [
        {
            "key": key,
            "label": request.POST.get(f"label:{key}", "").strip(),
            "retired": f"offered:{key}" not in request.POST,
        }
        for key in order
    ]
    added = [{"label": line} for line in request.POST.get("new", "").splitlines() if line.strip()]
    try:
        edit_options(field_id=pk, options=[*rows, *added], actor=request.actor)
    except Refused as refused:
        return _page(request, field, FieldForm(field=field), rows, refused.message)
    toast(request, _("Saved"), undo=request.actor.last_change)
    return redirect("customfields:field_edit", pk)
