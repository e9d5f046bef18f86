"""Settings of roles: a matrix of levels, and rights (U2)."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.kernel.core.access import flag_required
from crm.kernel.core.errors import Refused
from crm.kernel.core.forms import add_refusal
from crm.kernel.core.htmx import toast
from crm.kernel.core.http import Request
from crm.kernel.users import services
from crm.kernel.users.forms import KIND_WORDS, LEVEL_WORDS, VERB_WORDS, RoleForm
from crm.kernel.users.models import Role
from crm.kernel.users.policies import FLAGS, KINDS, VERBS


def _matrix(roles: Sequence[Role]) -> list[dict[str, object]]:
    """Return rows of (what, a word per role) for each kind of record and verb, and for each right."""
    rows: list[dict[str, object]] = [
        {
            "label": f"{VERB_WORDS[verb]}: {KIND_WORDS[kind]}",
            "cells": [(role.level(kind, verb), LEVEL_WORDS[role.level(kind, verb)]) for role in roles],
        }
        for kind in KINDS
        for verb in VERBS
    ]
    for flag, words in FLAGS.items():
        cells = [("all", _("Yes")) if flag in role.flags else ("none", _("No")) for role in roles]
        rows.append({"label": capfirst(words), "cells": cells})
    return rows


@flag_required("settings")
def roles(request: Request) -> HttpResponseBase:
    """What each role can do."""
    rows = list(Role.objects.annotate(people=Count("users")).order_by("name"))
    return render(request, "users/roles.html", {"roles": rows, "matrix": _matrix(rows)})


def _form_page(request: Request, form: RoleForm, role: Role | None) -> HttpResponse:
    context = {"form": form, "role": role, "verbs": [VERB_WORDS[verb] for verb in VERBS]}
    return render(request, "users/role_form.html", context, status=422 if form.errors else 200)


@flag_required("settings")
def role_new(request: Request) -> HttpResponseBase:
    """Add a role."""
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {"name": form.cleaned_data["name"], "levels": form.levels(), "flags": form.cleaned_data["flags"]}
        try:
            role = services.create_role(actor=request.actor, **values)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            toast(request, _("%(name)s added") % {"name": role.name}, undo=request.actor.last_change)
            return redirect("users:roles")
    return _form_page(request, form, None)


@flag_required("settings")
def role_edit(request: Request, pk: UUID) -> HttpResponseBase:
    """Change a role."""
    role = get_object_or_404(Role.objects.annotate(people=Count("users")), pk=pk)
    form = RoleForm(request.POST or None, role=role)
    if request.method == "POST" and form.is_valid():
        values = {"name": form.cleaned_data["name"], "levels": form.levels(), "flags": form.cleaned_data["flags"]}
        try:
            services.edit_role(role_id=pk, actor=request.actor, **values)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            undo = request.actor.last_change if form.has_changed() else None
            toast(request, _("%(name)s saved") % {"name": values["name"]}, undo=undo)
            return redirect("users:roles")
    return _form_page(request, form, role)


@flag_required("settings")
@require_POST
def role_delete(request: Request, pk: UUID) -> HttpResponseBase:
    """Remove a role that nobody has."""
    role = get_object_or_404(Role, pk=pk)
    try:
        services.delete_role(role_id=pk, actor=request.actor)
    except Refused as refused:
        toast(request, refused.message, "bad")
    else:
        toast(request, _("%(name)s removed") % {"name": role.name}, undo=request.actor.last_change)
    return redirect("users:roles")
