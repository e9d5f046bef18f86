"""Publishing a rule, and its versions beside each other."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from workflows.actors import actor_for
from workflows.comparing import differences
from workflows.engine.candidates import MOST_COUNTED
from workflows.models import Rule, RuleVersion
from workflows.problems import BadRule
from workflows.sentences import sentence
from workflows.services import check_rule, matching_now, publish_rule, save_draft
from workflows.triggers.records import Manual
from workflows.triggers.times import Schedule

from .shared import METHODS, attempt, get_rule, may_edit, page_of, rules_only


@rules_only
@require_http_methods(METHODS)
def rule_publish(request: Request, pk: UUID) -> HttpResponse:
    """Show what publishing means: the rule in words, what changed, how many records match already; then do it (W4)."""
    rule = get_rule(request, pk)
    if request.method == "POST":
        return _publish(request, rule)
    latest = rule.latest
    check = check_rule(rule)
    if latest is None or not check.ok:
        return redirect(f"{page_of(rule)}?check=1")
    matching = matching_now(rule)
    actor = actor_for(rule, rule.owner)
    context = {
        "rule": rule,
        "version": latest,
        "editable": may_edit(rule, request.actor),
        "sentence": sentence(rule),
        "warnings": check.warnings,
        "differences": differences(rule.current.document, latest.document, actor) if rule.current else [],
        "matching": matching,
        "scheduled": isinstance(check.document.trigger, Schedule),
        "by_hand": isinstance(check.document.trigger, Manual),
        "many": matching >= MOST_COUNTED,
        "rate": check.document.rate_per_hour,
    }
    return render(request, "workflows/publish.html", context)


def _publish(request: Request, rule: Rule) -> HttpResponse:
    """Publish what the page showed; if somebody has saved another draft since, show that one first."""
    existing, seen = request.POST.get("include_existing") == "1", request.POST.get("version", "")
    try:
        publish_rule(rule_id=rule.pk, actor=request.actor, include_existing=existing, seen=seen)
    except Conflict as conflict:
        toast(request, conflict.message, "warn")
        return redirect("workflows:rule_publish", rule.pk)
    except BadRule:
        return redirect(f"{page_of(rule)}?check=1")
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("%(name)s is at work") % {"name": rule.name}, undo=request.actor.last_change)
    return redirect(page_of(rule))


def get_version(rule: Rule, number: int) -> RuleVersion:
    """Return a version of a rule by its number, or raise Http404."""
    version = RuleVersion.objects.select_related("published_by", "saved_by").filter(rule=rule, number=number).first()
    if version is None:
        raise Http404("No such version.")
    return version


@rules_only
@require_safe
def rule_version(request: Request, pk: UUID, number: int) -> HttpResponse:
    """One version in words, and what differs from another: the one before it, unless the address names one."""
    rule = get_rule(request, pk)
    version = get_version(rule, number)
    rows = RuleVersion.objects.filter(rule=rule).order_by("-number")
    others = [each for each in rows if each.pk != version.pk]
    wanted = request.GET.get("with", "")
    earlier = [each for each in others if each.number < number]
    other = next((each for each in others if str(each.number) == wanted), earlier[0] if earlier else None)
    actor = actor_for(rule, rule.owner)
    context = {
        "rule": rule,
        "version": version,
        "other": other,
        "others": others,
        "sentence": sentence(version.document, actor),
        "differences": differences(other.document, version.document, actor) if other is not None else [],
        "editable": may_edit(rule, request.actor),
        "is_latest": not any(each.number > number for each in others),
    }
    return render(request, "workflows/version.html", context)


@rules_only
@require_POST
def rule_restore(request: Request, pk: UUID, number: int) -> HttpResponse:
    """Take an earlier version as the draft."""
    rule = get_rule(request, pk)
    version = get_version(rule, number)
    words = _("Version %(number)s is the draft now") % {"number": number}
    attempt(request, lambda: save_draft(rule_id=pk, document=version.document, actor=request.actor), words)
    return redirect(page_of(rule))
