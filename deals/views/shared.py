"""What the views of deals have in common."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from crm.kernel.core.htmx import close_dialog, is_fragment, page_or_fragment, refresh, toast, trigger
from crm.kernel.core.http import Request
from deals.models import Deal

DIALOG = {"modal-body": "dialog"}


def get_deal(request: Request, pk: UUID, *, binned: bool = False) -> Deal:
    """Return the deal with stage, pipeline, owner and company, or raise Http404 if the person may not see it (U3)."""
    rows = Deal.objects.visible_to(request.actor)
    rows = rows.binned() if binned else rows.live()
    related = ("stage", "pipeline", "owner", "company", "lost_reason")
    deal: Deal | None = rows.select_related(*related).filter(pk=pk).first()
    if deal is None:
        raise Http404("No such deal.")
    return deal


def show_form(request: Request, template: str, *, status: int = 0, **context: Any) -> HttpResponse:
    """Show a form as a page or in the dialog: 200, or 422 when it has errors."""
    form = context["form"]
    found = page_or_fragment(request, template, DIALOG)
    context.setdefault("action", request.get_full_path())
    return render(request, found, context, status=status or (422 if form.errors else 200))


def done(request: Request, words: Any, deal: Deal, *, undo: bool = True, **options: Any) -> HttpResponse:
    """Say what was done, with Undo, and show the page again: in its place by htmx, else the deal's page."""
    change = request.actor.last_change if undo else None
    toast(request, words, undo=change, **options)
    if not is_fragment(request):
        return redirect(reverse("deals:deal_detail", args=[deal.pk]))
    response = HttpResponse(headers={"HX-Reswap": "none"})
    close_dialog(response)
    refresh(response)
    trigger(response, "crm:counts")
    return response
