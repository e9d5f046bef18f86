"""Deals whose expected close was put off: each time that it was moved to a later day (N6, H1)."""

from django.utils.translation import gettext_lazy as _

from .figures import register_number
from .measure import SUMS, Number

# Put off and taken back by an undo is not put off; nor is what an undo brings back (H2).
_UNDOS = "SELECT u.id FROM audit_changeset u WHERE u.undo_of_id IS NOT NULL"
_UNDONE = """SELECT u.undo_of_id FROM audit_changeset u WHERE u.undo_of_id IS NOT NULL AND u.recorded_at <= %(at)s
    AND NOT public.audit_stands(u.undo_of_id)"""
_PUSHES = f"""(SELECT p.deal_id, count(*) AS times, sum(p.days) AS days FROM (
    SELECT h.pgh_obj_id AS deal_id, h.pgh_created_at AS at, h.pgh_context_id AS context,
        h.expected_close - LAG(h.expected_close)
        OVER (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_created_at, h.pgh_id) AS days
    FROM deals_dealhistory h JOIN facts g ON g.id = h.pgh_obj_id WHERE h.pgh_created_at <= %(at)s) p
    WHERE p.days > 0 AND (p.context IN ({_UNDOS} UNION ALL {_UNDONE})) IS NOT TRUE
        AND (p.at AT TIME ZONE %(zone)s)::date BETWEEN %(start)s::date AND %(end)s::date GROUP BY 1)"""

PUSHED = Number(
    "pushed",
    _("Pushed"),
    "N6",
    _(
        "Deals whose expected close was moved to a later day in the period: how often, and by how many days in all. What "
        "was undone does not count."
    ),
    "true",
    sums=(*SUMS, ("times", "COALESCE(sum(e.times), 0)"), ("days", "COALESCE(sum(e.days), 0)")),
    source=f"facts f JOIN {_PUSHES} e ON e.deal_id = f.id",
)
register_number(PUSHED.key, lambda: PUSHED)
