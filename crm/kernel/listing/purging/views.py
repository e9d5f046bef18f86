"""Pages of the bin in the settings: what waits, the question before a purge, its progress and result (R8)."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.listing.lists import COUNTED, capped_count
from crm.kernel.listing.pages import number

from . import services
from .models import PurgeRun
from .registry import Purgeable, purgeables

RUNS_SHOWN = 10


class ConfirmForm(forms.Form):
    """The number of records, typed by whoever removes them for good."""

    confirm = forms.IntegerField(
        label=gettext_lazy("Number of records"), min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip


@flag_required("settings")
@require_safe
def bin_home(request: Request) -> HttpResponse:
    """What is in the bin, by kind, and how much of it has been there for 30 days."""
    before = services.limit()
    rows: list[dict[str, Any]] = [
        {
            "kind": each,
            "all": capped_count(each.model._default_manager.visible_to(request.actor).binned(), COUNTED),  # type: ignore[attr-defined]
            "due": capped_count(services.due(each, request.actor, before), COUNTED),
            "may": services.may_purge(each, request.actor),
        }
        for each in purgeables()
    ]
    total: int = sum(row["due"] for row in rows)
    runs = PurgeRun.objects.select_related("user").order_by("-created_at")[:RUNS_SHOWN]
    context = {
        "rows": rows, "due": total, "due_words": _records(total), "may_all": all(row["may"] for row in rows),
        "runs": [{"run": run, "words": _records(run.rows_done)} for run in runs], "days": services.DAYS,
    }  # fmt: skip
    return render(request, "purging/home.html", context)


def _records(count: int) -> str:
    return ngettext("%(count)s record", "%(count)s records", count) % {"count": number(count)}


def _kinds(name: str) -> list[Purgeable]:
    try:
        return list(services.kinds_named(name))
    except KeyError as error:
        raise Http404(f"Nothing of kind {name} is purged.") from error


@flag_required("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def purge_new(request: Request, kind: str) -> HttpResponse:
    """Ask for the number of records to be removed for good, then hand them to the worker."""
    kinds = _kinds(kind)
    if not all(services.may_purge(each, request.actor) for each in kinds):
        raise PermissionDenied(f"{request.actor.label} may not purge {kind}.")
    form = ConfirmForm(request.POST if request.method == "POST" else None, auto_id="purge_%s")
    if request.method == "POST" and form.is_valid():
        try:
            run = services.begin_purge(kind=kind, count=form.cleaned_data["confirm"], actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return redirect("listing:purge_run", pk=run.pk)
    before = services.limit()
    counts = [(each, services.due(each, request.actor, before).count()) for each in kinds]
    count = sum(found for _each, found in counts)
    context = {
        "form": form, "name": kind, "days": services.DAYS, "count": count,
        "parts": [(each.words(found), each.note) for each, found in counts if found],
        "heading": _("Purge %(what)s") % {"what": kinds[0].words(count) if len(kinds) == 1 else _records(count)},
    }  # fmt: skip
    template = page_or_fragment(request, "purging/new.html", {"modal-body": "dialog"})
    return render(request, template, context, status=422 if form.errors else 200)


def _words(counts: dict[str, int]) -> list[str]:
    return [each.words(counts[each.kind]) for each in purgeables() if counts.get(each.kind)]


def _progress(request: Request, run: PurgeRun) -> HttpResponse:
    context = {
        "run": run,
        "words": _records(run.rows_done),
        "purged": _words(run.counts.get("purged", {})),
        "along": _words(run.counts.get("along", {})),
    }
    return render(request, page_or_fragment(request, "purging/run.html", {"purge-run": "progress"}), context)


@flag_required("settings")
@require_safe
def purge_run(request: Request, pk: UUID) -> HttpResponse:
    """How far a purge is, or what it removed."""
    return _progress(request, get_object_or_404(PurgeRun.objects.select_related("user"), pk=pk))


def _act(request: Request, pk: UUID, service: Any) -> HttpResponse:
    get_object_or_404(PurgeRun, pk=pk)
    try:
        service(run_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    return (
        _progress(request, PurgeRun.objects.select_related("user").get(pk=pk))
        if is_fragment(request)
        else redirect("listing:purge_run", pk=pk)
    )


@flag_required("settings")
@require_POST
def purge_stop(request: Request, pk: UUID) -> HttpResponse:
    """Stop a purge."""
    return _act(request, pk, services.stop_purge)


@flag_required("settings")
@require_POST
def purge_resume(request: Request, pk: UUID) -> HttpResponse:
    """Go on with a purge."""
    return _act(request, pk, services.resume_purge)
