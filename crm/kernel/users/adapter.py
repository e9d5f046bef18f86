"""How allauth works here: nobody signs up by themself, e-mails are lower-case, people without login stay out (U1)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from .models import User


class AccountAdapter(DefaultAccountAdapter):
    """Closed sign-up; people come by invitation or by the set-up page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an admin invites."""
        return False

    def clean_email(self, email: str) -> str:
        """Return the e-mail as it is stored."""
        return super().clean_email(email).lower()

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Do nothing: the e-mail is the login name."""


class PersonBackend(AuthenticationBackend):
    """Loads the person of a session with role, team and the ids of team mates in one query."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the active person with this id, or None."""
        person = User.objects.select_related("role", "team").with_team_ids().filter(pk=user_id).order_by().first()
        return person if person is not None and self.user_can_authenticate(person) else None
