"""Making and changing deals by forms: new, quick add, edit, owner, snooze, own probability, clone, qualify."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Company, Contact
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.customfields.values import split
from crm.kernel.workspace.models import Workspace
from deals.board import Board
from deals.cards import CardWriter, card_of
from deals.fields import field_named
from deals.forms import DealForm, QualifyForm, SnoozeForm
from deals.models import ForecastCategory, Stage
from deals.services import clone_deal, create_deal, edit_deal, qualify_lead, snooze_deal
from deals.services.leads import claimable, default_title

from .shared import done, get_deal, show_form

METHODS = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(METHODS)
def deal_new(request: Request) -> HttpResponse:
    """Make a deal; `stage`, `pipeline`, `company` and `contact` in the address fill the form."""
    actor = request.actor
    actor.require_kind("edit", "deal")
    form = DealForm(request.POST or None, actor=actor, initial=_first_values(request))
    if request.method == "POST" and form.is_valid():
        try:
            deal = create_deal(actor=actor, **new_values(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            toast(request, _("%(deal)s added") % {"deal": deal.title}, undo=actor.last_change)
            return redirect("deals:deal_detail", deal.pk)
    return show_form(
        request,
        "deals/form.html",
        form=form,
        heading=_("New deal"),
        submit=_("Add deal"),
        cancel=reverse("deals:board"),
    )


def _first_values(request: Request) -> dict[str, Any]:
    """Return what the address says of the new deal; ids of what one may not see fill nothing."""
    actor = request.actor
    found: dict[str, Any] = {"owner": str(actor.id)}
    contact = _seen(Contact, request.GET.get("contact", ""), actor)
    company = _seen(Company, request.GET.get("company", ""), actor) or (contact.company if contact else None)
    found |= {"contact": str(contact.pk)} if contact else {}
    found |= {"company": str(company.pk)} if company else {}
    stage = _first_stage(request.GET.get("stage", ""), request.GET.get("pipeline", ""))
    return found | ({"stage": str(stage.pk)} if stage else {})


def _seen(model: Any, text: str, actor: Any) -> Any:
    try:
        return model.objects.visible_to(actor).live().filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _first_stage(stage: str, pipeline: str) -> Stage | None:
    try:
        rows = Stage.objects.usable().open()
        rows = rows.filter(pk=UUID(stage)) if stage else rows.filter(pipeline=UUID(pipeline))
    except ValueError:
        return None
    return rows.order_by("position").first()


def new_values(form: DealForm) -> dict[str, Any]:
    """Return the arguments of `create_deal` from a valid form."""
    names = ("title", "company", "amount", "currency", "expected_close", "owner", "source", "tags", "description")
    data = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
    data["amount"] = data.get("amount") or None
    data["tags"] = data.get("tags") or []
    contact = form.cleaned_data.get("contact")
    stage = form.cleaned_data.get("stage")
    if data["company"] is None and contact is not None and not form.company_text:
        data["company"] = contact.company
    return data | {
        "stage": Stage.objects.get(pk=stage) if stage else None,
        "contacts": [(contact.pk, "")] if contact else [],
        "company_name": form.company_text,
        "custom": form.custom_changes({})[0],
    }


@login_required
@require_http_methods(METHODS)
def quick_add(request: Request) -> HttpResponse:
    """Make a deal within a column: the small form at its top, then its card in the form's place."""
    actor = request.actor
    actor.require_kind("edit", "deal")
    stage = _first_stage(request.GET.get("stage", ""), "")
    if stage is None:
        raise Http404("No such stage.")
    if not is_fragment(request) and request.method != "POST":
        return redirect(f"{reverse('deals:deal_new')}?stage={stage.pk}")
    initial = {"stage": str(stage.pk), "owner": str(actor.id), "currency": Workspace.current().base_currency}
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data.update(initial)
    form = DealForm(data, actor=actor, initial=initial, auto_id=f"quick-{stage.pk.hex[-6:]}-%s")
    if data is not None and form.is_valid():
        try:
            deal = create_deal(actor=actor, **new_values(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            return _added(request, deal)
    context = {"form": form, "stage": stage}
    return render(request, "deals/quick_add.html", context, status=422 if form.errors else 200)


def _added(request: Request, deal: Any) -> HttpResponse:
    actor = request.actor
    words = _("%(deal)s added to %(stage)s") % {"deal": deal.title, "stage": deal.stage.name}
    toast(request, words, undo=actor.last_change)
    board = Board.for_pipeline(request, deal.pipeline_id)
    card = CardWriter(actor.scope("deal", "edit")).card(card_of(deal))
    context = {"card": mark_safe(card), "columns": board.heads_of([deal.stage]), "board": board}
    return render(request, "deals/moved.html", context)


@login_required
@require_http_methods(METHODS)
def deal_edit(request: Request, pk: UUID) -> HttpResponse:
    """Edit all fields of a deal; what somebody else changed meanwhile answers 409 with both values (P3)."""
    deal = get_deal(request, pk)
    only = field_named(request.GET.get("only", ""), request.actor)
    if only is not None and only.when(deal):
        return _edit(request, deal, only.inputs, str(only.label))
    return _edit(request, deal, (), _("Edit %(deal)s") % {"deal": deal.title})


@login_required
@require_http_methods(METHODS)
def deal_owner(request: Request, pk: UUID) -> HttpResponse:
    """Give a deal to somebody else."""
    deal = get_deal(request, pk)
    return _edit(request, deal, ("owner",), _("Owner of %(deal)s") % {"deal": deal.title})


def _edit(request: Request, deal: Any, only: tuple[str, ...], heading: str) -> HttpResponse:
    actor = request.actor
    actor.require("edit", deal)
    form = DealForm(request.POST or None, actor=actor, deal=deal, only=only)
    status = 0
    if request.method == "POST" and form.is_valid():
        before = actor.last_change
        try:
            changed = save_edit(form, actor)
        except Conflict as conflict:
            form.show_conflict(conflict.theirs)
            status = 409
        except Refused as refused:
            form.refuse(refused)
        else:
            return done(
                request, _("Saved"), changed, undo=actor.last_change != before and changed.version > deal.version
            )
    cancel = reverse("deals:deal_detail", args=[deal.pk])
    return show_form(
        request,
        "deals/form.html",
        status=status,
        form=form,
        deal=deal,
        heading=heading,
        submit=_("Save"),
        cancel=cancel,
    )


def save_edit(form: DealForm, actor: Any) -> Any:
    """Save what a valid form of an existing deal changed."""
    assert form.deal is not None
    values, seen = form.changes()
    if "amount" in values:
        values["amount"] = values["amount"] or None
    return edit_deal(
        deal_id=form.deal.pk,
        values=values,
        seen=seen,
        version=form.version,
        actor=actor,
        company_name=form.company_text if "company" in form.fields else "",
        confirm_currency=bool(form.cleaned_data.get("confirm_currency")),
    )


@login_required
@require_http_methods(METHODS)
def deal_keep(request: Request, pk: UUID) -> HttpResponse:
    """Keep the own probability and category that a move cleared (P5): the toast of the move leads here."""
    deal = get_deal(request, pk)
    actor = request.actor
    actor.require("edit", deal)
    offered = {
        "probability": request.GET.get("probability", "")[:3],
        "forecast_category": request.GET.get("category", "") if request.GET.get("category") in ForecastCategory else "",
    }
    form = DealForm(
        request.POST or None, actor=actor, deal=deal, only=("probability", "forecast_category"), initial=offered
    )
    if request.method == "POST" and form.is_valid():
        names = [name for name in ("probability", "forecast_category") if name in form.fields]
        try:
            edit_deal(deal_id=pk, values={name: form.cleaned_data[name] for name in names}, actor=actor)
        except Refused as refused:
            form.refuse(refused)
        else:
            return done(request, _("Saved"), deal)
    return show_form(
        request, "deals/form.html", form=form, heading=_("Keep the deal's own probability"), submit=_("Keep"),
        cancel=reverse("deals:deal_detail", args=[pk]),
    )  # fmt: skip


@login_required
@require_http_methods(METHODS)
def deal_snooze(request: Request, pk: UUID) -> HttpResponse:
    """Hide the "gone quiet" mark until a day (P8)."""
    deal = get_deal(request, pk)
    actor = request.actor
    actor.require("edit", deal)
    form = SnoozeForm(request.POST or None, initial={"until": deal.snoozed_until} if deal.snoozed_until else {})
    if request.method == "POST" and form.is_valid():
        until = form.cleaned_data["until"]
        try:
            snooze_deal(deal_id=pk, until=until, actor=actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            words = _("Snoozed until %(day)s") % {"day": until} if until else _("The mark is shown again")
            return done(request, words, deal)
    return show_form(
        request, "deals/form.html", form=form, heading=_("Snooze %(deal)s") % {"deal": deal.title}, submit=_("Snooze"),
        cancel=reverse("deals:deal_detail", args=[pk]),
    )  # fmt: skip


@login_required
@require_POST
def deal_clone(request: Request, pk: UUID) -> HttpResponse:
    """Copy a deal and show the copy."""
    deal = get_deal(request, pk)
    actor = request.actor
    try:
        copy = clone_deal(deal_id=deal.pk, actor=actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect("deals:deal_detail", pk)
    toast(request, _("This is the copy of %(deal)s") % {"deal": deal.title}, undo=actor.last_change)
    return redirect("deals:deal_detail", copy.pk)


@login_required
@require_http_methods(METHODS)
def lead_qualify(request: Request, pk: UUID) -> HttpResponse:
    """Make a deal of a lead (R4). A second click leads to the deal of the first."""
    actor = request.actor
    contact = get_object_or_404(Contact.objects.visible_to(actor).live().select_related("company"), pk=pk)
    actor.require_kind("edit", "deal")
    if not claimable(contact, actor):
        actor.require("edit", contact)
    form = QualifyForm(request.POST or None, actor=actor, initial={"title": default_title(contact)})
    if not contact.is_lead or (request.method == "POST" and form.is_valid()):
        try:
            return _qualified(request, contact, form if form.is_bound else None)
        except Refused as refused:
            if not form.is_bound:
                toast(request, refused.message, "bad")
                return redirect("contacts:contact_detail", pk)
            add_refusal(form, refused)
    return show_form(
        request, "deals/form.html", form=form, heading=_("Qualify %(name)s") % {"name": contact.name},
        submit=_("Make the deal"), cancel=reverse("contacts:contact_detail", args=[pk]),
    )  # fmt: skip


def _qualified(request: Request, contact: Contact, form: QualifyForm | None) -> HttpResponse:
    actor = request.actor
    values = form.cleaned_data if form is not None and contact.is_lead else {}
    stage = values.get("stage")
    deal, created = qualify_lead(
        contact_id=contact.pk,
        actor=actor,
        title=values.get("title", ""),
        amount=values.get("amount") or None,
        stage=Stage.objects.get(pk=stage) if stage else None,
        expected_close=values.get("expected_close"),
        custom=split(values)[1],
    )
    words = _("%(name)s is qualified") if created else _("%(name)s is qualified already; this is the deal")
    toast(request, words % {"name": contact.name}, undo=actor.last_change if created else None)
    return redirect("deals:deal_detail", deal.pk)
