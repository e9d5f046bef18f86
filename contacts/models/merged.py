"""Records that became part of another one (M3)."""

from collections.abc import Collection
from typing import Any, Self
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.models import BinnableRows

FOLLOW = """
WITH RECURSIVE way AS (
    SELECT id AS start, id, merged_into_id, 0 AS steps FROM {table} WHERE id = ANY(%s)
    UNION ALL
    SELECT w.start, r.id, r.merged_into_id, w.steps + 1
    FROM way w JOIN {table} r ON r.id = w.merged_into_id WHERE w.steps < 100
)
SELECT start, id FROM way WHERE merged_into_id IS NULL AND steps > 0
"""


class MergeableRows(BinnableRows):
    """Query set of records that can be merged: whoever became part of another is neither live nor in the bin."""

    def binned(self) -> Self:
        """Return what is in the bin; merged records are not, they come back by undoing the merge (M4)."""
        return self.filter(binned_at__isnull=False, merged_into__isnull=True)

    def merged(self) -> Self:
        """Return the records that became part of another one."""
        return self.filter(merged_into__isnull=False)


class Mergeable(models.Model):
    """A record that may become part of another one of its kind.

    It keeps its columns, its (source, external id) and what nobody wanted of it; `binned_at` says since when it is gone.
    """

    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="merged_here", db_index=False,
        verbose_name=_("merged into"),
    )  # fmt: skip

    class Meta:
        abstract = True


def merged_constraints(name: str) -> list[models.BaseConstraint]:
    """Return what the database checks: nothing is merged into itself, and what is merged is not live."""
    alone = Q(merged_into__isnull=True)
    return [
        models.CheckConstraint(condition=alone | ~Q(merged_into=F("id")), name=f"{name}_not_merged_into_itself"),
        models.CheckConstraint(condition=alone | Q(binned_at__isnull=False), name=f"{name}_merged_is_not_live"),
    ]


def merged_index(name: str) -> models.Index:
    """Return the index by which a survivor's former records are found."""
    return models.Index(fields=["merged_into"], name=f"{name}_merged", condition=Q(merged_into__isnull=False))


def absorbed_into(model: type[Any], ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return all records that have become part of one of these, over all merges, each with the one of these."""
    found: dict[UUID, UUID] = {}
    level = {pk: pk for pk in ids}
    while level:
        rows = model._base_manager.filter(merged_into__in=level).values_list("pk", "merged_into_id")
        level = {pk: level[into] for pk, into in rows if pk not in found}
        found |= level
    return found


def survivors_of(model: type[Any], ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the record that each of these has become part of, over all merges since; those never merged are left out."""
    if not ids:
        return {}
    sql = FOLLOW.format(table=connection.ops.quote_name(model._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return dict(cursor.fetchall())
