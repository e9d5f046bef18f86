"""Row history below the ORM (H1): every insert, update and delete of a tracked model becomes a row, by trigger.

`@tracked()` on a model makes its history model and triggers (django-pghistory). Derived columns are named in
`derived` on the model: they are recorded nowhere, and a change of them alone writes no history (P3). A row that is told
with the record it belongs to names that record's field in `history_parent`. `history_time` is a column by whose days history
is asked, `history_moves` marks links of which it is asked which were ever moved or removed: these are few.
"""

from typing import Any, ClassVar

import pghistory
import pghistory.models
from django.apps import apps
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

TRACKED: list[type[models.Model]] = []


class ClockTimestamp(models.Func):
    """The wall clock at the moment of the write, unlike `now()`, which is the transaction's start."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


class HistoryRow(pghistory.models.Event):
    """One recorded write. `pgh_created_at` is business time, `recorded_at` the clock, `pgh_id` the order (H1, N8).

    The application's database role may insert and read these rows, not change or remove them.
    """

    append_only: ClassVar[bool] = True

    pgh_id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        abstract = True


def _indexes(model: type[models.Model]) -> list[models.Index]:
    """Return the only indexes that history is read by: each costs every write, and there are millions of rows."""
    prefix = f"{model._meta.app_label[:8]}_{model.__name__.lower()[:12]}_h"
    indexes = [
        models.Index(fields=["pgh_obj", "pgh_id"], name=f"{prefix}_obj"),
        models.Index(fields=["pgh_context"], name=f"{prefix}_set"),
    ]
    if parent := getattr(model, "history_parent", None):
        indexes.append(models.Index(fields=[parent, "pgh_id"], name=f"{prefix}_par"))
    # History grows in the order of time, so a few bytes for each stretch of it tell where a day's rows are.
    if column := getattr(model, "history_time", None):
        indexes.append(BrinIndex(fields=[column], name=f"{prefix}_time", pages_per_range=32, autosummarize=True))
    if getattr(model, "history_moves", False):
        moved = ~models.Q(pgh_label="insert")
        indexes.append(models.Index(fields=["pgh_obj"], name=f"{prefix}_new", condition=moved))
    return indexes


def tracked(**options: Any) -> Any:
    """Class decorator: record all writes of this model, without the columns that it names in `derived`."""

    def decorate(model: type[models.Model]) -> type[models.Model]:
        derived = list(getattr(model, "derived", ()))
        name = f"{model.__name__}History"
        decorated = pghistory.track(
            model_name=name,
            exclude=derived or None,
            meta={
                "verbose_name": f"{model._meta.verbose_name} history",
                "indexes": _indexes(model),
            },
            obj_field=pghistory.ObjForeignKey(
                related_name="history", related_query_name="+", db_index=False, db_constraint=False
            ),
            context_field=pghistory.ContextForeignKey(db_index=False, db_constraint=False),
            **options,
        )(model)
        TRACKED.append(decorated)
        return decorated

    return decorate


def history_of(model: type[models.Model]) -> type[HistoryRow]:
    """Return the history model of a tracked model."""
    return apps.get_model(model._meta.app_label, f"{model.__name__}History")


__all__ = ["TRACKED", "ClockTimestamp", "HistoryRow", "history_of", "tracked"]
