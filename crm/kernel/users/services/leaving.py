"""Switching a person off: everything open goes to somebody else, in one step and one change-set (U4)."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.users import leaving
from crm.kernel.users.models import User

from .people import end_sessions
from .roles import require_an_admin


def _check_heirs(person: User, heirs: Mapping[str, User | None]) -> None:
    """Raise Refused unless each kind of open work goes to an active colleague, or to nobody where that is allowed."""
    wrong: dict[str, str] = {}
    for owned, number in leaving.work_of(person):
        heir = heirs.get(owned.key)
        if heir is None and not (owned.optional and owned.key in heirs):
            wrong[owned.key] = _("Say who takes over (%(number)d).") % {"number": number}
        elif heir is not None and (heir.pk == person.pk or not heir.is_active):
            wrong[owned.key] = _("Choose somebody who can log in.")
    if wrong:
        raise Refused(_("Somebody has to take over what is open."), fields=wrong)


@command("users.switch_off")
def switch_off(*, person_id: UUID, heirs: Mapping[str, User | None], actor: Actor) -> User:
    """End a person's login and give their open work to others (U4).

    `heirs` names by kind of work (`crm.kernel.users.leaving`) who takes over; None leaves records to nobody where that
    is allowed. Closed deals and past activities stay. Sessions end with the commit.
    """
    actor.require_flag("settings")
    person = User.objects.locked().get(pk=person_id)
    if person.pk == actor.id:
        raise Refused(_("Nobody can switch themself off."))
    _check_heirs(person, heirs)
    for owned, _number in leaving.work_of(person):
        owned.give(person, heirs[owned.key], actor)
    for colleague in User.objects.filter(delegate=person):
        colleague.delegate = None
        colleague.save(update_fields=["delegate"])
    person.state = User.State.WITHOUT_LOGIN
    person.save(update_fields=["state"])
    require_an_admin()
    end_sessions(person_id=person.pk, actor=actor)
    return person
