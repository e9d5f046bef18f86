"""The templates: list, editor with the fields to pick, preview with a real record, test mail (E4)."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.mail import fields
from activities.mail.forms import PreviewForm, TemplateForm
from activities.mail.models import EmailTemplate
from activities.mail.services.queue import queue_test_mail, render_template, with_footer
from activities.mail.services.templates import archive_template, create_template, edit_template, restore_template
from contacts.models import Contact
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from deals.models import Deal

METHODS = ("GET", "HEAD", "POST")
FRAGMENTS = {"preview": "preview"}
# What a mail looks like is shown in a frame of its own, which can do nothing but show pictures and inline styles.
FRAME_POLICY: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["https:", "data:"],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}
NO_ADDRESS = "#"


@login_required
@require_safe
def template_list(request: Request) -> HttpResponse:
    """The templates that one may use; `?archived=1` those out of use."""
    request.actor.require_kind("edit", "activity")
    archived = request.GET.get("archived") == "1"
    mine = EmailTemplate.objects.visible_to(request.actor).select_related("owner")
    rows = mine.filter(archived_at__isnull=not archived).order_by("name", "pk")[:500]
    context = {
        "rows": [(each, each.allows(request.actor, "edit")) for each in rows],
        "archived": archived,
    }
    return render(request, "mail/templates.html", context)


@login_required
@require_http_methods(METHODS)
def template_new(request: Request) -> HttpResponse:
    """Make a template."""
    request.actor.require_kind("edit", "activity")
    form = TemplateForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            template = create_template(values=form.cleaned_data, actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(name)s added") % {"name": template.name}, undo=request.actor.last_change)
            return redirect("activities:template_edit", template.pk)
    context = {"form": form, "field_groups": _groups(request), "heading": _("New template"), "action": request.path}
    return render(request, "mail/template.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(METHODS)
def template_edit(request: Request, pk: UUID) -> HttpResponse:
    """Show a template with its preview, or save what was typed; who may not change it sees it."""
    template = _template(request, pk)
    if request.method == "POST":
        request.actor.require("edit", template)
    form = TemplateForm(request.POST or None, actor=request.actor, template=template)
    status = 200
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        version = values.pop("version")
        try:
            edit_template(template_id=pk, values=values, actor=request.actor, version=version)
        except Conflict as conflict:
            typed = request.POST.copy()
            typed["version"] = str(conflict.theirs["version"])
            form = TemplateForm(typed, actor=request.actor, template=template)
            form.is_valid()
            add_refusal(form, conflict)
            status = 409
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Saved"), undo=request.actor.last_change)
            return redirect("activities:template_edit", pk)
    status = 422 if form.errors and status == 200 else status
    context = {
        "form": form,
        "template": template,
        "heading": template.name,
        "action": request.path,
        "editable": template.allows(request.actor, "edit"),
        "field_groups": _groups(request),
        **_preview(request, template),
    }
    return render(request, page_or_fragment(request, "mail/template.html", FRAGMENTS), context, status=status)


@login_required
@require_POST
def template_archive(request: Request, pk: UUID) -> HttpResponse:
    """Take a template out of use."""
    template = _template(request, pk)
    archive_template(template_id=pk, actor=request.actor)
    toast(request, _("%(name)s archived") % {"name": template.name}, undo=request.actor.last_change)
    return redirect("activities:template_list")


@login_required
@require_POST
def template_restore(request: Request, pk: UUID) -> HttpResponse:
    """Offer an archived template again."""
    template = _template(request, pk)
    restore_template(template_id=pk, actor=request.actor)
    toast(request, _("%(name)s is back") % {"name": template.name}, undo=request.actor.last_change)
    return redirect("activities:template_edit", pk)


@login_required
@require_POST
def template_test(request: Request, pk: UUID) -> HttpResponse:
    """Send a template to oneself, filled for the chosen record."""
    template = _template(request, pk)
    request.actor.require_kind("edit", "activity")
    try:
        mail = queue_test_mail(template=template, letter=_letter(request), actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("A test goes to %(address)s") % {"address": mail.to_address})
    query = request.GET.urlencode()
    response = redirect("activities:template_edit", pk)
    response["Location"] += f"?{query}" if query else ""
    return response


@csp_override(FRAME_POLICY)
@xframe_options_sameorigin
@login_required
@require_safe
def template_frame(request: Request, pk: UUID) -> HttpResponse:
    """Answer the HTML of a template, filled for the chosen record, to be shown in a frame."""
    template = _template(request, pk)
    rendered = render_template(template, _letter(request))
    if template.marketing:
        rendered = with_footer(rendered, NO_ADDRESS, request.user.locale)
    return HttpResponse(rendered.html)


def _template(request: Request, pk: UUID) -> EmailTemplate:
    template: EmailTemplate = get_object_or_404(EmailTemplate.objects.visible_to(request.actor), pk=pk)
    return template


def _groups(request: Request) -> list[tuple[str, list[fields.Field]]]:
    """Return the fields to pick, under their headings."""
    order = {str(group): n for n, group in enumerate(dict.fromkeys(str(f.group) for f in fields.FIELDS))}
    found = sorted(fields.offered(request.actor), key=lambda field: order[str(field.group)])
    return [(name, list(part)) for name, part in groupby(found, key=lambda field: str(field.group))]


def _letter(request: Request) -> fields.Letter:
    """Return for whom a preview is: the chosen contact and deal, else the contact whom one has last worked with."""
    form = PreviewForm(request.GET, actor=request.actor)
    contact, deal = form.record("contact", Contact), form.record("deal", Deal)
    if contact is None and deal is None:
        mine = Contact.objects.visible_to(request.actor).live().filter(owner_id=request.user.pk)
        contact = mine.order_by("-pk").first()
    if contact is None and deal is not None:
        people = Contact.objects.visible_to(request.actor).live().filter(deal_roles__deal=deal)
        contact = people.order_by("-deal_roles__primary", "pk").first()
    return fields.Letter(contact, deal, request.user, request.actor)


def _preview(request: Request, template: EmailTemplate) -> dict[str, Any]:
    letter = _letter(request)
    rendered = render_template(template, letter)
    if template.marketing:
        rendered = with_footer(rendered, NO_ADDRESS, request.user.locale)
    chosen = {
        "contact": str(letter.contact.pk) if letter.contact else "",
        "deal": str(letter.deal.pk) if letter.deal else "",
    }
    names = fields.labels(request.actor)
    return {
        "rendered": rendered,
        "letter": letter,
        "missing": [names.get(name, name) for name in rendered.missing],
        "picker": PreviewForm(chosen, actor=request.actor),
        "chosen": chosen,
        "own_address": request.user.email,
    }
