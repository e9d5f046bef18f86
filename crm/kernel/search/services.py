"""Marks that a person leaves on records: looked at, starred. They are the person's own, so they enter no history."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from crm.kernel.core.ids import uuid7
from crm.kernel.core.relations import Merging, Relation

from .models import Favourite, RecentView

# One statement, so one round trip; its commit need not wait for the disk: losing a mark in a crash is no loss.
SEEN = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)),
seen AS (
    INSERT INTO search_recentview (id, user_id, record_kind, record_id, at)
    SELECT %(id)s, %(user)s, %(kind)s, %(record)s, %(at)s FROM quick
    ON CONFLICT (user_id, record_kind, record_id) DO UPDATE SET at = EXCLUDED.at
), old AS (
    DELETE FROM search_recentview WHERE id IN (
        SELECT id FROM search_recentview
        WHERE user_id = %(user)s AND (record_kind, record_id) <> (%(kind)s, %(record)s) ORDER BY at DESC OFFSET %(kept)s
    )
)
SELECT EXISTS (
    SELECT 1 FROM search_favourite
    WHERE user_id = %(user)s AND record_kind = %(kind)s AND record_id = %(record)s
)
"""


def record_view(*, user: Any, kind: str, record_id: UUID) -> bool:
    """Note that a person opened a record, keep their latest 50, and say whether the record is one of their
    favourites."""
    values = {
        "id": uuid7(), "user": user.pk, "kind": kind, "record": record_id, "at": timezone.now(),
        "kept": RecentView.KEPT - 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(SEEN, values)
        return bool(cursor.fetchone()[0])


def toggle_favourite(*, user: Any, kind: str, record_id: UUID) -> bool:
    """Star a record, or take the star away; return whether it is starred now."""
    mark = Favourite.objects.filter(user=user, record_kind=kind, record_id=record_id)
    if mark.delete()[0]:
        return False
    Favourite.objects.bulk_create([Favourite(user=user, record_kind=kind, record_id=record_id)], ignore_conflicts=True)
    return True


def recent_marks(user: Any, most: int = 12) -> list[tuple[str, UUID]]:
    """Return (kind, id) of what a person looked at last, the latest first."""
    rows = RecentView.objects.filter(user=user).order_by("-at").values_list("record_kind", "record_id")
    return list(rows[:most])


def favourite_marks(user: Any, most: int = 30) -> list[tuple[str, UUID]]:
    """Return (kind, id) of what a person starred, in the order in which they did."""
    rows = Favourite.objects.filter(user=user).order_by("at").values_list("record_kind", "record_id")
    return list(rows[:most])


def star_survivor(relation: Relation, merging: Merging) -> None:
    """Star the survivor of a merge for whoever had starred the other record, whose own star shows nothing meanwhile."""
    stars = Favourite.objects.filter(record_kind=merging.kind, record_id=merging.loser_id).values_list("user_id", "at")
    Favourite.objects.bulk_create(
        [Favourite(user_id=user, record_kind=merging.kind, record_id=merging.survivor_id, at=at) for user, at in stars],
        ignore_conflicts=True,
    )
