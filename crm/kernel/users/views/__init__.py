"""Pages of people: set-up, invitations, profile, and the settings of people, teams and roles."""

from .entrance import accept_invitation, setup
from .people import (
    cancel_invitation,
    invite,
    leave,
    people,
    person_edit,
    person_role,
    resend_invitation,
    settings_home,
    sign_out_person,
)
from .profile import add_absence, profile, remove_absence, set_theme
from .roles import role_delete, role_edit, role_new, roles
from .teams import team_delete, team_edit, team_new, teams

__all__ = [
    "accept_invitation",
    "add_absence",
    "cancel_invitation",
    "invite",
    "leave",
    "people",
    "person_edit",
    "person_role",
    "profile",
    "remove_absence",
    "resend_invitation",
    "role_delete",
    "role_edit",
    "role_new",
    "roles",
    "set_theme",
    "settings_home",
    "setup",
    "sign_out_person",
    "team_delete",
    "team_edit",
    "team_new",
    "teams",
]
