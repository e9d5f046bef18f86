"""What the pages of contacts and companies have in common."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from contacts.forms import RecordForm
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.htmx import page_or_fragment
from crm.kernel.core.http import Request

DIALOG = {"modal-body": "dialog"}


def form_page(
    request: Request, form: RecordForm, save: Callable[[RecordForm], HttpResponse], template: str, **context: Any
) -> HttpResponse:
    """Show a form, or save what was typed; a refusal answers 422 and a conflict 409, both with what was typed."""
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return save(form)
            except Conflict as error:
                form.show_conflict(error.theirs)
                status = 409
            except Refused as error:
                form.refuse(error)
        status = 422 if status == 200 else status
    return render(
        request,
        page_or_fragment(request, template, DIALOG),
        {"form": form, "action": request.path, **context},
        status=status,
    )


def sections(request: Request) -> str:
    """Return which part of a record page is shown where there is room for one.

    Details, related, or nothing for the timeline.
    """
    show = request.GET.get("show", "")
    return show if show in ("details", "related") else ""
