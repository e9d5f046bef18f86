"""How soon those who came in were answered, and what became of them, by source (R4, R5).

As of a past day from what history had recorded by then in business time (N8): an activity is there from when it was done
until it went to the bin, with its people of that time; so is a deal from its creation on.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.came import Came
from crm.kernel.core.past import UNDONE, held, positional

# Whoever is or was on a deal is qualified, also after that was lost.
_BY_SOURCE = """SELECT c.source, count(*), count(r.at),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.at - c.created_at) / 3600.0)
        FILTER (WHERE r.at IS NOT NULL),
    count(*) FILTER (WHERE r.at <= c.created_at + interval '1 day'),
    count(*) FILTER (WHERE CASE WHEN c.lifecycle IN ('opportunity', 'customer', 'churned') THEN true ELSE {qualified} END),
    count(*) FILTER (WHERE c.lifecycle = 'customer')
FROM people c LEFT JOIN {answers} r ON {joined}
GROUP BY GROUPING SETS ((c.source), ())
ORDER BY GROUPING(c.source), 2 DESC, 1"""
# The first call, e-mail or meeting of a colleague with somebody.
_ANSWER = "a.type IN ('call', 'email', 'meeting') AND a.user_id IS NOT NULL AND a.direction IN ('', 'out')"
_NOW = _BY_SOURCE.format(
    answers=f"""LATERAL (
    SELECT min(a.completed_at) AS at FROM activities_activitycontact l JOIN activities_activity a ON a.id = l.activity_id
    WHERE l.contact_id = c.id AND a.binned_at IS NULL AND a.completed_at >= c.created_at AND {_ANSWER})""",
    joined="true",
    qualified="""EXISTS (SELECT 1 FROM deals_dealcontact l JOIN deals_deal d ON d.id = l.deal_id
        WHERE l.contact_id = c.id AND d.binned_at IS NULL)""",
)


def _links(links: str, rows: str, column: str) -> str:
    """Return the select of what `people` were linked to at the moment: `person`, and the record of it that held.

    A link is there from its record on; one that came along with the thing itself is there as long as that is. Those that
    have moved since or are gone are found by their history. OFFSET keeps each person's from being sought among all links.
    """
    return f"""SELECT l.person, r.* FROM (
        SELECT p.id AS person, k.id FROM people p
        CROSS JOIN LATERAL (SELECT k.id FROM {links} k WHERE k.contact_id = p.id OFFSET 0) k
        UNION
        SELECT p.id, x.pgh_obj_id FROM {links}history x JOIN people p ON p.id = x.contact_id
        WHERE x.pgh_obj_id IN (SELECT y.pgh_obj_id FROM {links}history y WHERE y.pgh_label <> 'insert')
    ) l
    CROSS JOIN LATERAL ({held(f"{links}history", "l.id")}) k
    JOIN {rows} n ON n.id = k.{column}
    CROSS JOIN LATERAL ({held(f"{rows}history", f"k.{column}")}) r
    WHERE k.contact_id = l.person AND k.pgh_label <> 'delete' AND (r.binned_at IS NULL OR r.binned_at > %(at)s)
        AND (k.pgh_created_at <= %(at)s OR k.pgh_context_id = (SELECT f.pgh_context_id FROM {rows}history f
            WHERE f.pgh_obj_id = k.{column} ORDER BY f.pgh_id LIMIT 1))
        AND (n.binned_at IS NULL OR n.id NOT IN (SELECT x.pgh_obj_id FROM {rows}history x
            WHERE x.pgh_label = 'insert' AND x.pgh_context_id = ANY({UNDONE})))"""


_THEN = f""", answers AS (
    SELECT a.person, min(a.completed_at) AS at
    FROM ({_links("activities_activitycontact", "activities_activity", "activity_id")}) a
    JOIN people c ON c.id = a.person
    WHERE a.completed_at BETWEEN c.created_at AND %(at)s AND {_ANSWER} GROUP BY 1
), on_deals AS MATERIALIZED (
    SELECT d.person FROM ({_links("deals_dealcontact", "deals_deal", "deal_id")}) d WHERE d.created_at <= %(at)s
)
""" + _BY_SOURCE.format(
    answers="answers", joined="r.person = c.id", qualified="c.id IN (SELECT d.person FROM on_deals d)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """The people of one source; shares are told by whoever shows them. `hours` is the median to the first answer."""

    source: str | None
    leads: int
    answered: int
    hours: float | None
    within: int  # answered within a day
    qualified: int
    customers: int


def sources(actor: Any, came: Came) -> list[Source]:
    """Return the people who came in by source, the largest first, and all of them last (source None), in one statement."""
    people, values = came.people(actor)
    rest, more = (_NOW, []) if came.as_of is None else positional(_THEN, {"at": came.at})
    with connection.cursor() as cursor:
        cursor.execute(f"WITH people AS MATERIALIZED ({people}) {rest}", [*values, *more])
        return [Source(*row) for row in cursor.fetchall()]
