"""The lists of contacts, leads and companies."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from contacts.lists import CompanyList, ContactList, LeadList
from crm.kernel.core.http import Request
from crm.kernel.listing.pages import list_response


@login_required
@require_safe
def contact_list(request: Request) -> HttpResponse:
    """All contacts that the person may see."""
    return list_response(request, ContactList)


@login_required
@require_safe
def lead_list(request: Request) -> HttpResponse:
    """The inbox of leads (R4)."""
    return list_response(request, LeadList)


@login_required
@require_safe
def company_list(request: Request) -> HttpResponse:
    """All companies."""
    return list_response(request, CompanyList)
