"""Deals whose expected close was put off: each time that it was moved to a later day (N6, H1)."""

from django.utils.translation import gettext_lazy as _

from .figures import register_number
from .measure import SUMS, Number

_PUSHES = """(SELECT p.deal_id, count(*) AS times, sum(p.days) AS days FROM (
    SELECT h.pgh_obj_id AS deal_id, h.pgh_created_at AS at, h.expected_close - LAG(h.expected_close)
        OVER (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_created_at, h.pgh_id) AS days
    FROM deals_dealhistory h JOIN facts g ON g.id = h.pgh_obj_id WHERE h.pgh_created_at <= %(at)s) p
    WHERE p.days > 0 AND (p.at AT TIME ZONE %(zone)s)::date BETWEEN %(start)s::date AND %(end)s::date GROUP BY 1)"""

PUSHED = Number(
    "pushed",
    _("Pushed"),
    "N6",
    _("Deals whose expected close was moved to a later day in the period: how often, and by how many days in all."),
    "true",
    sums=(*SUMS, ("times", "COALESCE(sum(e.times), 0)"), ("days", "COALESCE(sum(e.days), 0)")),
    source=f"facts f JOIN {_PUSHES} e ON e.deal_id = f.id",
)
register_number(PUSHED.key, lambda: PUSHED)
