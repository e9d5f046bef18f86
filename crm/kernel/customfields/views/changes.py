"""Changes that may touch stored values: each shows first how many records hold what no longer fits (C2)."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from crm.kernel.customfields.conversion import Conversion
from crm.kernel.customfields.counts import distinct_words, holding, option_counts, outcome
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.services import (
    change_type,
    remove_field,
    remove_option,
    restore_field,
    resume_job,
    settle_misfits,
    stop_job,
)
from crm.kernel.customfields.services.checks import MOST_OPTIONS
from crm.kernel.customfields.settings_forms import MisfitsForm, RemoveFieldForm, RemoveOptionForm
from crm.kernel.customfields.types import REGISTRY

from .shared import METHODS, done, get_field, list_address, settings_only, show_form


def _records(count: int) -> str:
    return ngettext("%(count)d record holds it.", "%(count)d records hold it.", count) % {"count": count}


@settings_only
@require_http_methods(METHODS)
def option_remove(request: Request, pk: UUID, key: str) -> HttpResponse:
    """Take a choice away: retire it, merge it into another, or clear it from the records."""
    field = get_field(pk)
    option = next((each for each in field.options if each["key"] == key), None)
    if option is None:
        raise Http404("No such choice.")
    address = reverse("customfields:field_edit", args=[pk])
    count = option_counts(field).get(key, 0)
    initial = {"choice": "keep" if count else "clear"}
    form = RemoveOptionForm(request.POST or None, field=field, key=key, initial=initial)
    if request.method == "POST" and form.is_valid():
        choice, into = form.cleaned_data["choice"], form.cleaned_data["into"]
        try:
            remove_option(
                field_id=pk,
                key=key,
                keep=choice == "keep",
                into=into if choice == "into" else None,
                actor=request.actor,
            )
        except Refused as refused:
            add_refusal(form, refused)
        else:
            words = _("%(name)s is no longer offered") if choice == "keep" else _("%(name)s removed")
            return done(request, words % {"name": option["label"]}, address)
    return show_form(
        request, form=form, heading=_("Remove the choice “%(name)s”") % {"name": option["label"]},
        text=_records(count) if count else _("No record holds it."), submit=_("Remove"), cancel=address,
    )  # fmt: skip


@settings_only
@require_http_methods(METHODS)
def field_type(request: Request, pk: UUID) -> HttpResponse:
    """Change what a field holds: first the choice of a type, then (`to`) what that would do, then the change."""
    field = get_field(pk)
    to = request.GET.get("to", "")
    if to and (to not in REGISTRY or to == field.type):
        raise Http404("No such type.")
    context = {
        "field": field,
        "types": [(key, each.label, each.icon) for key, each in REGISTRY.items() if key != field.type],
        "present": REGISTRY[field.type].label,
        "to": to,
        "cancel": reverse("customfields:field_edit", args=[pk]),
    }
    if not to:
        return render(request, "customfields/type.html", context)
    form = MisfitsForm(request.POST or None, field=field, to=to, initial=_suggested(field, to))
    if request.method == "POST" and form.is_valid():
        try:
            change_type(field_id=pk, to=to, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            toast(request, _("%(name)s changed") % {"name": field.label}, undo=request.actor.last_change)
            return redirect("customfields:field_edit", pk)
    as_it_would_be = CustomField(
        record_kind=field.record_kind, key=field.key, label=field.label, type=to,
        options=field.options or [{"key": each, "label": each} for each in _suggested(field, to).get("words", [])],
    )  # fmt: skip
    plan = {"misfits": "keep", "from": field.type, "options": field.options}
    context |= {"form": form, "chosen": REGISTRY[to].label, "outcome": outcome(Conversion(as_it_would_be, plan), field)}
    return render(request, "customfields/type.html", context, status=422 if form.errors else 200)


def _suggested(field: CustomField, to: str) -> dict[str, Any]:
    """Return the choices that the records' own words would make."""
    if not REGISTRY[to].has_options or REGISTRY[field.type].has_options:
        return {}
    words = distinct_words(field, MOST_OPTIONS + 1)
    words = words if len(words) <= MOST_OPTIONS else []
    return {"options": "\n".join(words), "words": words}


@settings_only
@require_POST
def field_settle(request: Request, pk: UUID) -> HttpResponse:
    """Clear the values that do not fit a field."""
    field = settle_misfits(field_id=get_field(pk).pk, actor=request.actor)
    toast(request, _("What did not fit %(name)s is cleared") % {"name": field.label}, undo=request.actor.last_change)
    return redirect("customfields:field_edit", pk)


@settings_only
@require_http_methods(METHODS)
def field_remove(request: Request, pk: UUID) -> HttpResponse:
    """Take a field out of use: its values stay out of sight, or are cleared."""
    field = get_field(pk)
    address = list_address(field.record_kind)
    form = RemoveFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        remove_field(field_id=pk, clear=form.cleaned_data["values"] == "clear", actor=request.actor)
        toast(request, _("%(name)s removed") % {"name": field.label}, undo=request.actor.last_change)
        return redirect(address)
    count = holding(field)
    words = ngettext("%(count)d record holds a value.", "%(count)d records hold a value.", count) % {"count": count}
    return show_form(
        request, form=form, heading=_("Remove the field %(name)s") % {"name": field.label},
        text=words if count else _("No record holds a value."), submit=_("Remove"), cancel=address,
    )  # fmt: skip


@settings_only
@require_POST
def field_restore(request: Request, pk: UUID) -> HttpResponse:
    """Take a removed field into use again, with the values that records still hold."""
    field = get_field(pk, removed=True)
    try:
        restore_field(field_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("%(name)s is back") % {"name": field.label}, undo=request.actor.last_change)
    return redirect(list_address(field.record_kind))


@settings_only
@require_POST
def field_job(request: Request, pk: UUID) -> HttpResponse:
    """Stop work on values, or go on with it (`resume`)."""
    job = get_object_or_404(FieldJob, pk=pk)
    field = CustomField.objects.filter(pk=job.field_id).first()
    act = resume_job if "resume" in request.POST else stop_job
    try:
        act(job_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    return redirect(list_address(field.record_kind if field is not None else ""))
