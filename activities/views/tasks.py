"""Tasks: list, page, new, edit, done, another day, binned; and the options of the fields that link to records."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.bins import TaskBin
from activities.lists import TaskList
from activities.models import Task
from activities.places import MODELS, url_of
from activities.record_forms import TaskForm, WhenForm, task_initial
from activities.services.task_changes import (
    bin_task,
    complete_task,
    edit_task,
    reopen_task,
    reschedule_tasks,
    restore_task,
)
from activities.services.tasks import create_task
from crm.kernel.core.errors import Conflict, Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import options_response, page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.listing.pages import list_response
from crm.kernel.search.engine import find_by_text
from crm.kernel.search.registry import kind_named

from .activities import DIALOG, clash_lines, form_page
from .answers import done

QUICK = {"today": 0, "tomorrow": 1, "in_3_days": 3, "next_week": 7}


@login_required
@require_safe
def task_list(request: Request) -> HttpResponse:
    """Show the tasks that one may see, open ones by due date."""
    return list_response(request, TaskList)


@login_required
@require_safe
def task_bin_list(request: Request) -> HttpResponse:
    """Show the tasks in the bin that one may see."""
    return list_response(request, TaskBin)


def get_task(request: Any, pk: UUID) -> Task:
    """Return the task with its links, in the bin or not, or raise Http404 (U3)."""
    rows = Task.objects.visible_to(request.actor).select_related(
        "assignee", "contact", "deal", "deal__owner", "company", "created_by", "done_by"
    )
    task: Task = get_object_or_404(rows, pk=pk)
    return task


@login_required
@require_safe
def task_page(request: Request, pk: UUID) -> HttpResponse:
    """Show one task with what can be done with it."""
    task = get_task(request, pk)
    actor = request.actor
    context = {
        "task": task,
        "overdue": task.is_overdue(),
        "may_edit": actor.can("edit", task),
        "may_delete": actor.can("delete", task),
        "contact": task.contact if task.contact and actor.can("view", task.contact) else None,
        "deal": task.deal if task.deal and actor.can("view", task.deal) else None,
        "company": task.company if task.company and actor.can("view", task.company) else None,
    }
    return render(request, page_or_fragment(request, "activities/task.html", DIALOG), context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def task_new(request: Request) -> HttpResponse:
    """Make a task; `contact`, `deal`, `company` and `title` in the address fill the form."""
    actor = request.actor
    actor.require_kind("edit", "task")
    first: dict[str, Any] = {
        name: request.GET[name] for name in ("contact", "deal", "company", "title") if name in request.GET
    }
    first |= {"assignee": str(actor.id), "priority": Task.Priority.NORMAL, "type": Task.Type.TODO}
    first |= {"on": timezone.localdate(), "remind": True}
    form = TaskForm(request.POST or None, actor=actor, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            task = create_task(row=form.row(), actor=actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("Task added"), url_of("task", task.pk))
    return form_page(request, form, _("New task"), _("Add task"), "/tasks/", wide=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def task_edit(request: Request, pk: UUID) -> HttpResponse:
    """Change a task; an edit of the same field by somebody else answers 409 with both values (P3)."""
    task = get_task(request, pk)
    actor = request.actor
    actor.require("edit", task)
    keep = (task.assignee_id, task.assignee.name)
    form = TaskForm(request.POST or None, actor=actor, keep=keep, initial=task_initial(task))
    page: dict[str, Any] = {
        "heading": _("Edit task"), "submit": _("Save"), "cancel": url_of("task", pk), "wide": True,
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            _save(form, task, actor)
        except Conflict as conflict:
            return form_page(request, form, **page, clashes=clash_lines(form, conflict, TaskForm.NAMES), status=409)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return done(request, _("Task changed"), url_of("task", pk))
    return form_page(request, form, **page)


def _save(form: TaskForm, task: Task, actor: Any) -> None:
    """Hand what the person changed to the service."""
    data, changed = form.cleaned_data, form.changed_data
    changes, seen = form.changes(TaskForm.NAMES)
    edit_task(
        task_id=task.pk,
        actor=actor,
        changes=changes,
        seen=seen,
        due=(data["on"], data["time"]) if {"on", "time"} & set(changed) else None,
        remind=data["remind"] if "remind" in changed else None,
        assignee_id=UUID(data["assignee"]) if "assignee" in changed else None,
    )


@login_required
@require_POST
def task_complete(request: Request, pk: UUID) -> HttpResponse:
    """Mark a task as done, or open it again (`open`)."""
    task = get_task(request, pk)
    actor = request.actor
    if request.POST.get("open"):
        try:
            reopen_task(task_id=pk, actor=actor)
        except Refused as refused:
            toast(request, refused.message, "bad")
            return done(request, _("Still done"), url_of("task", pk), undo=False)
        return done(request, _("Open again: %(title)s") % {"title": task.title}, url_of("task", pk))
    complete_task(task_id=pk, actor=actor)
    return done(request, _("Done: %(title)s") % {"title": task.title}, url_of("task", pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def task_reschedule(request: Request, pk: UUID) -> HttpResponse:
    """Move a task: `to` names a day (today, tomorrow, in 3 days, next week), or the form a date and time."""
    task = get_task(request, pk)
    actor = request.actor
    actor.require("edit", task)
    if request.method == "POST" and request.POST.get("to") in QUICK:
        today = timezone.now().astimezone(task.assignee.zone).date()
        day = today + dt.timedelta(days=QUICK[request.POST["to"]])
        reschedule_tasks(task_ids=[pk], actor=actor, due_on=day, keep_time=True)
        return done(request, _("Moved: %(title)s") % {"title": task.title}, url_of("task", pk))
    first = task_initial(task)
    form = WhenForm(
        request.POST or None, initial={"on": first["on"], "time": first["time"]}, use_required_attribute=False
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        reschedule_tasks(task_ids=[pk], actor=actor, due_on=data["on"], due_time=data["time"])
        return done(request, _("Moved: %(title)s") % {"title": task.title}, url_of("task", pk))
    quick = (
        ("today", _("Today")),
        ("tomorrow", _("Tomorrow")),
        ("in_3_days", _("In 3 days")),
        ("next_week", _("In a week")),
    )
    return form_page(request, form, _("Reschedule"), _("Move"), url_of("task", pk), quick=quick)


@login_required
@require_POST
def task_bin(request: Request, pk: UUID) -> HttpResponse:
    """Put a task into the bin."""
    get_task(request, pk)
    bin_task(task_id=pk, actor=request.actor)
    return done(request, _("Task put into the bin"), "/tasks/")


@login_required
@require_POST
def task_restore(request: Request, pk: UUID) -> HttpResponse:
    """Take a task out of the bin."""
    get_task(request, pk)
    restore_task(task_id=pk, actor=request.actor)
    return done(request, _("Task restored"), url_of("task", pk))


@login_required
@require_safe
def record_options(request: Request, kind: str) -> HttpResponse:
    """Answer the records of a kind that one may see and that hold what was typed."""
    known = kind_named(kind) if kind in MODELS else None
    if known is None:
        raise Http404
    found = find_by_text(known, request.actor, request.GET.get("q", ""), 10)
    return options_response(request, [(hit.pk, hit.title, hit.subtitle) for hit in found])
