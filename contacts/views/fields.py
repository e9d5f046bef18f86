"""Single values of a contact or company, edited in their place on the page."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts.fields import RecordField, fields_of, line
from contacts.forms import CompanyForm, ContactForm, RecordForm
from contacts.records import company_for_page, contact_for_page
from contacts.services import edit_company, edit_contact
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.htmx import is_fragment, refresh, toast
from crm.kernel.core.http import Request

from .contacts import stage_badges
from .merged import leads_to_survivor


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_survivor("contact")
def contact_field(request: Request, pk: UUID, key: str) -> HttpResponse:
    """Show one value of a contact (GET), the form that edits it (GET `?edit=1`), or save it (POST)."""
    return _field(request, contact_for_page, pk, _known(fields_of("contact", request.actor), key), ContactForm)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_survivor("company")
def company_field(request: Request, pk: UUID, key: str) -> HttpResponse:
    """Show one value of a company (GET), the form that edits it (GET `?edit=1`), or save it (POST)."""
    return _field(request, company_for_page, pk, _known(fields_of("company", request.actor), key), CompanyForm)


def _known(fields: tuple[RecordField, ...], key: str) -> RecordField:
    found = next((each for each in fields if each.key == key), None)
    if found is None:
        raise Http404(f"No field {key}.")
    return found


def _field(request: Request, fetch: Any, pk: UUID, field: RecordField, kind: type[RecordForm]) -> HttpResponse:
    record = fetch(request.actor, pk)
    editable = request.actor.can("edit", record)
    if request.method != "POST" and "edit" not in request.GET:
        return _value(request, record, field, editable)
    request.actor.require("edit", record)
    form = kind(
        request.POST if request.method == "POST" else None, actor=request.actor, record=record, only=field.inputs
    )
    if request.method != "POST":
        return _form(request, form, field, 200)
    if not form.is_valid():
        return _form(request, form, field, 422)
    before = record.version
    try:
        _save(request, form, record)
    except Conflict as error:
        form.show_conflict(error.theirs)
        return _form(request, form, field, 409)
    except Refused as error:
        form.refuse(error)
        return _form(request, form, field, 422)
    record = fetch(request.actor, pk)
    if record.version != before:
        toast(request, _("%(field)s saved") % {"field": field.label}, undo=request.actor.last_change)
    response = _value(request, record, field, editable, saved=record.version != before)
    if record.version != before and field.key in ("company", "parent"):
        refresh(response)  # the boxes beside it show the other company's people and deals
    return response


def _save(request: Request, form: RecordForm, record: Any) -> None:
    values, seen = form.changes()
    options: dict[str, Any] = {"values": values, "version": form.version, "seen": seen, "actor": request.actor}
    if record.kind == "contact":
        edit_contact(contact_id=record.pk, company_name=form.company_text, **options)
    else:
        edit_company(company_id=record.pk, parent_name=form.company_text, **options)


def _form(request: Request, form: RecordForm, field: RecordField, status: int) -> HttpResponse:
    url = reverse(f"contacts:{form.record.kind}_field", args=[form.record.pk, field.key])
    context = {"form": form, "line": field, "action": url, "record": form.record}
    if not is_fragment(request):
        return redirect(f"contacts:{form.record.kind}_edit", form.record.pk)
    template = "contacts/_field_form.html" if status == 200 else "contacts/_field_form.html#line"
    return render(request, template, context, status=status)


def _value(request: Request, record: Any, field: RecordField, editable: bool, *, saved: bool = False) -> HttpResponse:
    if not is_fragment(request):
        return redirect(f"contacts:{record.kind}_detail", record.pk)
    context = {"line": line(record, field, editable=editable), "record": record, "saved": saved, "editable": editable}
    if record.kind == "contact":
        context |= {"contact": record, **stage_badges(record)}
    else:
        context |= {"company": record}
    return render(request, "contacts/_field_value.html", context)
