"""Stage visits (P9): each move ends the running one and begins the next, for any number of deals in one statement."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from crm.kernel.core.changes import Actor

# `until` is later than `at`, so no visit is empty. The insert reads what the update returns, so it comes after it.
BEGIN = """
WITH ended AS (
    UPDATE deals_stagechange SET until = GREATEST(%(at)s, at + interval '1 microsecond')
    WHERE deal_id = ANY(%(deals)s) AND until IS NULL
    RETURNING deal_id, to_stage_id, until
)
INSERT INTO deals_stagechange (
    id, deal_id, from_stage_id, to_stage_id, at, undoes_id, user_id, actor_label,
    pipeline_id, owner_id, team_id, amount, currency, probability, category
)
SELECT crm_uuid7(), d.id, ended.to_stage_id, d.stage_id, COALESCE(ended.until, %(at)s), w.undoes, %(user)s, %(label)s,
    d.pipeline_id, d.owner_id, u.team_id, d.amount, d.currency,
    CASE WHEN s.kind_of = 'open' THEN COALESCE(d.probability, s.probability) ELSE s.probability END,
    COALESCE(NULLIF(d.forecast_category, ''), s.forecast_category)
FROM unnest(%(deals)s::uuid[], %(undoes)s::uuid[]) AS w(deal, undoes)
JOIN deals_deal d ON d.id = w.deal
JOIN deals_stage s ON s.id = d.stage_id
JOIN users_user u ON u.id = d.owner_id
LEFT JOIN ended ON ended.deal_id = d.id
RETURNING deal_id, id, at
"""


def begin_visits(
    deal_ids: Sequence[UUID], *, at: dt.datetime, actor: Actor, undoes: Mapping[UUID, UUID] | None = None
) -> dict[UUID, tuple[UUID, dt.datetime]]:
    """End the running visit of each deal and begin one of its present stage; return (id, beginning) by deal.

    Call it after the deals have their new stage. `undoes` names by deal the move of which the new one is the way back.
    The beginning is `at`, or just after the beginning of the visit before where clocks tie (P9).
    """
    back = undoes or {}
    with connection.cursor() as cursor:
        cursor.execute(
            BEGIN,
            {
                "at": at,
                "deals": list(deal_ids),
                "undoes": [back.get(pk) for pk in deal_ids],
                "user": actor.id,
                "label": actor.label[:200],
            },
        )
        return {deal: (visit, begun) for deal, visit, begun in cursor.fetchall()}
