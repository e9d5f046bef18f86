"""What the pages of automation have in common."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from crm.kernel.core.access import flag_required
from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from workflows.models import Rule

DIALOG = {"modal-body": "dialog"}
METHODS = ["GET", "HEAD", "POST"]
rules_only = flag_required("rules")


def get_rule(request: Request, pk: UUID) -> Rule:
    """Return the rule with owner and published version; raises Http404 if there is none that the person may see."""
    rows = Rule.objects.visible_to(request.actor).select_related("owner__role", "owner__team", "current")
    rule: Rule | None = rows.filter(pk=pk).first()
    if rule is None:
        raise Http404("No such rule.")
    return rule


def may_edit(rule: Rule, actor: Actor) -> bool:
    """Say whether a person may change a rule: one's own, an admin any (W9)."""
    return actor.may("settings") or (rule.owner_id == actor.id and not rule.as_house)


def page_of(rule: Rule | UUID) -> str:
    """Return the address of a rule's page."""
    return reverse("workflows:rule_page", args=[rule.pk if isinstance(rule, Rule) else rule])


def show_form(request: Request, form: Any, **context: Any) -> HttpResponse:
    """Show a form as a page or in the dialog: 200, or 422 when it has errors."""
    context.setdefault("action", request.get_full_path())
    found = page_or_fragment(request, "components/form_page.html", DIALOG)
    return render(request, found, {"form": form, **context}, status=422 if form.errors else 200)


def saved(form: Any, save: Callable[[dict[str, Any]], Any]) -> Any:
    """Return what `save` makes of a valid form's values; None with the errors at the fields if it refuses or they are not."""
    if not form.is_valid():
        return None
    try:
        return save(form.cleaned_data) or True
    except Refused as refused:
        add_refusal(form, refused)
        return None


def back(request: Request, fallback: str) -> HttpResponse:
    """Return to the page that the button stood on, if it is one of ours (`next`)."""
    wanted = request.POST.get("next", "")
    return redirect(wanted if wanted.startswith("/workflows/") else fallback)


def attempt(request: Request, act: Callable[[], Any], words: Any) -> bool:
    """Do the command that a button asks for and say so, with Undo (H2); a refusal is said instead. True if it was done."""
    try:
        act()
    except Refused as refused:
        toast(request, refused.message, "bad")
        return False
    toast(request, words, undo=request.actor.last_change)
    return True
