"""Who was marked as churned in a period, today and as it stood at a moment (R4, N8)."""

import datetime as dt
from typing import Any

from django.db import connection

from crm.kernel.core.past import held, positional, statement_of

from .models import Contact, Lifecycle

THEN = f"""SELECT count(*) FROM (
    SELECT DISTINCT x.pgh_obj_id AS id FROM contacts_contacthistory x
    WHERE x.lifecycle = 'churned' AND x.churned_on BETWEEN %(start)s AND %(end)s) c
CROSS JOIN LATERAL ({held("contacts_contacthistory", "c.id")}) h
WHERE h.lifecycle = 'churned' AND h.churned_on BETWEEN %(start)s AND %(end)s AND h.created_at <= %(at)s
    AND (h.binned_at IS NULL OR h.binned_at > %(at)s)"""


def churned(actor: Any, start: dt.date, end: dt.date, at: dt.datetime | None = None) -> int:
    """Return how many people whom somebody may see (U3) are marked as churned on these days, or were so at a moment."""
    seen = Contact.objects.visible_to(actor)
    if at is None:
        return int(seen.live().filter(lifecycle=Lifecycle.CHURNED, churned_on__range=(start, end)).count())
    sql, params = positional(THEN, {"start": start, "end": end, "at": at})
    among, values = statement_of(seen, "id")
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} AND c.id IN ({among})", [*params, *values])
        return int(cursor.fetchone()[0])
