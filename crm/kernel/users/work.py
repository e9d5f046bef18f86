"""What people hand over that belongs to this app itself: the teams that they lead (U4)."""

from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor

from .leaving import Owned
from .models import Team, User


def _count(person: User) -> int:
    return Team.objects.filter(manager=person).count()


def _give(person: User, heir: User | None, actor: Actor) -> int:
    return Team.objects.filter(manager=person).update(manager=heir)


managed_teams = Owned("teams", _("Teams they manage"), _count, _give, optional=True, order=90)
