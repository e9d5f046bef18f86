"""People: their details, role, profile, absences and sessions (U1)."""

import datetime as dt
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users.models import Absence, Role, User

from .roles import require_an_admin

EDITABLE = ("name", "email", "role", "team", "timezone", "delegate")
OWN = ("name", "timezone", "locale", "theme", "single_keys", "delegate")


def require_free_email(email: str | None, person_id: UUID | None = None) -> None:
    """Raise Refused if somebody else has this e-mail; it is the name by which people log in (U1)."""
    if email and User.objects.filter(email=email.lower().strip()).exclude(pk=person_id).exists():
        words = _("Somebody here has this e-mail already.")
        raise Refused(words, fields={"email": words})


def _change(person: User, values: dict[str, Any], allowed: tuple[str, ...]) -> None:
    """Set the allowed ones of `values` and save what differs."""
    changed = [name for name in allowed if name in values and getattr(person, name) != values[name]]
    for name in changed:
        setattr(person, name, values[name])
    if person.delegate_id == person.pk:
        words = _("Choose somebody else.")
        raise Refused(words, fields={"delegate": words})
    if changed:
        person.save(update_fields=changed)


@command("users.edit_person")
def edit_person(*, person_id: UUID, actor: Actor, **values: Any) -> User:
    """Change a person's name, e-mail, role, team or time zone (U1). Refused if no admin would be left."""
    actor.require_flag("settings")
    person = User.objects.locked().get(pk=person_id)
    if "email" in values:
        values["email"] = (values["email"] or "").lower().strip() or None
        require_free_email(values["email"], person.pk)
        if values["email"] is None and person.state != User.State.WITHOUT_LOGIN:
            words = _("Whoever logs in needs an e-mail.")
            raise Refused(words, fields={"email": words})
    _change(person, values, EDITABLE)
    require_an_admin()
    return person


@command("users.change_role")
def change_role(*, person_id: UUID, role: Role, actor: Actor) -> User:
    """Give a person another role (U2). Refused if no admin would be left."""
    return edit_person(person_id=person_id, role=role, actor=actor)


@command("users.edit_profile")
def edit_profile(*, person_id: UUID, actor: Actor, **values: Any) -> User:
    """Change one's own name, time zone, formats, theme, shortcuts or delegate (U1)."""
    if actor.id != person_id:
        raise PermissionDenied("A profile is its person's own.")
    person = User.objects.locked().get(pk=person_id)
    _change(person, values, OWN)
    return person


@command("users.set_theme")
def set_theme(*, person_id: UUID, theme: str, actor: Actor) -> User:
    """Choose light, dark or what the device says."""
    if theme not in User.Theme.values:
        raise Refused(_("Choose light, dark or as the device."))
    return edit_profile(person_id=person_id, theme=theme, actor=actor)


@command("users.add_absence")
def add_absence(*, person_id: UUID, starts_on: dt.date, ends_on: dt.date, actor: Actor) -> Absence:
    """Note the days on which one is away, both ends included (U1): one's own, or anybody's with the settings right."""
    if actor.id != person_id:
        actor.require_flag("settings")
    if ends_on < starts_on:
        words = _("The last day lies before the first.")
        raise Refused(words, fields={"ends_on": words})
    return Absence.objects.create(user=User.objects.get(pk=person_id), starts_on=starts_on, ends_on=ends_on)


@command("users.remove_absence")
def remove_absence(*, absence_id: UUID, actor: Actor) -> None:
    """Take an absence back. Somebody else's is not found without the settings right."""
    absences = Absence.objects.all() if actor.may("settings") else Absence.objects.filter(user=actor.user)
    absences.get(pk=absence_id).delete()


@command("users.end_sessions")
def end_sessions(*, person_id: UUID, actor: Actor) -> int:
    """Sign a person out everywhere, once this is committed; return the number of sessions."""
    if actor.id != person_id:
        actor.require_flag("settings")
    sessions = list(UserSession.objects.filter(user_id=person_id))
    transaction.on_commit(lambda: [session.end() for session in sessions])
    return len(sessions)
