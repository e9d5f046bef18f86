"""A company: its page and its forms."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contacts.fields import fields_of, lines
from contacts.forms import CompanyForm, RecordForm
from contacts.models import Company
from contacts.records import colleagues_of, company_for_page, subsidiaries_of
from contacts.services import create_company, edit_company
from contacts.services.companies import company_for_name
from crm.kernel.core.changes import changeset
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from crm.kernel.core.peek import is_peek, peek
from crm.kernel.search.services import record_view

from .merged import leads_to_survivor
from .shared import form_page, sections


@login_required
@require_safe
@leads_to_survivor("company")
def company_detail(request: Request, pk: UUID) -> HttpResponse:
    """A company's page: summary, timeline (by other apps), its people and subsidiaries."""
    company = company_for_page(request.actor, pk)
    if is_peek(request):
        shown = lines(company, fields_of("company", request.actor), editable=False)
        where = ", ".join(filter(None, [company.industry, company.city]))
        return peek(request, company, title=company.name, subtitle=where, lines=shown)
    favourite = record_view(user=request.user, kind="company", record_id=pk)
    editable = request.actor.can("edit", company)
    fields = fields_of("company", request.actor)
    context = {
        "company": company,
        "record": company,
        "editable": editable,
        "deletable": request.actor.can("delete", company),
        "favourite": favourite,
        "main_fields": lines(company, fields, group="main", editable=editable),
        "more_fields": lines(company, fields, group="more", editable=editable),
        "people": colleagues_of(request.actor, pk),
        "subsidiaries": subsidiaries_of(request.actor, pk),
        "may_add_contact": not request.actor.scope("contact", "edit").nothing,
        "show": sections(request),
    }
    return render(request, "contacts/company.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def company_new(request: Request) -> HttpResponse:
    """Add a company."""
    request.actor.require_kind("edit", "company")
    form = CompanyForm(request.POST or None, actor=request.actor, initial={"owner": str(request.user.pk)})

    def save(form: RecordForm) -> HttpResponse:
        values, _seen = form.changes()
        with changeset(request.actor, "companies.create"):
            if form.company_text:
                values["parent"] = company_for_name(name=form.company_text, actor=request.actor)
            company = create_company(values=values, actor=request.actor)
        toast(request, _("%(name)s added") % {"name": company.name}, undo=request.actor.last_change)
        return redirect("contacts:company_detail", company.pk)

    return form_page(
        request, form, save, "contacts/company_form.html",
        heading=_("New company"), submit=_("Add company"), cancel=reverse("contacts:company_list"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_survivor("company")
def company_edit(request: Request, pk: UUID) -> HttpResponse:
    """Edit all fields of a company."""
    company = get_object_or_404(
        Company.objects.visible_to(request.actor).live().select_related("parent", "owner"), pk=pk
    )
    request.actor.require("edit", company)
    form = CompanyForm(request.POST or None, actor=request.actor, record=company)

    def save(form: RecordForm) -> HttpResponse:
        values, seen = form.changes()
        edit_company(
            company_id=pk,
            values=values,
            version=form.version,
            seen=seen,
            parent_name=form.company_text,
            actor=request.actor,
        )
        toast(request, _("Saved"), undo=request.actor.last_change if values else None)
        return redirect("contacts:company_detail", pk)

    return form_page(
        request, form, save, "contacts/company_form.html",
        heading=_("Edit %(name)s") % {"name": company.name}, submit=_("Save"),
        cancel=reverse("contacts:company_detail", args=[pk]),
    )  # fmt: skip
