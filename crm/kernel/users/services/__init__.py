"""What changes people, teams and roles (U1, U2, U4)."""

from .invitations import accept_invitation, cancel_invitation, invite_person, person_invited, renew_invitation
from .leaving import switch_off
from .people import add_absence, change_role, edit_person, edit_profile, end_sessions, remove_absence, set_theme
from .roles import create_role, delete_role, edit_role, require_an_admin
from .setup import installed, set_up
from .teams import create_team, delete_team, edit_team

__all__ = [
    "accept_invitation",
    "add_absence",
    "cancel_invitation",
    "change_role",
    "create_role",
    "create_team",
    "delete_role",
    "delete_team",
    "edit_person",
    "edit_profile",
    "edit_role",
    "edit_team",
    "end_sessions",
    "installed",
    "invite_person",
    "person_invited",
    "remove_absence",
    "renew_invitation",
    "require_an_admin",
    "set_theme",
    "set_up",
    "switch_off",
]
