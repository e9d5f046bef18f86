"""A contact: its page, its forms, its stage and its owner."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.fields import fields_of, lines
from contacts.forms import ContactForm, RecordForm, StageForm
from contacts.lists import LIFECYCLE_TONES, STATUS_TONES, company_name
from contacts.models import Contact, LeadStatus, Lifecycle
from contacts.records import colleagues_of, contact_for_page
from contacts.registry import lead_actions
from contacts.services import claim_contact, create_contact, edit_contact
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.core.peek import is_peek, peek
from crm.kernel.search.services import record_view

from .merged import leads_to_survivor
from .shared import DIALOG, form_page, sections


@login_required
@require_safe
@leads_to_survivor("contact")
def contact_detail(request: Request, pk: UUID) -> HttpResponse:
    """A contact's page: summary, timeline (by other apps), company and colleagues."""
    contact = contact_for_page(request.actor, pk)
    if is_peek(request):
        shown = lines(contact, fields_of("contact", request.actor), editable=False)
        employer = contact.company.name if contact.company else ""
        where = ", ".join(filter(None, [contact.job_title, employer]))
        return peek(request, contact, title=contact.name, subtitle=where, lines=shown)
    favourite = record_view(user=request.user, kind="contact", record_id=pk)
    editable = request.actor.can("edit", contact)
    fields = fields_of("contact", request.actor)
    context = {
        "contact": contact,
        "record": contact,
        "editable": editable,
        "deletable": request.actor.can("delete", contact),
        "claimable": contact.owner_id is None and not request.actor.scope("contact", "edit").nothing,
        "favourite": favourite,
        "main_fields": lines(contact, fields, group="main", editable=editable),
        "more_fields": lines(contact, fields, group="more", editable=editable),
        "company_visible": contact.company is not None and request.actor.can("view", contact.company),
        "colleagues": colleagues_of(request.actor, contact.company_id, but=pk),
        "lead_actions": [a.button(pk, contact.name) for a in lead_actions if contact.is_lead and editable],
        "show": sections(request),
        **stage_badges(contact),
    }
    return render(request, "contacts/contact.html", context)


def stage_badges(contact: Contact) -> dict[str, object]:
    """Return the stage and, of a lead, the status, in words and tones."""
    return {
        "stage": Lifecycle(contact.lifecycle).label,
        "stage_tone": LIFECYCLE_TONES[Lifecycle(contact.lifecycle)],
        "status": LeadStatus(contact.lead_status).label if contact.is_lead else "",
        "status_tone": STATUS_TONES[LeadStatus(contact.lead_status)],
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_new(request: Request, *, lead: bool = False) -> HttpResponse:
    """Add a contact, or a lead."""
    request.actor.require_kind("edit", "contact")
    company = request.GET.get("company", "")
    initial = {"owner": str(request.user.pk), "company": company if _is_company(request, company) else ""}
    form = ContactForm(request.POST or None, actor=request.actor, initial=initial)

    def save(form: RecordForm) -> HttpResponse:
        values, _seen = form.changes()
        stage = Lifecycle.LEAD if lead or request.POST.get("lead") else Lifecycle.OTHER
        contact = create_contact(
            values={**values, "lifecycle": stage},
            company_name=form.company_text,
            despite_binned=bool(request.POST.get("despite_binned")),
            actor=request.actor,
        )
        toast(request, _("%(name)s added") % {"name": contact.name}, undo=request.actor.last_change)
        return redirect("contacts:contact_detail", contact.pk)

    heading = _("New lead") if lead else _("New contact")
    submit = _("Add lead") if lead else _("Add contact")
    cancel = reverse("contacts:lead_list" if lead else "contacts:contact_list")
    return form_page(
        request, form, save, "contacts/contact_form.html", heading=heading, submit=submit, cancel=cancel, lead=lead
    )


def _is_company(request: Request, text: str) -> bool:
    try:
        return company_name(request.actor, UUID(text)) is not None
    except ValueError:
        return False


def lead_new(request: Request) -> HttpResponse:
    """Add a lead."""
    return contact_new(request, lead=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_survivor("contact")
def contact_edit(request: Request, pk: UUID) -> HttpResponse:
    """Edit all fields of a contact."""
    contact = get_object_or_404(
        Contact.objects.visible_to(request.actor).live().select_related("company", "owner"), pk=pk
    )
    request.actor.require("edit", contact)
    form = ContactForm(request.POST or None, actor=request.actor, record=contact)

    def save(form: RecordForm) -> HttpResponse:
        values, seen = form.changes()
        before = request.actor.last_change
        edit_contact(
            contact_id=pk,
            values=values,
            version=form.version,
            seen=seen,
            company_name=form.company_text,
            despite_binned=bool(request.POST.get("despite_binned")),
            actor=request.actor,
        )
        undo = request.actor.last_change if values and request.actor.last_change != before else None
        toast(request, _("Saved"), undo=undo)
        return redirect("contacts:contact_detail", pk)

    return form_page(
        request, form, save, "contacts/contact_form.html",
        heading=_("Edit %(name)s") % {"name": contact.name}, submit=_("Save"),
        cancel=reverse("contacts:contact_detail", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@leads_to_survivor("contact")
def contact_stage(request: Request, pk: UUID) -> HttpResponse:
    """Set where a person stands with us: lead with a status, churned with a reason, other (R4)."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor).live(), pk=pk)
    request.actor.require("edit", contact)
    form = StageForm(request.POST or None, contact=contact)
    if request.method == "POST" and form.is_valid():
        try:
            edit_contact(contact_id=pk, values=form.values(), actor=request.actor)
        except Refused as error:
            for name, message in error.fields.items():
                form.add_error(name if name in form.fields else None, message)
        else:
            toast(request, _("Saved"), undo=request.actor.last_change)
            return redirect("contacts:contact_detail", pk)
    context = {
        "form": form,
        "contact": contact,
        "action": request.path,
        "heading": _("Stage of %(name)s") % {"name": contact.name},
        "submit": _("Save"),
        "cancel": reverse("contacts:contact_detail", args=[pk]),
    }
    template = page_or_fragment(request, "components/form_page.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_POST
@leads_to_survivor("contact")
def contact_claim(request: Request, pk: UUID) -> HttpResponse:
    """Claim an unowned contact (U4)."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor).live(), pk=pk)
    try:
        contact = claim_contact(contact_id=pk, actor=request.actor)
    except Conflict as error:
        toast(request, error.message, "bad")
        return redirect("contacts:contact_detail", pk)
    toast(request, _("%(name)s is yours") % {"name": contact.name}, undo=request.actor.last_change)
    return redirect("contacts:contact_detail", pk)
