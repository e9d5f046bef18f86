"""Rules as text: to look at, to download, and to bring in from a box or a file (W1)."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from workflows.forms import TextForm
from workflows.models import Rule
from workflows.yamls import BadText, coming, export_rules, import_rules

from .shared import METHODS, get_rule, page_of, rules_only


@rules_only
@require_safe
def rules_text(request: Request) -> HttpResponse:
    """All rules as one text, each in its latest version; `?download` sends it as a file."""
    rows = (
        Rule.objects.visible_to(request.actor).select_related("current", "owner__role", "owner__team").order_by("name")
    )
    return _text(request, list(rows), "rules", reverse("workflows:rule_list"), _("All rules"))


@rules_only
@require_safe
def rule_text(request: Request, pk: UUID) -> HttpResponse:
    """One rule as text."""
    rule = get_rule(request, pk)
    return _text(request, [rule], slugify(rule.name) or "rule", page_of(rule), rule.name)


def _text(request: Request, rules: list[Rule], name: str, back: str, heading: str) -> HttpResponse:
    text = export_rules(rules)
    if "download" in request.GET:
        response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
        return response
    context = {"text": text, "heading": heading, "back": back, "lines": text.count("\n") + 1, "one": len(rules) == 1}
    return render(request, "workflows/text.html", context)


@rules_only
@require_http_methods(METHODS)
def rules_import(request: Request) -> HttpResponse:
    """Take rules in: first what they would change is shown, then they are kept as drafts."""
    posted = request.method == "POST"
    form = TextForm(request.POST, request.FILES) if posted else TextForm()
    context: dict[str, Any] = {"form": form, "text": request.POST.get("text", "")}
    if posted and form.is_valid():
        context["text"] = form.cleaned_data["text"]
        context |= _looked_at(form, request)
        if request.POST.get("do") == "import" and not form.errors and not context["refused"]:
            answer = _imported(request, form)
            if answer is not None:
                return answer
    refused = bool(form.errors) or bool(context.get("refused"))
    return render(request, "workflows/import.html", context, status=422 if posted and refused else 200)


def _looked_at(form: TextForm, request: Request) -> dict[str, Any]:
    """Return what the text would change; what is wrong with it stands beside the box, with its line."""
    try:
        rules = coming(form.cleaned_data["text"], request.actor)
    except BadText as bad:
        form.add_error("text", bad.message)
        return {"line": bad.line, "refused": True}
    return {"rules": rules, "refused": any(each.refused for each in rules)}


def _imported(request: Request, form: TextForm) -> HttpResponse | None:
    """Keep the rules as drafts, and return to the list; None with the reason at the box if that is refused."""
    try:
        rules = import_rules(text=form.cleaned_data["text"], actor=request.actor)
    except (Refused, PermissionDenied) as error:
        form.add_error("text", getattr(error, "message", "") or str(error))
        return None
    words = ngettext("%d rule is there as a draft", "%d rules are there as drafts", len(rules)) % len(rules)
    toast(request, words, undo=request.actor.last_change)
    return redirect(page_of(rules[0]) if len(rules) == 1 else "workflows:rule_list")
