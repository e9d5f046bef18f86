"""The probabilities that stages were configured with, as they were at any moment (P1, N8): history, not today's values."""

import datetime as dt
from uuid import UUID

from django.db import connection

CHANGES = """SELECT pgh_obj_id, pgh_created_at, probability FROM (
    SELECT h.*, lag(h.probability) OVER (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_id) AS before
    FROM deals_stagehistory h WHERE h.pgh_label <> 'delete') h
WHERE before IS DISTINCT FROM probability ORDER BY pgh_created_at, pgh_id"""
Percents = dict[UUID, int]


def configured() -> list[tuple[dt.datetime, Percents]]:
    """Return the percents of all stages from each moment on at which some were set, in order.

    A stage has its first value before that too. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGES)
        rows = cursor.fetchall()
    first: Percents = {}
    for stage, _at, percent in rows:
        first.setdefault(stage, percent)
    found: list[tuple[dt.datetime, Percents]] = []
    for stage, at, percent in rows:
        known = found[-1][1] if found else first
        if found and known[stage] == percent:
            continue
        found.append((at, {**known, stage: percent}))
    return found


def configured_at(at: dt.datetime | None) -> Percents:
    """Return the percents of all stages at a moment, or now."""
    found = configured()
    known = [percents for since, percents in found if at is None or since <= at]
    return known[-1] if known else found[0][1] if found else {}
