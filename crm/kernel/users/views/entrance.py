"""Doors for people who are not logged in: the first start, and an invitation."""

from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.users import services
from crm.kernel.users.forms import AcceptForm, SetupForm
from crm.kernel.users.models import User


def _log_in(request: HttpRequest, person: User) -> HttpResponseBase:
    return perform_login(request, person)


@never_cache
@sensitive_post_parameters("password")
def setup(request: HttpRequest) -> HttpResponseBase:
    """The first start of an empty installation; later it only leads home."""
    if services.installed():
        return redirect("/")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = services.set_up(actor=Actor.system("first set-up"), **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _log_in(request, person)
    return render(request, "users/setup.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
def accept_invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where an invitation's link leads: name and password, then in. A link that no longer works says so (410)."""
    person = services.person_invited(token)
    if person is None:
        return render(request, "users/invitation_over.html", status=410)
    form = AcceptForm(request.POST or None, person=person, initial={"name": person.name, "timezone": person.timezone})
    if request.method == "POST" and form.is_valid():
        try:
            person = services.accept_invitation(token=token, actor=Actor.of(person), **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            return _log_in(request, person)
    context = {"form": form, "person": person}
    return render(request, "users/accept_invitation.html", context, status=422 if form.errors else 200)
