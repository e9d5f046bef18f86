"""Personal data of a contact: the archive of everything held on them, and their erasure."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contacts.models import Contact, PersonalRun
from contacts.services.personal import archive_of, request_archive, request_erasure
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request

FRAGMENTS = {"personal-runs": "runs"}


def _contact(request: Request, pk: UUID) -> Contact:
    contact: Contact = get_object_or_404(Contact.objects.visible_to(request.actor).filter(merged_into=None), pk=pk)
    request.actor.require_flag("personal_data")
    return contact


@login_required
@require_safe
def contact_personal(request: Request, pk: UUID) -> HttpResponse:
    """What can be done with a person's data, and how far it is."""
    return _page(request, _contact(request, pk))


def _page(request: Request, contact: Contact, error: str = "", typed: str = "") -> HttpResponse:
    runs = list(PersonalRun.objects.filter(contact=contact, user=request.user).order_by("-created_at")[:10])
    context = {
        "contact": contact,
        "runs": runs,
        "busy": any(run.at_work for run in runs),
        "erasing": any(run.at_work and run.kind == PersonalRun.Kind.ERASURE for run in runs),
        "erasable": contact.erased_at is None and request.actor.can("delete", contact),
        "error": error,
        "typed": typed,
    }
    template = page_or_fragment(request, "contacts/personal.html", FRAGMENTS)
    return render(request, template, context, status=422 if error else 200)


@login_required
@require_POST
def contact_archive(request: Request, pk: UUID) -> HttpResponseBase:
    """Have the archive made."""
    _contact(request, pk)
    request_archive(contact_id=pk, actor=request.actor)
    toast(request, _("The archive is being put together"))
    return redirect("contacts:contact_personal", pk)


@login_required
@require_POST
def contact_erase(request: Request, pk: UUID) -> HttpResponseBase:
    """Have the person erased; the name typed wrongly changes nothing."""
    contact = _contact(request, pk)
    typed = request.POST.get("confirm", "")
    try:
        request_erasure(contact_id=pk, actor=request.actor, confirm=typed)
    except Refused as refused:
        return _page(request, contact, refused.fields.get("confirm", refused.message), typed)
    toast(request, _("The person is being erased"))
    return redirect("contacts:contact_personal", pk)


@login_required
@require_safe
def personal_archive(request: Request, pk: UUID) -> HttpResponseBase:
    """Hand an archive to whoever asked for it, until it expires."""
    try:
        run = archive_of(run_id=pk, actor=request.actor)
    except PersonalRun.DoesNotExist as error:
        raise Http404 from error
    response = FileResponse(run.path.open("rb"), as_attachment=True, filename=f"person-{run.contact_id}.zip")
    response.headers["Cache-Control"] = "no-store"
    return response


def erased_page(request: Request, pk: UUID) -> HttpResponse | None:
    """Return what is left of an erased person: when and by whom; None for anybody else."""
    rows = Contact.objects.visible_to(request.actor).filter(erased_at__isnull=False, merged_into=None)
    contact = rows.filter(pk=pk).first()
    if contact is None:
        return None
    erasure = contact.erasures.select_related("user").order_by("-at").first()
    return render(request, "contacts/erased.html", {"contact": contact, "erasure": erasure}, status=410)
