"""Addresses of people: signing in (allauth, mounted here only), set-up, profile, and the settings of people."""

from allauth.account import views as account
from django.urls import include, path, re_path

from . import views

signing_in = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("security/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]

own = [
    path("setup/", views.setup, name="setup"),
    path("invitation/<str:token>/", views.accept_invitation, name="accept_invitation"),
    path("profile/", views.profile, name="profile"),
    path("profile/theme/", views.set_theme, name="set_theme"),
    path("profile/absences/", views.add_absence, name="add_absence"),
    path("profile/absences/<uuid:pk>/remove/", views.remove_absence, name="remove_absence"),
    path("settings/", views.settings_home, name="settings_home"),
    path("settings/people/", views.people, name="people"),
    path("settings/people/invite/", views.invite, name="invite"),
    path("settings/people/<uuid:pk>/", views.person_edit, name="person_edit"),
    path("settings/people/<uuid:pk>/role/", views.person_role, name="person_role"),
    path("settings/people/<uuid:pk>/invitation/", views.resend_invitation, name="resend_invitation"),
    path("settings/people/<uuid:pk>/invitation/cancel/", views.cancel_invitation, name="cancel_invitation"),
    path("settings/people/<uuid:pk>/sign-out/", views.sign_out_person, name="sign_out_person"),
    path("settings/people/<uuid:pk>/leave/", views.leave, name="leave"),
    path("settings/teams/", views.teams, name="teams"),
    path("settings/teams/new/", views.team_new, name="team_new"),
    path("settings/teams/<uuid:pk>/", views.team_edit, name="team_edit"),
    path("settings/teams/<uuid:pk>/delete/", views.team_delete, name="team_delete"),
    path("settings/roles/", views.roles, name="roles"),
    path("settings/roles/new/", views.role_new, name="role_new"),
    path("settings/roles/<uuid:pk>/", views.role_edit, name="role_edit"),
    path("settings/roles/<uuid:pk>/delete/", views.role_delete, name="role_delete"),
]

urlpatterns = [*signing_in, path("", include((own, "users")))]
