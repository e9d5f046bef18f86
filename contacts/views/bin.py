"""The bins of contacts and companies: deleting, looking, restoring (R8)."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contacts.lists import CompanyBin, ContactBin
from contacts.models import Company, Contact
from contacts.services import bin_companies, bin_contacts, restore_companies, restore_contacts
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from crm.kernel.listing.pages import list_response

from .merged import leads_to_survivor


@login_required
@require_safe
def contact_bin_list(request: Request) -> HttpResponse:
    """Contacts in the bin that the person may see."""
    return list_response(request, ContactBin)


@login_required
@require_safe
def company_bin_list(request: Request) -> HttpResponse:
    """Companies in the bin."""
    return list_response(request, CompanyBin)


@login_required
@require_POST
@leads_to_survivor("contact")
def contact_bin(request: Request, pk: UUID) -> HttpResponse:
    """Put a contact into the bin."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor).live(), pk=pk)
    bin_contacts(contact_ids=[pk], actor=request.actor)
    toast(request, _("%(name)s is in the bin") % {"name": contact.name}, undo=request.actor.last_change)
    return redirect("contacts:contact_list")


@login_required
@require_POST
@leads_to_survivor("company")
def company_bin(request: Request, pk: UUID) -> HttpResponse:
    """Put a company into the bin; its contacts and deals stay."""
    company = get_object_or_404(Company.objects.visible_to(request.actor).live(), pk=pk)
    bin_companies(company_ids=[pk], actor=request.actor)
    toast(request, _("%(name)s is in the bin") % {"name": company.name}, undo=request.actor.last_change)
    return redirect("contacts:company_list")


@login_required
@require_POST
def contact_restore(request: Request, pk: UUID) -> HttpResponse:
    """Bring a contact back from the bin; refused if somebody has the e-mail address by now (R2)."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor).binned(), pk=pk)
    try:
        restore_contacts(contact_ids=[pk], actor=request.actor)
    except Refused as error:
        toast(request, error.message, "bad")
        return redirect("contacts:contact_bin_list")
    toast(request, _("%(name)s is back") % {"name": contact.name}, undo=request.actor.last_change)
    return redirect("contacts:contact_detail", pk)


@login_required
@require_POST
def company_restore(request: Request, pk: UUID) -> HttpResponse:
    """Bring a company back from the bin, with the links that nobody has set since."""
    company = get_object_or_404(Company.objects.visible_to(request.actor).binned(), pk=pk)
    try:
        restore_companies(company_ids=[pk], actor=request.actor)
    except Refused as error:
        toast(request, error.message, "bad")
        return redirect("contacts:company_bin_list")
    toast(request, _("%(name)s is back") % {"name": company.name}, undo=request.actor.last_change)
    return redirect("contacts:company_detail", pk)
