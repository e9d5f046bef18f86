"""What rules did with a record, for everybody who may see it, and rules to start by hand (W6)."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import close_dialog, is_fragment, page_or_fragment, refresh, toast
from crm.kernel.core.http import Request
from workflows.fields import MODELS
from workflows.models import Rule, Run
from workflows.records import Named, kind_label, url_of
from workflows.services import start_run
from workflows.telling import shown_run

SHOWN = 20
STARTED_FOR = ("deal", "contact", "company")
FRAGMENTS = {"modal-body": "dialog", "record-rules": "content"}


def _record(request: Request, kind: str, pk: UUID) -> Any:
    """Return a record that the person may see; raises Http404 for others and other kinds."""
    if kind not in STARTED_FOR:
        raise Http404("No such record.")
    record = MODELS[kind].objects.visible_to(request.actor).filter(pk=pk).first()
    if record is None:
        raise Http404("No such record.")
    return record


def manual_rules(kind: str) -> list[Rule]:
    """Return the rules at work that people start by hand for records of a kind."""
    rows = Rule.objects.filter(state=Rule.State.LIVE, trigger="manual").select_related("current").order_by("name")
    return [rule for rule in rows if rule.current is not None and _kind_of(rule.current.document) == kind]


def _kind_of(document: dict[str, Any]) -> str:
    return str((document.get("trigger", {}).get("options") or {}).get("record") or "deal")


@login_required
@require_safe
def record_rules(request: Request, kind: str, pk: UUID) -> HttpResponse:
    """What rules did with a record, newest first, and those that can be started for it."""
    record = _record(request, kind, pk)
    rows = Run.objects.of_record(kind, pk).select_related("rule").prefetch_related("steps")
    runs = list(rows.order_by("-started_at", "-id")[: SHOWN + 1])
    editable = request.actor.can("edit", record)
    context = {
        "record": record,
        "kind_words": kind_label(kind),
        "address": url_of(kind, pk),
        "runs": [shown_run(run, {pk: Named(str(record), "")}) for run in runs[:SHOWN]],
        "more": len(runs) > SHOWN,
        "manual": manual_rules(kind) if editable else [],
        "may_rules": request.actor.may("rules"),
    }
    return render(request, page_or_fragment(request, "workflows/record.html", FRAGMENTS), context)


@login_required
@require_POST
def record_start(request: Request, kind: str, pk: UUID) -> HttpResponse:
    """Start a rule for the record."""
    record = _record(request, kind, pk)
    try:
        rule = Rule.objects.get(pk=UUID(request.POST.get("rule", "")))
        start_run(rule_id=rule.pk, record_id=pk, actor=request.actor)
    except (ValueError, ObjectDoesNotExist) as error:
        raise Http404("No such rule.") from error
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("%(rule)s runs for %(record)s") % {"rule": rule.name, "record": record})
    if not is_fragment(request):
        return redirect(url_of(kind, pk))
    response = HttpResponse(headers={"HX-Reswap": "none"})
    close_dialog(response)
    refresh(response)
    return response
