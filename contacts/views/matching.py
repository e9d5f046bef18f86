"""Matching rules and scans in the settings, and the hints beside the forms (M1, M2)."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.hints import of_typed
from contacts.match_forms import RulesForm
from contacts.models import DuplicateScan, MatchKind
from contacts.services.duplicates import scan
from contacts.services.duplicates.rules import rules_for, save_rules
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request

TYPED = (
    "first_name", "last_name", "name", "company", "job_title", "street", "postal_code", "city", "region", "country",
    "website",
)  # fmt: skip
FRAGMENTS = {"scan": "scan"}


def _known(request: Request, kind: str) -> None:
    """Refuse who may not change the settings; Http404 for an unknown kind."""
    request.actor.require_flag("settings")
    if kind not in MatchKind.values:
        raise Http404("No such kind.")


@login_required
@require_safe
def duplicate_rules_home(request: Request) -> HttpResponse:
    """The rules of contacts."""
    return duplicate_rules(request, "contact")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate_rules(request: Request, kind: str) -> HttpResponse:
    """By what records of a kind are known to be one; and the scan over all of them."""
    _known(request, kind)
    rules = rules_for(kind)
    form = RulesForm(request.POST or None, rules=rules, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        save_rules(kind=kind, actor=request.actor, **form.values())
        toast(request, _("Matching rules saved. A scan judges all records by them."), undo=request.actor.last_change)
        return redirect("contacts:duplicate_rules", kind)
    context = {"form": form, "kind": kind, "kinds": MatchKind.choices, "scan": scan.latest_scans().get(kind)}
    template = page_or_fragment(request, "contacts/duplicate_rules.html", FRAGMENTS)
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_POST
def scan_start(request: Request, kind: str) -> HttpResponseBase:
    """Look at all records of a kind."""
    _known(request, kind)
    return _done(request, kind, lambda: scan.start_scan(kind=kind, actor=request.actor))


def _done(request: Request, kind: str, act: Any) -> HttpResponseBase:
    try:
        act()
    except Refused as error:
        toast(request, error.message, "bad")
    return redirect("contacts:duplicate_rules", kind)


def _scan(request: Request, pk: UUID) -> DuplicateScan:
    if not request.actor.may("settings"):
        raise PermissionDenied("Scans belong to the settings.")
    found: DuplicateScan = get_object_or_404(DuplicateScan, pk=pk)
    return found


@login_required
@require_POST
def scan_stop(request: Request, pk: UUID) -> HttpResponseBase:
    """Stop a scan; it can go on later."""
    kind = _scan(request, pk).record_kind
    return _done(request, kind, lambda: scan.stop_scan(scan_id=pk, actor=request.actor))


@login_required
@require_POST
def scan_resume(request: Request, pk: UUID) -> HttpResponseBase:
    """Go on with a scan."""
    kind = _scan(request, pk).record_kind
    return _done(request, kind, lambda: scan.resume_scan(scan_id=pk, actor=request.actor))


@login_required
@require_safe
def duplicate_hints(request: Request, kind: str) -> HttpResponse:
    """What is being typed may be here already: a warning beside the form, never a block (M2)."""
    if kind not in MatchKind.values:
        raise Http404("No such kind.")
    request.actor.require_kind("edit", kind)
    typed: dict[str, Any] = {name: request.GET.get(name, "")[:300].replace("\x00", "") for name in TYPED}
    typed["company"] = typed["company"] or request.GET.get("company_text", "")[:300].replace("\x00", "")
    for name in ("emails", "phones", "domains"):
        typed[name] = [each[:300].replace("\x00", "") for each in request.GET.getlist(name)[:30]]
    return render(request, "contacts/_hints.html", {"hints": of_typed(kind, typed, request.actor), "kind": kind})
