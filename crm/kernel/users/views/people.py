"""Settings of people: who works here, with which role; invitations; leaving."""

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.kernel.core import navigation
from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import page_or_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.users import leaving, services
from crm.kernel.users.forms import InviteForm, LeaveForm, PersonForm
from crm.kernel.users.models import Role, User
from crm.kernel.users.policies import FLAGS, KINDS

DIALOG = {"modal-body": "dialog"}


@login_required
def settings_home(request: Request) -> HttpResponseBase:
    """Lead to the first settings page that the person may open."""
    pages = navigation.settings_pages.for_user(request.user)
    if not pages or pages[0].url is None:
        raise PermissionDenied("No settings page is open to this person.")
    return redirect(pages[0].url)


@flag_required("settings")
def people(request: Request) -> HttpResponseBase:
    """Everybody, with role, team, two-step sign-in and last sign-in."""
    rows = list(User.objects.select_related("role", "team", "invitation").order_by("name"))
    secured = set(Authenticator.objects.exclude(type="recovery_codes").values_list("user_id", flat=True))
    order = {User.State.ACTIVE: 0, User.State.INVITED: 1, User.State.WITHOUT_LOGIN: 2}
    rows.sort(key=lambda person: order[person.state])
    context = {
        "rows": [(person, person.pk in secured) for person in rows],
        "roles": Role.objects.all(),
        "kinds": KINDS,
        "flags": FLAGS,
        "active": sum(person.is_active for person in rows),
    }
    return render(request, "users/people.html", context)


@flag_required("settings")
def invite(request: Request) -> HttpResponseBase:
    """Invite somebody; the answer shows the link, for those whose mail does not arrive."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person, link = services.invite_person(actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _invited(request, person, link)
    context = {
        "heading": _("Invite somebody"),
        "form": form,
        "action": request.path,
        "submit": _("Send invitation"),
        "cancel": "/settings/people/",
    }
    template = page_or_fragment(request, "components/form_page.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


def _invited(request: Request, person: User, link: str) -> HttpResponse:
    template = page_or_fragment(request, "users/invited.html", DIALOG)
    return render(request, template, {"person": person, "link": link, "heading": _("Invitation sent")})


@flag_required("settings")
def person_edit(request: Request, pk: UUID) -> HttpResponseBase:
    """Change a person's details."""
    person = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_person(person_id=pk, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            undo = request.actor.last_change if form.has_changed() else None
            toast(request, _("%(name)s saved") % {"name": form.cleaned_data["name"]}, undo=undo)
            return redirect("users:people")
    context = {
        "heading": person.name,
        "form": form,
        "action": request.path,
        "submit": _("Save"),
        "cancel": "/settings/people/",
    }
    template = page_or_fragment(request, "components/form_page.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


@flag_required("settings")
@require_POST
def person_role(request: Request, pk: UUID) -> HttpResponseBase:
    """Give a person another role, from the list."""
    person = get_object_or_404(User, pk=pk)
    wanted = request.POST.get("role", "")
    role = next((each for each in Role.objects.all() if each.key == wanted), None)
    try:
        if role is None:
            raise Refused(_("There is no such role."))
        services.change_role(person_id=pk, role=role, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        undo = request.actor.last_change if role.pk != person.role_id else None
        toast(request, _("%(name)s is %(role)s now") % {"name": person.name, "role": role.name}, undo=undo)
    return redirect("users:people")


@flag_required("settings")
@require_POST
def resend_invitation(request: Request, pk: UUID) -> HttpResponseBase:
    """Send a new link in place of the old one, or invite somebody without login to come in."""
    get_object_or_404(User, pk=pk)
    try:
        person, link = services.renew_invitation(person_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
        return redirect("users:people")
    return _invited(request, person, link)


@flag_required("settings")
@require_POST
def cancel_invitation(request: Request, pk: UUID) -> HttpResponseBase:
    """End an invitation."""
    person = get_object_or_404(User, pk=pk)
    try:
        services.cancel_invitation(person_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("Invitation of %(name)s cancelled") % {"name": person.name})
    return redirect("users:people")


@flag_required("settings")
@require_POST
def sign_out_person(request: Request, pk: UUID) -> HttpResponseBase:
    """End all sessions of a person."""
    person = get_object_or_404(User, pk=pk)
    count = services.end_sessions(person_id=pk, actor=request.actor)
    words = ngettext("%(name)s: %(count)d session ended", "%(name)s: %(count)d sessions ended", count)
    toast(request, words % {"name": person.name, "count": count})
    return redirect("users:people")


@flag_required("settings")
def leave(request: Request, pk: UUID) -> HttpResponseBase:
    """Switch somebody off: the page asks who takes over what is open, and does it in one step (U4)."""
    person = get_object_or_404(User.objects.select_related("delegate", "team__manager"), pk=pk)
    work = leaving.work_of(person)
    form = LeaveForm(request.POST if request.method == "POST" else None, person=person, work=work)
    if request.method == "POST" and form.is_valid():
        try:
            services.switch_off(person_id=pk, heirs=form.heirs(), actor=request.actor)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(name)s is switched off") % {"name": person.name}, undo=request.actor.last_change)
            return redirect("users:people")
    context = {"person": person, "form": form, "work": work}
    return render(request, "users/leave.html", context, status=422 if form.errors else 200)
