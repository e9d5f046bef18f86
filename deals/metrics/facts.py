"""Deals as they are, and as they were at any moment: the one relation that every number reads (N8).

As of T a deal exists from its creation to its binning. Its stage is that of its visit at T; its other fields are what
history had recorded by then in business time, and before the first record the first recorded value. Teams, the order
and probabilities of stages and rates are those of that day; who may see a deal is a matter of today. What an undone
import did counts for nothing at any moment; any other move that is undone is seen at the time between (P9).

`deals_sql` gives the statement, `with_facts` puts it with what the numbers need around a question. Both take values
from `Window.params`.
"""

import re

from crm.kernel.core.past import NEAREST, UNDONE, held
from crm.kernel.users.teams import PEOPLE_THEN

PEOPLE_NOW = "SELECT id, team_id FROM users_user"
STAGES_NOW = "SELECT id, pipeline_id, kind_of, position, probability, forecast_category, archived_at FROM deals_stage"
STAGES_THEN = """SELECT s.id, s.pipeline_id, s.kind_of, h.position, h.probability, h.forecast_category, h.archived_at
    FROM deals_stage s CROSS JOIN LATERAL (
    SELECT * FROM deals_stagehistory h WHERE h.pgh_obj_id = s.id ORDER BY {nearest} LIMIT 1) h"""

REACH = "(%(owners)s::uuid[] IS NULL OR d.owner_id = ANY(%(owners)s::uuid[]))"

# The closing visit is the running one of a closed deal: closed value is credited to owner and team at the close (P9).
DEALS_NOW = f"""
SELECT d.id, d.title, d.pipeline_id, d.stage_id, s.kind_of AS kind, d.stage_entered_at, d.owner_id,
    CASE WHEN s.kind_of = 'open' THEN d.owner_id ELSE COALESCE(v.owner_id, d.owner_id) END AS credited_id,
    CASE WHEN s.kind_of = 'open' THEN u.team_id ELSE v.team_id END AS team_id,
    d.amount, d.currency, d.probability, d.forecast_category, d.expected_close, d.created_at, d.created_unknown,
    d.closed_on, d.closed_at, d.lost_reason_id, d.company_id, d.source, d.custom, v.amount AS closing_amount
FROM deals_deal d
JOIN stages s ON s.id = d.stage_id
JOIN people u ON u.id = d.owner_id
LEFT JOIN deals_stagechange v ON v.deal_id = d.id AND v.until IS NULL AND s.kind_of <> 'open'
WHERE d.binned_at IS NULL AND {REACH}
"""

# Present rights and what became of deals are asked of few rows at once, never deal by deal: a look at today's row of each
# of twenty thousand deals cost more than their history.
REACH_THEN = """(%(owners)s::uuid[] IS NULL OR v.deal_id IN (
    SELECT d.id FROM deals_deal d WHERE d.owner_id = ANY(%(owners)s::uuid[])))"""
NEVER_MADE = f"""(SELECT x.pgh_obj_id FROM deals_dealhistory x JOIN deals_deal d ON d.id = x.pgh_obj_id
    WHERE d.binned_at IS NOT NULL AND x.pgh_label = 'insert' AND x.pgh_context_id = ANY({UNDONE}))"""
_MISTAKES = f"""deals_stagechange m WHERE m.undone_at IS NOT NULL AND (
    SELECT g.pgh_context_id FROM deals_stagechangehistory g WHERE g.pgh_obj_id = m.id ORDER BY g.pgh_id LIMIT 1
    ) = ANY({UNDONE})"""
_VISIT = "v.deal_id, v.pipeline_id, v.to_stage_id, v.owner_id, v.team_id, v.amount"


def moves(*parts: str) -> str:
    """Return the select of the visits as they were, of those alone that are in one of the `parts` if any are given.

    A part is what follows `FROM deals_stagechange v`. Through a visit that an undone import began, the visit before it
    went on.
    """
    stood = f"v.id <> ALL(ARRAY(SELECT m.id FROM {_MISTAKES}))"
    chosen = [f"SELECT v.at, v.until, {_VISIT} FROM deals_stagechange v {part} AND {stood}" for part in parts]
    mistaken = f"""SELECT m.at, m.until, {_VISIT} FROM (SELECT m.* FROM {_MISTAKES}) m
    JOIN deals_stagechange v ON v.deal_id = m.deal_id AND v.until = m.at"""
    return " UNION ALL ".join([*chosen, mistaken])


MOVES = moves("WHERE true")

_THEN = f"""
SELECT v.deal_id AS id, h.title, v.pipeline_id, v.to_stage_id AS stage_id, s.kind_of AS kind,
    CASE WHEN h.stage_id = v.to_stage_id THEN LEAST(h.stage_entered_at, %(at)s) ELSE v.at END AS stage_entered_at,
    h.owner_id,
    CASE WHEN s.kind_of = 'open' THEN h.owner_id ELSE v.owner_id END AS credited_id,
    CASE WHEN s.kind_of = 'open' THEN u.team_id ELSE v.team_id END AS team_id,
    h.amount, h.currency, CASE WHEN h.stage_id = v.to_stage_id THEN h.probability END AS probability,
    CASE WHEN h.stage_id = v.to_stage_id THEN h.forecast_category ELSE '' END AS forecast_category,
    h.expected_close, h.created_at, h.created_unknown,
    CASE WHEN s.kind_of = 'open' THEN NULL WHEN h.stage_id = v.to_stage_id AND h.closed_on IS NOT NULL
        THEN h.closed_on ELSE (v.at AT TIME ZONE %(zone)s)::date END AS closed_on,
    CASE WHEN s.kind_of = 'open' THEN NULL ELSE v.at END AS closed_at,
    CASE WHEN s.kind_of = 'lost' THEN h.lost_reason_id END AS lost_reason_id,
    h.company_id, h.source, h.custom,
    CASE WHEN s.kind_of <> 'open' THEN v.amount END AS closing_amount
FROM ({MOVES}) v
JOIN stages s ON s.id = v.to_stage_id
CROSS JOIN LATERAL (
    {held("deals_dealhistory", "v.deal_id")}
) h
JOIN people u ON u.id = h.owner_id
WHERE v.at <= %(at)s AND (v.until IS NULL OR v.until > %(at)s) AND h.created_at <= %(at)s
    AND (h.binned_at IS NULL OR h.binned_at > %(at)s) AND {REACH_THEN} AND v.deal_id NOT IN {NEVER_MADE}
"""


def deals_then(*, columns: str = "", visits: str = MOVES) -> str:
    """Return the select of the deals as they were at `at`.

    `columns` are more of `h` (the recorded row that held) or `v` (its visit); `visits` leaves out what is not asked for
    before history is looked up.
    """
    more = f",\n    {columns}" if columns else ""
    return _THEN.replace(f"\nFROM ({MOVES}) v\n", f"{more}\nFROM ({visits}) v\n", 1)


DEALS_THEN = deals_then()

WANTED = """(%(pipelines)s::uuid[] IS NULL OR r.pipeline_id = ANY(%(pipelines)s::uuid[]))
    AND (%(people)s::uuid[] IS NULL OR r.credited_id = ANY(%(people)s::uuid[]))
    AND (%(teams)s::uuid[] IS NULL OR r.team_id = ANY(%(teams)s::uuid[]))"""

# Worth in the base currency: of open deals at that day's rate, of closed ones at the rate of `closed_on` (P7). NULL:
# no amount, or no rate. Where amount x percent is exact no rounding is called (P6);
# OFFSET keeps the rate from being looked up once for each use.
FACTS = f"""
SELECT m.*, m.amount * m.rate AS value, m.closing_amount * m.rate AS closing_value,
    CASE WHEN m.kind <> 'open' THEN NULL
    WHEN %(places)s >= 2 AND m.amount * m.rate = trunc(m.amount * m.rate) THEN m.amount * m.rate * m.percent / 100
    ELSE public.crm_round_half_even(m.amount * m.rate * m.percent / 100, %(places)s) END AS weighted
FROM (
    SELECT r.*, s.position, (r.created_at AT TIME ZONE %(zone)s)::date AS created_on,
        CASE WHEN s.kind_of = 'open' THEN COALESCE(r.probability, s.probability) ELSE s.probability END AS percent,
        COALESCE(NULLIF(r.forecast_category, ''), s.forecast_category) AS category,
        CASE WHEN r.currency = %(base)s THEN 1 ELSE (
            SELECT e.rate FROM workspace_exchangerate e
            WHERE e.currency = r.currency AND e.day <= COALESCE(r.closed_on, %(day)s::date)
            ORDER BY e.day DESC LIMIT 1) END AS rate
    FROM deals r JOIN stages s ON s.id = r.stage_id
    WHERE {WANTED} OFFSET 0
) m
"""

COUNTED = "v.at <= %(at)s AND v.undoes_id IS NULL AND (v.undone_at IS NULL OR v.undone_at > %(at)s)"
# Stage visits as numbers count them at T: not undone by then, and no way back of an undo. A visit lasts until the next
# one that counts, so an undone move interrupts nothing (P9).
VISITS = f"""
SELECT v.deal_id, v.pipeline_id, v.to_stage_id AS stage_id, v.at, v.owner_id, v.team_id, v.amount, v.currency,
    s.kind_of AS kind, s.position, LEAD(v.at) OVER w AS next_at, LAG(v.pipeline_id) OVER w AS from_pipeline_id,
    LAG(v.amount) OVER w AS amount_before
FROM deals_stagechange v
JOIN facts f ON f.id = v.deal_id
JOIN stages s ON s.id = v.to_stage_id
WHERE {COUNTED}
WINDOW w AS (PARTITION BY v.deal_id ORDER BY v.at)
"""


def frame(*, then: bool) -> str:
    """Return the people and the stages that the relation joins, as the first parts of a WITH."""
    people = PEOPLE_THEN if then else PEOPLE_NOW
    stages = STAGES_THEN.format(nearest=NEAREST) if then else STAGES_NOW
    return f"people AS MATERIALIZED ({people}), stages AS MATERIALIZED ({stages})"


def deals_sql(*, then: bool) -> str:
    """Return `WITH ...` that names `deals`: as they are, or with `then` as they were at `at`; all that one may see."""
    return f"WITH {frame(then=then)}, deals AS ({DEALS_THEN if then else DEALS_NOW})"


COLUMNS = (
    "title", "pipeline_id", "stage_id", "kind", "stage_entered_at", "owner_id", "credited_id", "team_id", "amount",
    "currency", "probability", "forecast_category", "expected_close", "created_at", "created_unknown", "closed_on",
    "closed_at", "lost_reason_id", "company_id", "source", "custom", "closing_amount", "position", "created_on", "percent",
    "category", "rate", "value", "closing_value", "weighted",
)  # fmt: skip


def with_facts(question: str, *, then: bool) -> str:
    """Return the statement that asks `question` of `facts` (wanted deals with their worth), `visits` and `stages`.

    `facts` holds the columns that the question names (`f.value`), for it is written down before it is read: with all
    of them the deals of a big workspace do not fit into memory.
    """
    named = set(re.findall(r"\.(\w+)", question))
    columns = ", ".join(f"m.{name}" for name in ("id", *COLUMNS) if name == "id" or name in named)
    facts = f"SELECT {columns} FROM ({FACTS}) m"
    return f"{deals_sql(then=then)}, facts AS MATERIALIZED ({facts}), visits AS ({VISITS}) {question}"


__all__ = [
    "FACTS",
    "NEVER_MADE",
    "REACH_THEN",
    "STAGES_THEN",
    "deals_sql",
    "deals_then",
    "frame",
    "moves",
    "with_facts",
]
