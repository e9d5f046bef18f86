"""What last touched a deal, in words, for the mark "gone quiet" (P8)."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from crm.kernel.core import formats

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
