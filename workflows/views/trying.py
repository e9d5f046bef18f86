"""The dry run of a rule: asked for beside it, worked on by the worker, told in full on a page of its own (W7)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import is_fragment, toast
from crm.kernel.core.http import Request
from workflows.forms import TrialForm
from workflows.models import Rule, Trial
from workflows.problems import BadRule
from workflows.services import begin_trial, stop_trial
from workflows.trials import FILTERS, Lines, dry_context, figures, trial_of

from .building import show_rule
from .shared import METHODS, get_rule, page_of, rules_only


def panel_of(rule: Rule) -> str:
    """Return the address of a rule's page with the dry run beside it."""
    return f"{page_of(rule)}?panel=dry"


@rules_only
@require_http_methods(METHODS)
def rule_try(request: Request, pk: UUID) -> HttpResponse:
    """Begin a dry run of the latest version; asked again, say how far it is or what came of it."""
    rule = get_rule(request, pk)
    if request.method != "POST":
        return _panel(request, rule) if is_fragment(request) else redirect(panel_of(rule))
    form = TrialForm(request.POST)
    if not form.is_valid():
        return _again(request, rule, form)
    try:
        begin_trial(
            rule_id=rule.pk, since=form.cleaned_data["begins"], until=form.cleaned_data["ends"], actor=request.actor
        )
    except BadRule as bad:
        form.add_error(None, _("This rule cannot work yet. %(why)s") % {"why": bad.message})
        return _again(request, rule, form)
    return _panel(request, rule) if is_fragment(request) else redirect(panel_of(rule))


def _again(request: Request, rule: Rule, form: TrialForm) -> HttpResponse:
    """Show the form with what was typed, and what is wrong with it."""
    if is_fragment(request):
        return _panel(request, rule, form, status=422)
    return show_rule(request, rule, status=422, form=form)


def _panel(request: Request, rule: Rule, form: TrialForm | None = None, status: int = 200) -> HttpResponse:
    return render(
        request, "workflows/_dry.html", {"rule": rule, **dry_context(request.actor, rule, form)}, status=status
    )


@rules_only
@require_POST
def rule_try_stop(request: Request, pk: UUID) -> HttpResponse:
    """Stop the dry run; what it has found so far stays."""
    rule = get_rule(request, pk)
    try:
        stop_trial(rule_id=rule.pk, actor=request.actor)
    except (Refused, Trial.DoesNotExist):  # it is over: the panel says what came of it
        toast(request, _("There is nothing to stop."), "warn")
    return _panel(request, rule) if is_fragment(request) else redirect(panel_of(rule))


@rules_only
@require_safe
def rule_tried(request: Request, pk: UUID) -> HttpResponse:
    """All that one's dry run of a rule found, newest first: matches or misses, by version and by reason."""
    rule = get_rule(request, pk)
    trial = trial_of(request.actor, rule)
    if trial is None:
        return redirect(panel_of(rule))
    lines = Lines(trial, request.actor)
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    page = lines.page(asked, request.GET.get("after", ""))
    context: dict[str, Any] = {"rule": rule, "trial": trial, "address": reverse("workflows:rule_tried", args=[pk])}
    context |= figures(trial, rule) | page
    return render(request, "workflows/tried.html", context)
