"""People, teams and roles in the admin."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.adminsite import CrmAdmin, ReadOnlyAdmin

from .models import Absence, Invitation, Role, Team, User
from .services import (
    create_role,
    create_team,
    delete_role,
    delete_team,
    edit_person,
    edit_role,
    edit_team,
    end_sessions,
)

# Not used here: roles are our own, and a person has one e-mail.
admin.site.unregister((Group, EmailAddress))
# Theirs look for a user name, which our people do not have.
admin.site.unregister((Authenticator, UserSession))


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Second steps of signing in; their secrets are not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    exclude = ("data",)


@admin.register(UserSession)
class SessionAdmin(ReadOnlyAdmin):
    """Where people are signed in."""

    list_display = ("user", "ip", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    exclude = ("session_key", "data")


@admin.register(User)
class UserAdmin(CrmAdmin):
    """People. They come by invitation and leave by the page that hands their work over (U4)."""

    list_display = ("name", "email", "state", "role", "team", "last_login")
    list_filter = ("state", "role", "team")
    list_select_related = ("role", "team")
    search_fields = ("name", "email")
    autocomplete_fields = ("team", "delegate")
    fields = ("name", "email", "role", "team", "timezone", "delegate", "state", "locale", "last_login", "created_at")
    readonly_fields = ("state", "locale", "last_login", "created_at")
    actions = ("sign_out",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: people are invited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: people are switched off, and their past stays."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save by the service."""
        typed = {name: form.cleaned_data[name] for name in form.changed_data}
        edit_person(person_id=obj.pk, actor=self.actor(request), **typed)

    @admin.action(description=_("Sign out everywhere"))
    def sign_out(self, request: HttpRequest, queryset: Any) -> None:
        """End all sessions of the chosen people."""
        count = sum(end_sessions(person_id=person.pk, actor=self.actor(request)) for person in queryset)
        self.told(request, count, _("Sessions ended: %(count)d"))


@admin.register(Team)
class TeamAdmin(CrmAdmin):
    """Teams."""

    list_display = ("name", "parent", "manager")
    list_select_related = ("parent", "manager")
    search_fields = ("name",)
    autocomplete_fields = ("parent", "manager")
    actions = None

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        """Save by the services."""
        actor = self.actor(request)
        if change:
            edit_team(team_id=obj.pk, actor=actor, **form.cleaned_data)
        else:
            obj.pk = create_team(actor=actor, **form.cleaned_data).pk

    def delete_model(self, request: HttpRequest, obj: Team) -> None:
        """Delete by the service."""
        delete_team(team_id=obj.pk, actor=self.actor(request))


@admin.register(Role)
class RoleAdmin(CrmAdmin):
    """Roles: levels and rights."""

    list_display = ("name", "key", "flags")
    search_fields = ("name",)
    fields = ("name", "levels", "flags")
    actions = None

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        """Save by the services."""
        actor, values = self.actor(request), form.cleaned_data
        if change:
            edit_role(role_id=obj.pk, actor=actor, **values)
        else:
            obj.pk = create_role(actor=actor, **values).pk

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        """Delete by the service."""
        delete_role(role_id=obj.pk, actor=self.actor(request))


@admin.register(Absence)
class AbsenceAdmin(CrmAdmin):
    """Days away."""

    list_display = ("user", "starts_on", "ends_on")
    list_select_related = ("user",)
    search_fields = ("user__name",)
    autocomplete_fields = ("user",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Links that wait to be used; their secret is not stored."""

    list_display = ("user", "sent_at", "sent_by")
    list_select_related = ("user", "sent_by")
    search_fields = ("user__name", "user__email")
    exclude = ("token_hash",)
