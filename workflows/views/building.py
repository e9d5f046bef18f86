"""The page of a rule: its builder, which is one form, and beside it what the rule did and would do."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from workflows.actors import actor_for
from workflows.builder import RuleForm
from workflows.comparing import differences, same
from workflows.conditions import RuleContext
from workflows.documents import read_document
from workflows.forms import TrialForm
from workflows.models import Rule, RuleVersion
from workflows.sentences import in_words, step_words
from workflows.services import check_rule, save_draft

from .panels import panel_context
from .shared import METHODS, get_rule, may_edit, page_of, rules_only

FRAGMENTS = {"rule-form": "builder", "rule-panel": "panel"}


@rules_only
@require_http_methods(METHODS)
def rule_page(request: Request, pk: UUID) -> HttpResponse:
    """Show a rule; or take the builder as it was sent: change it, keep it as the draft, or go on to publish it."""
    rule = get_rule(request, pk)
    if request.method == "POST":
        return _sent(request, rule)
    return show_rule(request, rule)


def show_rule(request: Request, rule: Rule, status: int = 200, form: TrialForm | None = None) -> HttpResponse:
    """Show a rule as it was saved last; `form` is a dry run that was asked for and cannot be."""
    latest = rule.latest
    document = latest.document if latest is not None else {}
    builder = RuleForm.of(document, actor_for(rule, rule.owner))
    checked = bool(rule.broken or "check" in request.GET)
    return _show(request, rule, builder, latest, checked=checked, status=status, trying=form)


def _sent(request: Request, rule: Rule) -> HttpResponse:
    form = RuleForm.read(request.POST, actor_for(rule, rule.owner))
    button = request.POST.get("do", "")
    checked = request.POST.get("checked") == "1"
    if button in ("save", "publish"):
        return _keep(request, rule, form, publish=button == "publish")
    form.change(button)
    return _show(request, rule, form, rule.latest, checked=checked, unsaved=True)


def _keep(request: Request, rule: Rule, form: RuleForm, *, publish: bool) -> HttpResponse:
    """Keep the form as the draft; what cannot work is shown at its place and does not go on to publishing."""
    document = form.document()
    try:
        save_draft(rule_id=rule.pk, document=document, actor=request.actor, seen=request.POST.get("seen", ""))
    except Refused as refused:
        toast(request, refused.message, "bad")
        return _show(request, rule, form, rule.latest, checked=False, unsaved=True, anew=True, status=409)
    rule = get_rule(request, rule.pk)
    if publish and check_rule(rule, RuleVersion(document=document)).ok:
        return redirect("workflows:rule_publish", rule.pk)
    toast(request, _("Saved as a draft: it does nothing yet") if rule.current is None else _("Saved as a draft"))
    if publish:
        return _show(request, rule, form, rule.latest, checked=True, anew=True, status=422)
    return redirect(page_of(rule))


def _show(
    request: Request,
    rule: Rule,
    form: RuleForm,
    latest: RuleVersion | None,
    *,
    checked: bool,
    unsaved: bool = False,
    anew: bool = False,
    status: int = 200,
    trying: TrialForm | None = None,
) -> HttpResponse:
    """Show the builder. What a form began from stays with it until it is saved, or has been told of another (`anew`)."""
    actor, document = form.actor, form.document()
    began = "" if anew else request.POST.get("seen", "")
    check = check_rule(rule, RuleVersion(document=document)) if checked else None
    form.show_errors({each.where: each.message for each in reversed(check.problems)} if check else {})
    read, reader = read_document(document, actor), RuleContext(actor, timezone.now())
    words = step_words(read, reader)
    published = rule.current.document if rule.current is not None else None
    context = {
        "rule": rule,
        "form": form.shown(words, again=request.htmx.target == "rule-form"),
        "sentence": in_words(read, reader, words),
        "check": check,
        "checked": checked,
        "editable": may_edit(rule, request.actor),
        "admin": request.actor.may("settings"),
        "unsaved": unsaved and not same(document, latest.document if latest is not None else {}, actor),
        "seen": began or (latest.stamp if latest is not None else ""),
        "drafted": latest is not None and latest.published_at is None,
        "changes": len(differences(published, document, actor)) if published is not None else None,
        **panel_context(request, rule, trying),
    }
    template = page_or_fragment(request, "workflows/rule.html", FRAGMENTS)
    return render(request, template, context, status=status)
