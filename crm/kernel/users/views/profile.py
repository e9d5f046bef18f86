"""One's own profile."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import is_fragment, toast
from crm.kernel.core.http import Request
from crm.kernel.users import services
from crm.kernel.users.forms import AbsenceForm, ProfileForm
from crm.kernel.users.models import Absence


def _profile_page(request: Request, form: ProfileForm, absence: AbsenceForm) -> HttpResponse:
    context = {"form": form, "absence": absence, "absences": request.user.absences.all()}
    return render(request, "users/profile.html", context, status=422 if form.errors or absence.errors else 200)


@login_required
def profile(request: Request) -> HttpResponseBase:
    """Name, time zone, formats, theme, shortcuts, delegate and absences of the person who is logged in."""
    form = ProfileForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_profile(person_id=request.user.pk, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Profile saved"), undo=request.actor.last_change if form.has_changed() else None)
            return redirect("users:profile")
    return _profile_page(request, form, AbsenceForm())


@login_required
@require_POST
def set_theme(request: Request) -> HttpResponseBase:
    """Choose light, dark or as the device; the page that asked shows it at once."""
    try:
        services.set_theme(person_id=request.user.pk, theme=request.POST.get("theme", ""), actor=request.actor)
    except Refused as refused:
        return HttpResponse(refused.message, status=422, content_type="text/plain")
    if is_fragment(request) or request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    back = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if safe else "/")


@login_required
@require_POST
def add_absence(request: Request) -> HttpResponseBase:
    """Note days away."""
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            services.add_absence(person_id=request.user.pk, actor=request.actor, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("Absence noted"), undo=request.actor.last_change)
            return redirect("users:profile")
    return _profile_page(request, ProfileForm(person=request.user), form)


@login_required
@require_POST
def remove_absence(request: Request, pk: UUID) -> HttpResponseBase:
    """Take an absence back."""
    try:
        services.remove_absence(absence_id=pk, actor=request.actor)
    except Absence.DoesNotExist as error:
        raise Http404 from error
    toast(request, _("Absence removed"), undo=request.actor.last_change)
    return redirect("users:profile")
