"""Invitations: a link that works once, for 7 days (U1). Only its hash is stored: whoever invites sees it once."""

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Invitation, Role, Team, User
from crm.kernel.workspace.models import Workspace

from .people import require_free_email


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def person_invited(token: str) -> User | None:
    """Return the person whom this link invites, or None if it is unknown, used or older than 7 days."""
    found = Invitation.objects.select_related("user__role", "user__team").filter(token_hash=_hash(token)).first()
    if found is None or found.expired or found.user.state != User.State.INVITED:
        return None
    return found.user


def _send(person: User, link: str, by: str) -> None:
    context = {
        "person": person,
        "link": link,
        "by": by,
        "workspace": Workspace.current().name,
        "days": Invitation.VALID_DAYS,
    }
    send_mail(
        _("Your invitation to %(workspace)s") % {"workspace": context["workspace"]},
        render_to_string("emails/invitation.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [person.email or ""],
        html_message=render_to_string("emails/invitation.html", context),
    )


def _make_link(person: User, actor: Actor) -> str:
    """Store a new invitation in place of any older one, mail its link after the commit, and return the link."""
    token = secrets.token_urlsafe(32)
    values = {"token_hash": _hash(token), "sent_at": now(), "sent_by": actor.user}
    Invitation.objects.update_or_create(user=person, defaults=values)
    link = settings.SITE_URL.rstrip("/") + reverse("users:accept_invitation", args=[token])
    # A mail server that does not answer must not lose the invitation: the link is also shown to whoever invites.
    transaction.on_commit(lambda: _send(person, link, actor.label), robust=True)
    return link


@command("users.invite")
def invite_person(
    *, email: str, name: str, role: Role, team: Team | None = None, timezone: str = "", actor: Actor
) -> tuple[User, str]:
    """Invite somebody by e-mail; return them and the link.

    A person without login who has this e-mail (imported, or switched off) is invited to come back to what is theirs.
    """
    actor.require_flag("settings")
    email = email.lower().strip()
    person = User.objects.locked().filter(email=email, state=User.State.WITHOUT_LOGIN).first()
    require_free_email(email, person.pk if person else None)
    person = person or User(email=email)
    person.name, person.role, person.team, person.state = name, role, team, User.State.INVITED
    person.timezone = timezone or Workspace.current().timezone
    person.set_unusable_password()
    person.save()
    return person, _make_link(person, actor)


@command("users.renew_invitation")
def renew_invitation(*, person_id: UUID, actor: Actor) -> tuple[User, str]:
    """Send a new link to somebody who is invited, or to somebody without login who has an e-mail; the old link ends."""
    actor.require_flag("settings")
    person = User.objects.locked().get(pk=person_id)
    if person.state == User.State.ACTIVE:
        raise Refused(_("%(name)s can log in already.") % {"name": person.name})
    if not person.email:
        raise Refused(_("Add an e-mail first."))
    if person.state != User.State.INVITED:
        person.state = User.State.INVITED
        person.save(update_fields=["state"])
    return person, _make_link(person, actor)


@command("users.cancel_invitation")
def cancel_invitation(*, person_id: UUID, actor: Actor) -> User:
    """End an invitation: its link no longer works; the person stays, without login."""
    actor.require_flag("settings")
    person = User.objects.locked().get(pk=person_id)
    if person.state != User.State.INVITED:
        raise Refused(_("There is no invitation to cancel."))
    Invitation.objects.filter(user=person).delete()
    person.state = User.State.WITHOUT_LOGIN
    person.save(update_fields=["state"])
    return person


@command("users.accept_invitation")
def accept_invitation(*, token: str, name: str, password: str, timezone: str = "", actor: Actor) -> User:
    """Set name and password of the person whom the link invites; the link works once.

    Raises Refused if it is unknown, used, cancelled or older than 7 days.
    """
    found = Invitation.objects.select_for_update(of=("self",)).filter(token_hash=_hash(token)).first()
    if found is None or person_invited(token) is None:
        raise Refused(_("This invitation does not work any more. Ask for a new one."))
    person = User.objects.locked().get(pk=found.user_id)
    person.name, person.state = name, User.State.ACTIVE
    person.timezone = timezone or person.timezone
    person.set_password(password)
    person.save()
    found.delete()
    return person
