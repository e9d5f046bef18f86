"""The list of rules, a new one, and what is done to a rule as a whole."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from workflows.forms import NameForm, NewRuleForm, OwnerForm
from workflows.house import missing_cards, take_up
from workflows.models import Rule, RuleVersion, Run
from workflows.problems import BadRule
from workflows.services import (
    create_rule,
    delete_rule,
    discard_draft,
    duplicate_rule,
    pause_rule,
    rename_rule,
    resume_rule,
    transfer_rule,
)
from workflows.telling import trigger_words
from workflows.triggers import trigger_named

from .shared import METHODS, attempt, back, get_rule, may_edit, page_of, rules_only, saved, show_form

WEEK = dt.timedelta(days=7)


@rules_only
@require_safe
def rule_list(request: Request) -> HttpResponse:
    """All rules with what they did in the last 7 days, and those of the house that are not there yet."""
    newest = RuleVersion.objects.filter(rule=OuterRef("pk")).order_by("-number")
    last = Run.objects.filter(rule=OuterRef("pk")).order_by("-started_at", "-id")
    rows = Rule.objects.visible_to(request.actor).select_related("owner", "current").annotate(
        document=Subquery(newest.values("document")[:1]),
        drafted=Subquery(newest.filter(published_at__isnull=True).values("pk")[:1]),
        last_run=Subquery(last.values("started_at")[:1]),
    )  # fmt: skip
    rules = list(rows.order_by("-state", "name"))
    counts = _counts()
    states = {"live": 0, "paused": 1, "draft": 2}
    rules.sort(key=lambda rule: (not rule.broken, states[rule.state], rule.name.casefold()))
    for rule in rules:
        rule.words = trigger_words(rule.document)
        rule.week, rule.failed = counts.get(rule.pk, (0, 0))
        rule.editable = may_edit(rule, request.actor)
    context = {"rules": rules, "failed": sum(rule.failed for rule in rules), "house": missing_cards()}
    return render(request, "workflows/list.html", context)


def _counts() -> dict[UUID, tuple[int, int]]:
    """Return for each rule its runs of the last 7 days, and how many failed ones wait for somebody."""
    since = timezone.now() - WEEK
    rows = Run.objects.filter(Q(started_at__gte=since) | Q(state=Run.State.FAILED)).values("rule").order_by()
    counted = rows.annotate(
        week=Count("pk", filter=Q(started_at__gte=since)), failed=Count("pk", filter=Q(state=Run.State.FAILED))
    )
    return {row["rule"]: (row["week"], row["failed"]) for row in counted}


def begun(kind: str) -> dict[str, Any]:
    """Return the options with which a new rule begins: a week where a number of days must be given."""
    trigger = trigger_named(kind)
    options = trigger.options if trigger is not None else ()
    return {each.key: 7 for each in options if each.required and each.default is None and each.type == "number"}


@rules_only
@require_http_methods(METHODS)
def rule_new(request: Request) -> HttpResponse:
    """Begin a rule: name and trigger; its page does the rest."""
    form = NewRuleForm(request.POST or None)

    def save(values: dict[str, Any]) -> Rule:
        trigger = {"kind": values["trigger"], "options": begun(values["trigger"])}
        document = {"trigger": trigger, "steps": [], "reentry": "entry", "listens_to": []}
        return create_rule(name=values["name"], document=document, actor=request.actor)

    rule = saved(form, save) if request.method == "POST" else None
    if rule is not None:
        return redirect(page_of(rule))
    cancel = reverse("workflows:rule_list")
    return show_form(request, form, heading=_("New rule"), submit=_("Create rule"), cancel=cancel)


@rules_only
@require_POST
def rule_house(request: Request, key: str) -> HttpResponse:
    """Take a rule of the house up: as a draft whose page shows what is still to be chosen."""
    try:
        rule = take_up(key=key, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect("workflows:rule_list")
    return redirect(f"{page_of(rule)}?check=1")


@rules_only
@require_http_methods(METHODS)
def rule_name(request: Request, pk: UUID) -> HttpResponse:
    """Change a rule's name and what it is for."""
    rule = get_rule(request, pk)
    form = NameForm(request.POST or None, initial={"name": rule.name, "description": rule.description})

    def save(values: dict[str, Any]) -> Rule:
        return rename_rule(rule_id=pk, actor=request.actor, **values)

    if request.method == "POST" and saved(form, save) is not None:
        toast(request, _("Saved"), undo=request.actor.last_change)
        return redirect(page_of(rule))
    return show_form(request, form, heading=_("Name and purpose"), submit=_("Save"), cancel=page_of(rule))


@rules_only
@require_http_methods(METHODS)
def rule_owner(request: Request, pk: UUID) -> HttpResponse:
    """Give a rule to somebody: an admin to anybody or to the house, whoever may have rules to themself (W9)."""
    rule = get_rule(request, pk)
    admin = request.actor.may("settings")
    form = OwnerForm(request.POST if request.method == "POST" else None, rule=rule, admin=admin)

    def save(values: dict[str, Any]) -> Rule:
        owner = values.get("owner") if admin else request.user
        house = bool(values.get("as_house"))
        rights = values.get("house_rights") or ()
        return transfer_rule(rule_id=pk, actor=request.actor, owner=owner, as_house=house, house_rights=rights)

    if request.method == "POST" and saved(form, save) is not None:
        toast(request, _("The rule acts with other rights now"), undo=request.actor.last_change)
        return redirect(page_of(rule))
    heading = (
        _("With whose rights it acts") if admin else _("Take the rule over from %(name)s") % {"name": rule.owner_words}
    )
    submit = _("Save") if admin else _("Take it over")
    return show_form(request, form, heading=heading, submit=submit, cancel=page_of(rule))


@rules_only
@require_POST
def rule_pause(request: Request, pk: UUID) -> HttpResponse:
    """Stop a rule."""
    rule = get_rule(request, pk)
    reason = request.POST.get("reason", "")
    attempt(
        request,
        lambda: pause_rule(rule_id=pk, actor=request.actor, reason=reason),
        _("%(name)s is paused") % {"name": rule.name},
    )
    return back(request, page_of(rule))


@rules_only
@require_POST
def rule_resume(request: Request, pk: UUID) -> HttpResponse:
    """Put a paused rule to work again; one that cannot work shows what is wrong on its page."""
    rule = get_rule(request, pk)
    try:
        resume_rule(rule_id=pk, actor=request.actor)
    except BadRule as bad:
        toast(request, _("%(name)s cannot work yet. %(why)s") % {"name": rule.name, "why": bad.message}, "bad")
        return redirect(f"{page_of(rule)}?check=1")
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect(page_of(rule))
    toast(request, _("%(name)s is at work again") % {"name": rule.name}, undo=request.actor.last_change)
    return back(request, page_of(rule))


@rules_only
@require_POST
def rule_discard(request: Request, pk: UUID) -> HttpResponse:
    """Throw the draft away; the published version stays."""
    rule = get_rule(request, pk)
    attempt(request, lambda: discard_draft(rule_id=pk, actor=request.actor), _("The draft is gone"))
    return redirect(page_of(rule))


@rules_only
@require_POST
def rule_copy(request: Request, pk: UUID) -> HttpResponse:
    """Copy a rule into a draft of one's own."""
    get_rule(request, pk)
    copied = duplicate_rule(rule_id=pk, actor=request.actor)
    toast(request, _("Copied as %(name)s") % {"name": copied.name}, undo=request.actor.last_change)
    return redirect(page_of(copied))


@rules_only
@require_POST
def rule_delete(request: Request, pk: UUID) -> HttpResponse:
    """Delete a rule that has never run."""
    rule = get_rule(request, pk)
    words = _("%(name)s is deleted") % {"name": rule.name}
    if attempt(request, lambda: delete_rule(rule_id=pk, actor=request.actor), words):
        return redirect("workflows:rule_list")
    return redirect(page_of(rule))
