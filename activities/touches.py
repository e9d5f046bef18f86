"""What last touched a deal, in words, for the mark "gone quiet" (P8); when companies were last touched by a past day (N8)."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.past import UNDONE, held

from .models import Activity
from .services.clocks import TOUCHES

LATEST = f"""
SELECT d.id, a.type, a.at, u.name FROM unnest(%s::uuid[]) AS d(id)
JOIN LATERAL (SELECT a.type, a.at, a.user_id FROM activities_activity a WHERE a.deal_id = d.id AND {TOUCHES}
              ORDER BY a.at DESC LIMIT 1) a ON true
LEFT JOIN users_user u ON u.id = a.user_id
"""


def last_touches(deal_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return what last touched these deals: "Call by Priya, Tue 3 Nov". One query; deals without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [list(deal_ids)])
        rows = cursor.fetchall()
    found = {}
    for deal, kind, at, name in rows:
        words = {"what": Activity.Type(kind).label, "day": formats.day(at), "who": (name or "").split(" ")[0]}
        found[deal] = (_("%(what)s by %(who)s, %(day)s") if name else _("%(what)s, %(day)s")) % words
    return found


_TOUCHES_THEN = TOUCHES.replace("a.binned_at IS NULL", "(a.binned_at IS NULL OR a.binned_at > %(at)s)")
# Of what has the company today what had it then too.
TOUCHED_THEN = f"""SELECT c.id, max(a.at) FROM unnest(%(ids)s::uuid[]) AS c(id)
JOIN activities_activity n ON n.company_id = c.id AND n.type <> 'system'
CROSS JOIN LATERAL ({held("activities_activityhistory", "n.id")}) a
WHERE a.company_id = c.id AND a.at <= %(at)s AND {_TOUCHES_THEN}
    AND (n.binned_at IS NULL OR n.id NOT IN (SELECT x.pgh_obj_id FROM activities_activityhistory x
        WHERE x.pgh_label = 'insert' AND x.pgh_context_id = ANY({UNDONE})))
GROUP BY 1"""


def touched_by(company_ids: Iterable[UUID], at: dt.datetime) -> dict[UUID, dt.datetime]:
    """Return when these companies had last been touched at a moment (P8, N8); those that had never been are left out."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED_THEN, {"ids": list(company_ids), "at": at})
        return dict(cursor.fetchall())
