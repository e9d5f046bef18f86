"""A deal's page, its fields edited in place, its people, the list, the bin."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.core.peek import is_peek, peek
from crm.kernel.listing.pages import list_response
from crm.kernel.search.services import record_view
from deals.days import AS_OF, tidy_address
from deals.fields import DealField, field_named, line, lines
from deals.forms import DealForm, PersonForm
from deals.lists import BinnedDeals, DealList
from deals.models import Deal, DealContact, Stage
from deals.pages import amount_changes, idle_of_deal, people_of, steps_of, visits_of, weighted_of
from deals.past import past_of
from deals.past_list import PastDealList
from deals.services import add_person, bin_deal, change_person, remove_person, restore_deal
from deals.tones import tones

from .forms import save_edit
from .shared import done, get_deal, show_form

METHODS = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def deal_list(request: Request) -> HttpResponse:
    """All deals that one may see, with `as_of` as they were on a past day (N8)."""
    if (tidy := tidy_address(request)) is not None:
        return redirect(tidy)
    return list_response(request, PastDealList if AS_OF in request.GET else DealList)


@login_required
@require_safe
def deal_bin(request: Request) -> HttpResponse:
    """The deals in the bin (R8)."""
    return list_response(request, BinnedDeals)


@login_required
@require_safe
def deal_detail(request: Request, pk: UUID) -> HttpResponse:
    """A deal's page: figures, stepper, fields, people, timeline (by other apps), stage history."""
    actor = request.actor
    deal = get_deal(request, pk)
    if is_peek(request):
        shown = lines(deal, actor, editable=False)
        return peek(request, deal, title=deal.title, subtitle=deal.stage.name, lines=shown)
    marks = record_view(user=request.user, kind="deal", record_id=pk)
    stages = sorted(
        Stage.objects.filter(pipeline=deal.pipeline_id, archived_at__isnull=True),
        key=lambda stage: (not stage.is_open, stage.is_lost, stage.position),
    )
    visits = visits_of(deal, stages)
    editable = actor.can("edit", deal)
    context = {
        "deal": deal,
        "record": deal,
        "editable": editable,
        "deletable": actor.can("delete", deal) and (not deal.stage.is_won or actor.may("date_back")),
        "favourite": getattr(marks, "favourite", marks),
        "fields": lines(deal, actor, editable=editable),
        "people": people_of(deal, actor),
        "visits": visits,
        "steps": steps_of(deal, stages, visits),
        "lost_stage": next((stage for stage in stages if stage.is_lost), None),
        "won_stage": next((stage for stage in stages if stage.is_won), None),
        "changes": amount_changes(deal),
        "weighted": weighted_of(deal),
        "idle": idle_of_deal(deal),
        "tones": tones(stages),
        "company_visible": deal.company is not None and actor.can("view", deal.company),
        "past": past_of(request, deal),
        "show": request.GET.get("show", "") if request.GET.get("show") in ("details", "related") else "",
    }
    return render(request, "deals/deal.html", context)


@login_required
@require_http_methods(METHODS)
def deal_field(request: Request, pk: UUID, key: str) -> HttpResponse:
    """One field of a deal: its value, its small form (`edit`), and saving it."""
    actor = request.actor
    deal = get_deal(request, pk)
    each = field_named(key, actor)
    if each is None:
        raise Http404("No such field.")
    if request.method != "POST" and "edit" not in request.GET:
        return render(request, "components/inline_value.html", line(deal, each, editable=actor.can("edit", deal)))
    actor.require("edit", deal)
    if not each.when(deal):
        raise Http404("This deal has no such field.")
    form = DealForm(request.POST or None, actor=actor, deal=deal, only=each.inputs)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _field_saved(request, save_edit(form, actor), each)
            except Conflict as conflict:
                form.show_conflict(conflict.theirs)
                status = 409
            except Refused as refused:
                form.refuse(refused)
    context = {
        "form": form,
        "deal": deal,
        "key": key,
        "action": request.path,
        "back": request.path,
        "label": each.label,
    }
    return render(request, "deals/inline_form.html", context, status=status)


def _field_saved(request: Request, saved: Deal, each: DealField) -> HttpResponse:
    if not is_fragment(request):
        return redirect("deals:deal_detail", saved.pk)
    deal = get_deal(request, saved.pk)
    context = {
        "line": line(deal, each, editable=True),
        "deal": deal,
        "weighted": weighted_of(deal),
        "editable": True,
    }
    return render(request, "deals/field_saved.html", context)


@login_required
@require_http_methods(METHODS)
def deal_person_add(request: Request, pk: UUID) -> HttpResponse:
    """Put a person into a deal, with a role."""
    actor = request.actor
    deal = get_deal(request, pk)
    actor.require("edit", deal)
    form = PersonForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        contact = form.cleaned_data["contact"]
        try:
            add_person(deal_id=pk, contact_id=contact.pk, role=form.cleaned_data["role"], actor=actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("%(name)s added") % {"name": contact.name}, deal)
    return show_form(
        request, "deals/person_form.html", form=form, heading=_("Add a person"), submit=_("Add"),
        cancel=reverse("deals:deal_detail", args=[pk]), roles=roles_in_use(),
    )  # fmt: skip


@login_required
@require_http_methods(METHODS)
def deal_person(request: Request, pk: UUID, contact: UUID) -> HttpResponse:
    """Change a person's role in a deal, make them primary, or take them out (`remove`)."""
    actor = request.actor
    deal = get_deal(request, pk)
    actor.require("edit", deal)
    link = DealContact.objects.filter(deal=deal, contact=contact).select_related("contact").first()
    if link is None:
        raise Http404("Not in this deal.")
    if request.method == "POST":
        try:
            if "remove" in request.POST:
                remove_person(deal_id=pk, contact_id=contact, actor=actor)
                return done(request, _("%(name)s is out of the deal") % {"name": link.contact.name}, deal)
            role, primary = request.POST.get("role"), "primary" in request.POST or None
            change_person(deal_id=pk, contact_id=contact, role=role, primary=primary, actor=actor)
            return done(request, _("Saved"), deal)
        except Refused as refused:
            context: dict[str, Any] = {"error": refused.message, "role": request.POST.get("role", "")}
    else:
        context = {"error": "", "role": link.role}
    found = "deals/person.html#dialog" if is_fragment(request) else "deals/person.html"
    context |= {"deal": deal, "link": link, "roles": roles_in_use(), "action": request.path}
    return render(request, found, context, status=422 if context["error"] else 200)


def roles_in_use() -> list[str]:
    """Return roles to choose from: common ones, and those typed before."""
    common = [_("Decision maker"), _("Champion"), _("Buyer"), _("Legal"), _("Technical"), _("User")]
    typed = DealContact.objects.exclude(role="").order_by("-id").values_list("role", flat=True)[:200]
    return list(dict.fromkeys([*common, *typed]))[:30]


@login_required
@require_POST
def deal_binned(request: Request, pk: UUID) -> HttpResponse:
    """Put a deal into the bin (R8)."""
    deal = get_deal(request, pk)
    bin_deal(deal_id=pk, actor=request.actor)
    toast(request, _("%(deal)s is in the bin") % {"deal": deal.title}, undo=request.actor.last_change)
    return redirect("deals:board")


@login_required
@require_POST
def deal_restored(request: Request, pk: UUID) -> HttpResponse:
    """Take a deal out of the bin."""
    deal = get_deal(request, pk, binned=True)
    restore_deal(deal_id=pk, actor=request.actor)
    return done(request, _("%(deal)s is back") % {"deal": deal.title}, deal)
