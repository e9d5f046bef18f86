"""My day, the first page."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from activities.models import Task
from activities.myday import MyDay
from activities.services.task_changes import reschedule_tasks

from .answers import done


@login_required
@require_safe
def my_day(request: HttpRequest) -> HttpResponse:
    """Show what the person has before them today."""
    day = MyDay(request.actor)  # type: ignore[attr-defined]
    may_plan = not request.actor.scope("task", "edit").nothing  # type: ignore[attr-defined]
    return render(request, "activities/my_day.html", {"day": day, "may_plan": may_plan})


@login_required
@require_POST
def move_late(request: HttpRequest) -> HttpResponse:
    """Move one's late tasks to today, as one command."""
    actor = request.actor  # type: ignore[attr-defined]
    today = timezone.localdate()
    late = Task.objects.live().open().filter(assignee_id=actor.id, due_on__lt=today)
    moved = reschedule_tasks(task_ids=list(late.values_list("pk", flat=True)), actor=actor, due_on=today)
    if not moved:
        return done(request, _("Nothing is late"), "/", undo=False)
    words = ngettext("%(count)d task moved to today", "%(count)d tasks moved to today", len(moved))
    return done(request, words % {"count": len(moved)}, "/")
