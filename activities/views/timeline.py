"""The timeline's fragment and the composer."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from activities.forms import COMPOSER, ComposerTaskForm, EntryForm, LinkedForm, TimedForm
from activities.panels import feed, timeline_of
from activities.places import get_record, url_of
from activities.services.files import add_files
from activities.services.recording import log_activity
from activities.services.tasks import create_task
from crm.kernel.core.changes import Actor, changeset
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, page_or_fragment, refresh, toast, trigger
from crm.kernel.users.models import User

FRAGMENTS = {"timeline-more": "more"}


@login_required
@require_safe
def timeline(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Answer the timeline of a record, or its next page (`before`); `show` narrows it to one type (R7)."""
    record = get_record(kind, pk, request.actor)  # type: ignore[attr-defined]
    if not is_fragment(request):
        return redirect(f"{url_of(kind, pk)}?{request.GET.urlencode()}")
    template = page_or_fragment(request, "activities/_feed.html", FRAGMENTS)
    return render(request, template, feed(request, record))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def timeline_log(request: HttpRequest, kind: str, pk: UUID, form: str) -> HttpResponse:
    """Show one tab of the composer, or save it: log or plan an activity, or add a task, and show the page with it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    record = get_record(kind, pk, actor)
    if form not in COMPOSER:
        raise Http404
    actor.require_kind("edit", "task" if form == "task" else "activity")
    posted = request.method == "POST"
    sent = (request.POST, request.FILES) if posted else ()
    typed = COMPOSER[form](*sent, timeline=timeline_of(request, record), actor=actor)
    if posted and typed.is_valid() and _save(typed, actor):
        toast(request, _SAVED[form](), undo=actor.last_change)
        if not is_fragment(request):
            return redirect(url_of(kind, pk))
        typed = COMPOSER[form](timeline=timeline_of(request, record), actor=actor)
        response = render(request, "activities/_composer_form.html", _context(typed, form, record))
        refresh(response)
        trigger(response, "crm:counts")
        return response
    page = "activities/_composer_form.html" if is_fragment(request) else "activities/compose.html"
    return render(request, page, _context(typed, form, record), status=422 if posted else 200)


_SAVED = {
    "note": lambda: _("Note saved"),
    "call": lambda: _("Call saved"),
    "email": lambda: _("E-mail saved"),
    "meeting": lambda: _("Meeting saved"),
    "task": lambda: _("Task added"),
}


def _context(form: LinkedForm, kind: str, record: object) -> dict[str, object]:
    return {"form": form, "type": kind, "record": record, "shown": True, "record_url": url_of(record.kind, record.pk)}  # type: ignore[attr-defined]


def _save(form: LinkedForm, actor: Actor) -> bool:
    """Write what was typed, with the follow-up, as one command; put a refusal beside its field."""
    try:
        if isinstance(form, ComposerTaskForm):
            create_task(row=form.task(), actor=actor)
        elif isinstance(form, EntryForm):
            with changeset(actor, "activities.log"):
                activity = log_activity(row=form.row(), actor=actor)
                if form.uploads:
                    add_files(record=activity, uploads=form.uploads, actor=actor)
                if isinstance(form, TimedForm) and (task := form.follow_up()) is not None:
                    create_task(row=task, actor=actor)
    except Refused as refused:
        add_refusal(form, refused)
        return False
    return True


@login_required
@require_safe
def people_options(request: HttpRequest) -> HttpResponse:
    """Answer the names of colleagues who can be mentioned: `?q=` is the beginning of any of their names."""
    typed = request.GET.get("q", "").replace("\0", "").strip()[:60]
    people = User.objects.owners()
    if typed:
        people = people.filter(name__icontains=typed)
    rows = [{"value": pk, "label": name, "sub": ""} for pk, name in people.values_list("pk", "name")[:8]]
    return render(request, "activities/_people.html", {"options": rows})
