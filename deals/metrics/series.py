"""The relation of deals at many moments at once: curves of what stood open when, and what had been won by the ends of months.

It says what `facts.DEALS_THEN` says of each of the moments (N8), from one pass over history: a record of a deal held from
its time until the next one that was written after it, the first one also before.
"""

from crm.kernel.core.past import IN_FORCE, NEAREST
from crm.kernel.users.teams import PEOPLE_THEN

from .facts import FACTS, NEVER_MADE, REACH_THEN, STAGES_THEN, moves

# Of two records the one written last holds from its time on, whenever that is: what was dated back later knows more.
RECORDS = f"""
SELECT h.pgh_obj_id AS id, h.stage_id, h.owner_id, h.amount, h.currency, h.probability, h.forecast_category, h.created_at,
    h.binned_at, h.closed_on,
    CASE WHEN row_number() OVER (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_created_at, h.pgh_id) = 1
        THEN '-infinity' ELSE h.pgh_created_at END AS since,
    COALESCE(min(h.pgh_created_at) OVER (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_id
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 'infinity') AS until
FROM deals_dealhistory h WHERE {IN_FORCE}
"""
# A close may be dated to a day before it was recorded, or be corrected later, never into the future (P4): so what was
# closed in the moment's month came to its stage, or was changed, since the month began; or it has been reopened since.
IN_MONTH = """(v.at >= t.since OR v.until IS NOT NULL OR v.deal_id IN (
    SELECT c.id FROM deals_deal c WHERE c.closed_at IS NOT NULL AND c.updated_at > c.closed_at))"""


_VISITS = moves(
    """WHERE v.to_stage_id = ANY(ARRAY(SELECT s.id FROM deals_stage s WHERE s.kind_of = '{kind}'))
    AND (v.until IS NULL OR v.until > (SELECT min(at) FROM moments))"""
)


def _series(kind: str, question: str, among: str = "true") -> str:
    """Return the statement that asks a question of the `facts` of each of `moments`: deals that stood in a kind of stage.

    `among` leaves out visits `v` that are not asked for at a moment `t`.
    """
    facts = FACTS.replace("s.id = r.stage_id", "s.id = r.stage_id AND s.moment = r.moment").replace(
        "%(day)s::date", "r.day"
    )
    people, stages, reach = (
        each.replace("%(at)s", "t.at") for each in (PEOPLE_THEN, STAGES_THEN.format(nearest=NEAREST), REACH_THEN)
    )
    credited = "v.owner_id" if kind == "open" else "v.closer_id"
    team = "u.team_id" if kind == "open" else "v.team_id"
    closed = (
        "NULL::date"
        if kind == "open"
        else """CASE WHEN v.stage_id = v.to_stage_id AND v.closed_on IS NOT NULL
        THEN v.closed_on ELSE (v.at AT TIME ZONE %(zone)s)::date END"""
    )
    return f"""WITH moments AS (
    SELECT at, (at AT TIME ZONE %(zone)s)::date AS day,
        date_trunc('month', at AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s AS since
    FROM unnest(%(moments)s::timestamptz[]) AS m(at)),
people AS MATERIALIZED (SELECT t.at AS moment, p.* FROM moments t CROSS JOIN LATERAL ({people}) p),
stages AS MATERIALIZED (
    SELECT t.at AS moment, p.* FROM moments t CROSS JOIN LATERAL ({stages}) p WHERE p.kind_of = '{kind}'),
records AS MATERIALIZED ({RECORDS}),
stood AS MATERIALIZED (
    SELECT t.at AS moment, t.day, v.* FROM ({_VISITS.format(kind=kind)}) v
    JOIN moments t ON v.at <= t.at AND (v.until IS NULL OR v.until > t.at) AND {among}
    WHERE {reach} AND v.deal_id NOT IN {NEVER_MADE}),
known AS MATERIALIZED (
    SELECT v.moment, v.day, v.deal_id, v.pipeline_id, v.to_stage_id, v.at, v.owner_id AS closer_id, v.team_id,
        v.amount AS closing_amount, h.*
    FROM stood v JOIN records h ON h.id = v.deal_id AND h.since <= v.moment AND h.until > v.moment
    WHERE h.created_at <= v.moment AND (h.binned_at IS NULL OR h.binned_at > v.moment)),
deals AS (
    SELECT v.moment, v.day, v.id, v.pipeline_id, v.to_stage_id AS stage_id, {credited} AS credited_id,
        {team} AS team_id, v.amount, v.currency, v.created_at, {closed} AS closed_on, v.closing_amount,
        CASE WHEN v.stage_id = v.to_stage_id THEN v.probability END AS probability,
        CASE WHEN v.stage_id = v.to_stage_id THEN v.forecast_category ELSE '' END AS forecast_category, '{kind}' AS kind
    FROM known v JOIN people u ON u.id = v.owner_id AND u.moment = v.moment),
facts AS ({facts})
{question}"""


def series_sql() -> str:
    """Return the statement of what stood open at each of `moments`: moment, deals, sum, weighted, without rate (N1)."""
    return _series(
        "open",
        """SELECT f.moment, count(*), COALESCE(sum(f.value), 0), COALESCE(sum(f.weighted), 0),
        count(*) FILTER (WHERE f.amount IS NOT NULL AND f.rate IS NULL) FROM facts f GROUP BY 1""",
    )


def won_series_sql() -> str:
    """Return the statement of what stood won at each of `moments` of what was closed in its month: moment, sum (P4)."""
    return _series(
        "won",
        """SELECT f.moment, COALESCE(sum(f.value), 0) FROM facts f
        WHERE f.closed_on BETWEEN date_trunc('month', f.day)::date AND f.day GROUP BY 1""",
        IN_MONTH,
    )


__all__ = ["series_sql", "won_series_sql"]
