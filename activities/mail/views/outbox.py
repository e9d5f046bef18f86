"""The queue of mails: what waits, went out or failed, and why (E4); blocked addresses (E5)."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.mail.forms import BlockForm
from activities.mail.models import MailBlock, OutgoingMail
from activities.mail.services import blocks, steering
from activities.mail.services.queue import without_link
from activities.places import url_of
from contacts.models import Contact
from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request

PAGE = 50
LIST = {"results": "results"}
DIALOG = {"modal-body": "dialog"}
TONES = {
    "sent": "ok",
    "failed": "bad",
    "suppressed": "warn",
    "cancelled": "outline",
    "queued": "accent",
    "sending": "accent",
}


@login_required
@require_safe
def outbox(request: Request) -> HttpResponse:
    """Mails, newest first: one's own and those to records that one may see (U3). `?state=`, `?to=` an address."""
    mine = OutgoingMail.objects.visible_to(request.actor)
    state = request.GET.get("state", "")
    if state in OutgoingMail.State.values:
        mine = mine.filter(state=state)
    address = request.GET.get("to", "").strip().lower()
    if address:
        mine = mine.filter(to_address=address)
    rows, older = page_of(mine, request.GET.get("before", ""))
    context = {
        "rows": [_row(mail, request) for mail in rows],
        "states": [(value, label) for value, label in OutgoingMail.State.choices],
        "state": state,
        "address": address,
        "older": older,
        "first": "before" not in request.GET,
        "narrowed": bool(state or address),
    }
    return render(request, page_or_fragment(request, "mail/outbox.html", LIST), context)


def page_of(mails: Any, before: str) -> tuple[list[OutgoingMail], UUID | None]:
    """Return a page of mails, newest first, and the last one's id if there are older ones."""
    ordered = mails.select_related("user", "template").defer("text", "html").order_by("-created_at", "-pk")
    try:
        last = mails.filter(pk=UUID(before)).first() if before else None
    except ValueError:
        last = None
    if last is not None:
        ordered = ordered.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    found = list(ordered[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def _row(mail: OutgoingMail, request: Request) -> dict[str, Any]:
    editable = mail.allows(request.actor, "edit")
    return {
        "mail": mail,
        "tone": TONES[mail.state],
        "cancel": editable and mail.state in ("queued", "failed"),
        "retry": editable and mail.state in ("failed", "suppressed", "cancelled"),
    }


@login_required
@require_safe
def mail_detail(request: Request, pk: UUID) -> HttpResponse:
    """One mail as it was read, with what became of it."""
    visible = OutgoingMail.objects.visible_to(request.actor).select_related("user", "template", "contact", "deal")
    mail = get_object_or_404(visible, pk=pk)
    known = mail.contact_id and Contact.objects.visible_to(request.actor).live().filter(pk=mail.contact_id).exists()
    context = {
        **_row(mail, request),
        "text": without_link(mail),
        "contact_url": url_of("contact", mail.contact_id) if known and mail.contact_id else "",
    }
    return render(request, page_or_fragment(request, "mail/mail.html", DIALOG), context)


@login_required
@require_POST
def mail_cancel(request: Request, pk: UUID) -> HttpResponse:
    """Stop a mail that has not gone out."""
    return _steer(request, pk, steering.cancel_mail, _("The e-mail was stopped"))


@login_required
@require_POST
def mail_retry(request: Request, pk: UUID) -> HttpResponse:
    """Try a mail again."""
    return _steer(request, pk, steering.retry_mail, _("The e-mail is tried again"))


def _steer(request: Request, pk: UUID, command: Any, words: str) -> HttpResponse:
    get_object_or_404(OutgoingMail.objects.visible_to(request.actor).only("pk"), pk=pk)
    try:
        command(mail_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, words, undo=request.actor.last_change if command is steering.cancel_mail else None)
    return redirect("activities:outbox")


@flag_required("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def block_list(request: Request) -> HttpResponse:
    """Addresses that get no mail, newest first; block one more."""
    form = BlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            block = blocks.block_address(actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(address)s is blocked") % {"address": block.address}, undo=request.actor.last_change)
            return redirect("activities:block_list")
    rows = MailBlock.objects.visible_to(request.actor)
    address = request.GET.get("q", "").strip()
    rows = rows.of(address) if address else rows
    context = {"form": form, "rows": list(rows[:200]), "address": address}
    return render(request, "mail/blocks.html", context, status=422 if form.errors else 200)


@flag_required("settings")
@require_POST
def block_lift(request: Request, pk: UUID) -> HttpResponse:
    """Let an address be written to again."""
    get_object_or_404(MailBlock.objects.visible_to(request.actor), pk=pk)
    address = blocks.lift_block(block_id=pk, actor=request.actor)
    toast(request, _("%(address)s can be written to again") % {"address": address}, undo=request.actor.last_change)
    return redirect("activities:block_list")
