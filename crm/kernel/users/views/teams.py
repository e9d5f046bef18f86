"""Settings of teams."""

from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.users import services
from crm.kernel.users.forms import TeamForm
from crm.kernel.users.models import Team, User

DIALOG = {"modal-body": "dialog"}


def _tree() -> list[tuple[int, Team]]:
    """Return all teams in order of the tree, each with its depth."""
    counted = Count("members", filter=~Q(members__state=User.State.WITHOUT_LOGIN))
    teams: list[Team] = list(
        Team.objects.select_related("manager").annotate(people=counted, everybody=Count("members")).order_by("name")
    )
    below: dict[UUID | None, list[Team]] = {}
    for team in teams:
        below.setdefault(team.parent_id, []).append(team)
    rows: list[tuple[int, Team]] = []
    waiting = [(0, team) for team in reversed(below.get(None, []))]
    while waiting:
        depth, team = waiting.pop()
        rows.append((depth, team))
        waiting.extend((depth + 1, child) for child in reversed(below.get(team.pk, [])))
    return rows


@flag_required("settings")
def teams(request: Request) -> HttpResponseBase:
    """The tree of teams."""
    return render(request, "users/teams.html", {"rows": _tree()})


def _form_page(request: Request, form: TeamForm, heading: str) -> HttpResponse:
    context = {
        "heading": heading,
        "form": form,
        "action": request.path,
        "submit": _("Save team"),
        "cancel": "/settings/teams/",
    }
    template = page_or_fragment(request, "components/form_page.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


@flag_required("settings")
def team_new(request: Request) -> HttpResponseBase:
    """Add a team."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = services.create_team(actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(name)s added") % {"name": team.name}, undo=request.actor.last_change)
            return redirect("users:teams")
    return _form_page(request, form, _("New team"))


@flag_required("settings")
def team_edit(request: Request, pk: UUID) -> HttpResponseBase:
    """Change a team."""
    team = get_object_or_404(Team.objects.select_related("parent", "manager"), pk=pk)
    form = TeamForm(request.POST or None, team=team)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_team(team_id=pk, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            undo = request.actor.last_change if form.has_changed() else None
            toast(request, _("%(name)s saved") % {"name": form.cleaned_data["name"]}, undo=undo)
            return redirect("users:teams")
    return _form_page(request, form, team.name)


@flag_required("settings")
@require_POST
def team_delete(request: Request, pk: UUID) -> HttpResponseBase:
    """Remove an empty team."""
    team = get_object_or_404(Team, pk=pk)
    try:
        services.delete_team(team_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("%(name)s removed") % {"name": team.name}, undo=request.actor.last_change)
    return redirect("users:teams")
