"""Who is in which team, and which teams are below which: today, and as it was at a moment (N8)."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from crm.kernel.core.past import NEAREST

from .models import Team, User

PEOPLE_THEN = f"""SELECT u.id, h.team_id FROM users_user u CROSS JOIN LATERAL (
    SELECT team_id FROM users_userhistory h WHERE h.pgh_obj_id = u.id ORDER BY {NEAREST} LIMIT 1) h"""
TEAMS_NOW = "SELECT id, parent_id FROM users_team"
TEAMS_THEN = f"""SELECT t.id, h.parent_id FROM users_team t CROSS JOIN LATERAL (
    SELECT parent_id FROM users_teamhistory h WHERE h.pgh_obj_id = t.id ORDER BY {NEAREST} LIMIT 1) h"""


def teams_below(ids: Sequence[UUID], at: dt.datetime | None = None) -> tuple[UUID, ...]:
    """Return these teams and all below them, in the tree of today or of a moment (N8)."""
    if not ids:
        return ()
    if at is None:
        parents = dict(Team.objects.values_list("pk", "parent_id"))
    else:
        with connection.cursor() as cursor:
            cursor.execute(TEAMS_THEN, {"at": at})
            parents = dict(cursor.fetchall())
    found = set(ids)
    while more := {pk for pk, parent in parents.items() if parent in found} - found:
        found |= more
    return tuple(sorted(found))


def members_of(teams: Sequence[UUID], at: dt.datetime | None = None) -> list[UUID]:
    """Return who is in one of these teams, today or at a moment (N8)."""
    if at is None:
        return list(User.objects.filter(team__in=teams).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id FROM ({PEOPLE_THEN}) p WHERE p.team_id = ANY(%(teams)s)", {"at": at, "teams": list(teams)}
        )
        return [pk for (pk,) in cursor.fetchall()]
