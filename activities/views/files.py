"""Files of records: add, download, preview, rename, delete, restore.

Contents are people's, so nothing of them may act here: a download is an attachment in a sandbox, its type is ours, and
only pictures that really are some are shown.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.filelist import PREVIEW_BYTES, files_panel
from activities.files import blobs
from activities.files.sniffing import IMAGES
from activities.models import Attachment
from activities.places import get_holder, url_of
from activities.services.files import add_files, bin_file, rename_file, restore_file
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, refresh, toast
from crm.kernel.core.http import Request

from .activities import form_page
from .answers import done

SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: Request, kind: str, pk: UUID) -> HttpResponse:
    """Show the files of a record, or add some to it; a refusal stands beside the control and nothing is kept."""
    record = get_holder(kind, pk, request.actor)
    refused = ""
    if request.method == "POST":
        try:
            added = add_files(record=record, uploads=request.FILES.getlist("files"), actor=request.actor)
        except Refused as error:
            refused = error.message
        else:
            words = ngettext("%(name)s added", "%(count)d files added", len(added))
            toast(request, words % {"name": added[0].name, "count": len(added)}, undo=request.actor.last_change)
            if not is_fragment(request):
                return redirect(url_of(kind, pk))
    context = {"record": record, "refused": refused, **files_panel(request, record)}
    template = "activities/_files.html" if is_fragment(request) else "activities/files.html"
    response = render(request, template, context, status=422 if refused else 200)
    if request.method == "POST" and not refused:
        refresh(response)
    return response


def get_file(request: Any, pk: UUID) -> Attachment:
    """Return the file, in the bin or not, or raise Http404 (U3)."""
    file: Attachment = get_object_or_404(Attachment.objects.visible_to(request.actor), pk=pk)
    return file


@login_required
@require_safe
def file_download(request: Request, pk: UUID) -> HttpResponseBase:
    """Send a file as an inert download under its name."""
    return _send(get_file(request, pk), as_attachment=True)


@login_required
@require_safe
def file_preview(request: Request, pk: UUID) -> HttpResponseBase:
    """Send a picture to be shown; anything that is no picture, or a very large one, answers 404."""
    file = get_file(request, pk)
    if file.content_type not in IMAGES or file.size > PREVIEW_BYTES:
        raise Http404("Not a picture.")
    return _send(file, as_attachment=False)


def _send(file: Attachment, *, as_attachment: bool) -> HttpResponseBase:
    try:
        content = blobs.open_blob(file.sha256)
    except FileNotFoundError as error:
        raise Http404("The content of this file is gone.") from error
    response = FileResponse(content, as_attachment=as_attachment, filename=file.name, content_type=file.content_type)
    response.headers["Content-Length"] = str(file.size)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=300" if not as_attachment else "private, no-store"
    response.headers["Content-Encoding"] = "identity"  # not to be packed once more
    return response


class NameForm(forms.Form):
    """A file's name."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)


def _home(file: Attachment) -> str:
    """Return the page on which a file stands."""
    for kind in ("activity", "deal", "contact", "company"):
        if pk := getattr(file, f"{kind}_id"):
            return url_of(kind, pk)
    raise AssertionError("a file belongs to something")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def file_rename(request: Request, pk: UUID) -> HttpResponse:
    """Give a file another name."""
    file = get_file(request, pk)
    request.actor.require("edit", file)
    form = NameForm(request.POST or None, initial={"name": file.name}, use_required_attribute=False)
    if request.method == "POST" and form.is_valid():
        try:
            rename_file(file_id=pk, name=form.cleaned_data["name"], actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("File renamed"), _home(file))
    return form_page(request, form, _("Rename the file"), _("Rename"), _home(file))


@login_required
@require_POST
def file_bin(request: Request, pk: UUID) -> HttpResponse:
    """Put a file into the bin."""
    file = get_file(request, pk)
    bin_file(file_id=pk, actor=request.actor)
    return done(request, _("%(name)s deleted") % {"name": file.name}, _home(file))


@login_required
@require_POST
def file_restore(request: Request, pk: UUID) -> HttpResponse:
    """Take a file out of the bin."""
    file = get_file(request, pk)
    restore_file(file_id=pk, actor=request.actor)
    return done(request, _("%(name)s restored") % {"name": file.name}, _home(file))
