"""One activity: its page, new, edit, done, another time, pinned, binned."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.bins import ActivityBin
from activities.filelist import files_panel
from activities.forms import local_instant
from activities.lists import ActivityList
from activities.models import Activity
from activities.places import url_of
from activities.record_forms import ActivityForm, NewActivityForm, WhenForm, activity_initial
from activities.services.changing import (
    bin_activity,
    complete_activity,
    edit_activity,
    pin_activity,
    reopen_activity,
    reschedule_activity,
    restore_activity,
)
from activities.services.recording import log_activity
from contacts.models import Contact
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.listing.pages import list_response

from .answers import done

DIALOG = {"modal-body": "dialog"}


@login_required
@require_safe
def activity_list(request: Request) -> HttpResponse:
    """Show the activities that one may see, newest first."""
    return list_response(request, ActivityList)


@login_required
@require_safe
def activity_bin_list(request: Request) -> HttpResponse:
    """Show the activities in the bin that one may see."""
    return list_response(request, ActivityBin)


def get_activity(request: Any, pk: UUID) -> Activity:
    """Return the activity with its links, in the bin or not, or raise Http404 (U3)."""
    rows = Activity.objects.visible_to(request.actor).select_related("user", "deal", "company", "deal__owner")
    activity: Activity = get_object_or_404(rows.exclude(type=Activity.Type.SYSTEM), pk=pk)
    return activity


@login_required
@require_safe
def activity_page(request: Request, pk: UUID) -> HttpResponse:
    """Show one activity in full, with what can be done with it; the address is permanent."""
    activity = get_activity(request, pk)
    actor = request.actor
    people = Contact.objects.visible_to(actor).filter(activity_links__activity=activity)
    context = {
        "activity": activity,
        "people": people.order_by("sort_name"),
        "deal_shown": activity.deal is not None and actor.can("view", activity.deal),
        "may_edit": actor.can("edit", activity),
        "may_delete": actor.can("delete", activity),
        **files_panel(request, activity),
    }
    return render(request, page_or_fragment(request, "activities/activity.html", DIALOG), context)


def form_page(request: Request, form: Any, heading: Any, submit: Any, cancel: str, **extra: Any) -> HttpResponse:
    """Render a form as a page or in the dialog; with errors the answer is 422."""
    context = {"form": form, "heading": heading, "submit": submit, "cancel": cancel, "action": request.get_full_path()}
    template = page_or_fragment(request, "activities/form.html", DIALOG)
    status = extra.pop("status", None) or (422 if form.errors else 200)
    return render(request, template, context | extra, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity_new(request: Request) -> HttpResponse:
    """Log or plan an activity from anywhere; `type`, `contact` and `deal` in the address fill the form."""
    actor = request.actor
    actor.require_kind("edit", "activity")
    first = {name: request.GET[name] for name in ("type", "contact", "deal") if name in request.GET}
    form = NewActivityForm(request.POST or None, actor=actor, initial={"type": "call", **first})
    if request.method == "POST" and form.is_valid():
        try:
            activity = log_activity(row=form.row(), actor=actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("Saved"), url_of("activity", activity.pk))
    return form_page(request, form, _("Log an activity"), _("Save"), "/activities/")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity_edit(request: Request, pk: UUID) -> HttpResponse:
    """Change an activity; an edit of the same field by somebody else answers 409 with both values (P3)."""
    activity = get_activity(request, pk)
    actor = request.actor
    actor.require("edit", activity)
    form = ActivityForm(request.POST or None, activity=activity, actor=actor, initial=activity_initial(activity))
    page = {"heading": _("Edit activity"), "submit": _("Save"), "cancel": url_of("activity", pk)}
    if request.method == "POST" and form.is_valid():
        changes, seen = form.changes(ActivityForm.NAMES)
        if "at" in seen and seen["at"] == activity.at.replace(second=0, microsecond=0):
            seen["at"] = activity.at
        try:
            edit_activity(activity_id=pk, actor=actor, changes=changes, seen=seen)
        except Conflict as conflict:
            return form_page(request, form, **page, clashes=clash_lines(form, conflict, ActivityForm.NAMES), status=409)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("Activity changed"), url_of("activity", pk))
    return form_page(request, form, **page)


def clash_lines(form: Any, conflict: Conflict, names: dict[str, str]) -> list[dict[str, Any]]:
    """Return each field that somebody else changed: its label and their value. Saving again then means one's own."""
    labels = {model: form.fields[name].label for name, model in names.items() if name in form.fields}
    form.data = form.data.copy()
    lines = []
    for model, values in conflict.theirs.items():
        name = next(form_name for form_name, model_name in names.items() if model_name == model)
        form.data[form.add_initial_prefix(name)] = form[name].field.prepare_value(values["theirs"])
        lines.append({"label": labels.get(model, model), "theirs": values["theirs"]})
    return lines


@login_required
@require_POST
def activity_complete(request: Request, pk: UUID) -> HttpResponse:
    """Close a planned activity, or open it again (`open`)."""
    get_activity(request, pk)
    actor = request.actor
    outcome = request.POST.get("outcome", "")
    try:
        if request.POST.get("open"):
            reopen_activity(activity_id=pk, actor=actor)
            return done(request, _("Planned again"), url_of("activity", pk))
        complete_activity(activity_id=pk, actor=actor, outcome=outcome if outcome in Activity.Outcome.values else "")
    except Refused as refused:
        return _refused(request, refused, pk)
    return done(request, _("Done"), url_of("activity", pk))


def _refused(request: Request, refused: Refused, pk: UUID) -> HttpResponse:
    """Say why not, in a toast."""
    toast(request, refused.message, "bad")
    return redirect(url_of("activity", pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity_reschedule(request: Request, pk: UUID) -> HttpResponse:
    """Plan it for another time; without a time it takes all day."""
    activity = get_activity(request, pk)
    actor = request.actor
    actor.require("edit", activity)
    local = timezone.localtime(activity.at)
    first = {"on": activity.scheduled_on or local.date(), "time": None if activity.scheduled_on else local.time()}
    form = WhenForm(request.POST or None, initial=first, use_required_attribute=False)
    if request.method == "POST" and form.is_valid():
        day, time = form.cleaned_data["on"], form.cleaned_data["time"]
        try:
            when = {"at": local_instant(day, time)} if time else {"day": day}
            reschedule_activity(activity_id=pk, actor=actor, **when)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("Rescheduled"), url_of("activity", pk))
    return form_page(request, form, _("Reschedule"), _("Move"), url_of("activity", pk))


@login_required
@require_POST
def activity_pin(request: Request, pk: UUID) -> HttpResponse:
    """Pin a note to the top, or let it go."""
    activity = get_activity(request, pk)
    pinned = activity.pinned_at is None
    pin_activity(activity_id=pk, actor=request.actor, pinned=pinned)
    return done(request, _("Pinned") if pinned else _("No longer pinned"), url_of("activity", pk))


@login_required
@require_POST
def activity_bin(request: Request, pk: UUID) -> HttpResponse:
    """Put an activity into the bin."""
    get_activity(request, pk)
    bin_activity(activity_id=pk, actor=request.actor)
    return done(request, _("Activity put into the bin"), "/activities/")


@login_required
@require_POST
def activity_restore(request: Request, pk: UUID) -> HttpResponse:
    """Take an activity out of the bin."""
    get_activity(request, pk)
    restore_activity(activity_id=pk, actor=request.actor)
    return done(request, _("Activity restored"), url_of("activity", pk))
