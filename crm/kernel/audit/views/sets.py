"""The audit page: who did what, and undo of it (U2, H2)."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from crm.kernel.audit.forms import AuditFilter
from crm.kernel.audit.models import ChangeSet
from crm.kernel.audit.sets import Row, describe, page_of_sets
from crm.kernel.audit.stories import stories_of
from crm.kernel.core.htmx import page_or_fragment
from crm.kernel.core.http import Request

LIST = {"results": "results", "modal-body": "filters"}
DETAIL = {"stories-more": "more"}


@login_required
@require_safe
def set_list(request: Request) -> HttpResponse:
    """Commands, newest first: all of them with the audit right, else one's own (U2)."""
    everybody = request.actor.may("audit")
    form = AuditFilter(request.GET, everybody=everybody)
    unknown = next(
        (name for name in request.GET if name not in form.fields and name not in ("before", "filters")), None
    )
    if unknown is not None:
        return render(request, "audit/bad_filter.html", {"name": unknown}, status=400)
    context = {"form": form, "everybody": everybody, "narrowed": any(request.GET.get(name) for name in form.fields)}
    if not form.is_valid():
        return render(request, page_or_fragment(request, "audit/sets.html", LIST), context, status=400)
    if "filters" not in request.GET:
        page = page_of_sets(request.actor, form.cleaned_data, request.GET.get("before", ""))
        context |= {"page": page, "first": "before" not in request.GET}
        context["may_undo_all"] = request.actor.may("settings")
    return render(request, page_or_fragment(request, "audit/sets.html", LIST), context)


@login_required
@require_safe
def set_detail(request: Request, pk: UUID) -> HttpResponse:
    """One command: what it did to each record, whether it stands, and what undid it."""
    sets = ChangeSet.objects.visible_to(request.actor).with_state().select_related("user")
    made = get_object_or_404(sets, pk=pk)
    stories, more = stories_of(made, request.actor, request.GET.get("after", ""))
    context = {"stories": stories, "more": more, "made": made}
    if "after" not in request.GET:
        row: Row = describe([made], request.actor)[0]
        undone = (
            ChangeSet.objects.select_related("user").filter(pk=made.undo_of_id).first() if made.undo_of_id else None
        )
        may_undo = request.actor.may("settings") or made.user_id == request.actor.id
        context |= {"row": row, "undone": undone, "may_undo": may_undo}
    return render(request, page_or_fragment(request, "audit/set.html", DETAIL), context)
