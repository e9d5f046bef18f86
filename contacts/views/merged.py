"""Addresses of records that were merged: they lead to the survivor (M3)."""

import functools
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Company, Contact, survivors_of
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request

from .personal import erased_page

View = Callable[..., HttpResponse]
MODELS: dict[str, type[Any]] = {"contact": Contact, "company": Company}


def leads_to_survivor(kind: str) -> Callable[[View], View]:
    """Decorate a view of one record: the address of a merged one leads to the page of its survivor.

    What is posted to a merged record changes nothing and answers 409, so that nobody's words end in another record.
    Temporary, since undoing the merge gives the address back. Costs nothing while the record is there.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: Request, pk: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, pk, *args, **kwargs)
            except (Http404, Contact.DoesNotExist, Company.DoesNotExist):
                survivor = survivor_of(MODELS[kind], pk, request)
                if survivor is None:
                    if kind == "contact" and (left := erased_page(request, pk)) is not None:
                        return left
                    raise
                return _lead(request, survivor)

        return run

    return decorate


def survivor_of(model: type[Any], pk: UUID, request: Request) -> Any:
    """Return the live record that this one was merged into, if the person may see it, else None."""
    way = survivors_of(model, [pk])
    return model.objects.visible_to(request.actor).live().filter(pk=way[pk]).first() if way else None


def _lead(request: Request, survivor: Any) -> HttpResponse:
    words = _("This record was merged into %(name)s.") % {"name": survivor}
    address = reverse(f"contacts:{survivor.kind}_detail", args=[survivor.pk])
    if request.method in ("GET", "HEAD"):
        toast(request, words, "ok")
        return redirect(address)
    template = page_or_fragment(request, "contacts/merged.html", {"modal-body": "dialog"})
    context = {"survivor": survivor, "words": words, "address": address, "typed": _typed(request)}
    return render(request, template, context, status=409)


def _typed(request: Request) -> list[str]:
    """Return what was typed, to be copied: it must not be lost with the form."""
    silent = {"csrfmiddlewaretoken", "version", "seen"}
    return [value for name in request.POST if name not in silent for value in request.POST.getlist(name) if value]
