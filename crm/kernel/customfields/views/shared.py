"""What the settings pages of custom fields have in common."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from crm.kernel.core.access import flag_required
from crm.kernel.core.htmx import close_dialog, is_fragment, page_or_fragment, refresh, toast
from crm.kernel.core.http import Request
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.types import type_of

METHODS = ["GET", "HEAD", "POST"]
DIALOG = {"modal-body": "dialog"}
settings_only = flag_required("settings")


def get_field(pk: UUID, *, removed: bool = False) -> CustomField:
    """Return a field, or raise Http404."""
    found: CustomField = get_object_or_404(CustomField, pk=pk, removed_at__isnull=not removed)
    return found


def read_kind(text: str) -> str:
    """Return a kind of record of the address, contacts without one; Http404 for nonsense."""
    if text and text not in CustomField.Kind.values:
        raise Http404("No such kind.")
    return text or CustomField.Kind.CONTACT


def list_address(kind: str) -> str:
    """Return the address of the fields of a kind."""
    return f"{reverse('customfields:field_list')}?kind={kind}"


def jobs_of(fields: list[CustomField]) -> list[dict[str, Any]]:
    """Return the work on these fields that is not done, with what it is about."""
    labels = {field.pk: field.label for field in fields}
    rows = FieldJob.objects.filter(field_id__in=labels).exclude(state=FieldJob.State.DONE)
    return [{"job": job, "label": labels[job.field_id]} for job in rows.order_by("created_at")]


def kind_icon(field: CustomField) -> str:
    """Return the icon of a field's type."""
    return type_of(field).icon


def show_form(request: Request, **context: Any) -> HttpResponse:
    """Show a form about a field as a page or in the dialog: 200, or 422 when it has errors."""
    found = page_or_fragment(request, "customfields/form.html", DIALOG)
    context.setdefault("action", request.get_full_path())
    return render(request, found, context, status=422 if context["form"].errors else 200)


def done(request: Request, words: str, address: str, *, undo: bool = True) -> HttpResponse:
    """Say what was done, with Undo, and show the page again."""
    toast(request, words, undo=request.actor.last_change if undo else None)
    if not is_fragment(request):
        return redirect(address)
    response = HttpResponse(headers={"HX-Reswap": "none"})
    close_dialog(response)
    refresh(response)
    return response
