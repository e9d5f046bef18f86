"""The idle clock at an earlier moment (P8): when something last happened with a record, as was known then."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from activities.services.clocks import TOUCHES

# `touch` is each activity of the record as it stood at the moment; those recorded later were not known then.
SQL = """
SELECT m.n, t.at FROM unnest(%(ids)s::uuid[], %(ats)s::timestamptz[], %(business)s::bool[])
    WITH ORDINALITY AS m(id, moment, business, n)
CROSS JOIN LATERAL (
    SELECT max(a.at) AS at FROM (
        SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM activities_activityhistory h
        WHERE h.pgh_obj_id IN ({ids_of})
          AND (m.moment IS NULL OR CASE WHEN m.business THEN h.pgh_created_at ELSE h.recorded_at END <= m.moment)
        ORDER BY h.pgh_obj_id, h.pgh_id DESC
    ) a WHERE a.pgh_label <> 'delete' AND {touches} {still}
) t
"""
# The activities that are linked now: history has no index on links, and who relinks an activity means the past too.
IDS_OF = {
    "deal": "SELECT g.id FROM activities_activity g WHERE g.deal_id = m.id",
    "company": "SELECT g.id FROM activities_activity g WHERE g.company_id = m.id",
    "contact": "SELECT g.activity_id FROM activities_activitycontact g WHERE g.contact_id = m.id",
}
STILL = {"deal": "AND a.deal_id = m.id", "company": "AND a.company_id = m.id", "contact": ""}


def touched_before(kind: str, wanted: Sequence[tuple[UUID, dt.datetime | None, bool]]) -> list[dt.datetime | None]:
    """Return when each record was last touched, as was known at each moment (None: now).

    The last of the three says that the moment is of business time, not of the clock (N8).
    """
    sql = SQL.format(ids_of=IDS_OF[kind], touches=TOUCHES, still=STILL[kind])
    found: list[dt.datetime | None] = [None] * len(wanted)
    with connection.cursor() as cursor:
        ids, ats, business = ([each[n] for each in wanted] for n in range(3))
        cursor.execute(sql, {"ids": ids, "ats": ats, "business": business})
        for number, at in cursor.fetchall():
            found[number - 1] = at
    return found
