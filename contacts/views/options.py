"""What typeaheads offer: companies and contacts that the person may see (U3)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contacts.finders import find_companies, find_contacts
from crm.kernel.core.htmx import options_response
from crm.kernel.core.http import Request


@login_required
@require_safe
def company_options(request: Request) -> HttpResponse:
    """Companies by name or domain; with `?new=1` the typed words may become a new one."""
    found = find_companies(request.actor, request.GET.get("q", ""), most=10)
    may_create = not request.actor.scope("company", "edit").nothing
    label = _("Create it as a new company") if may_create and request.GET.get("new") == "1" else ""
    return options_response(request, [(row.pk, row.title, row.subtitle) for row in found], create_label=label)


@login_required
@require_safe
def contact_options(request: Request) -> HttpResponse:
    """Contacts by name, e-mail or number."""
    found = find_contacts(request.actor, request.GET.get("q", ""), most=10)
    return options_response(request, [(row.pk, row.title, row.subtitle) for row in found])
