"""History as it would have gone on from what a rule wrote: a dry run shows the rule its own changes, as runs see theirs (W7)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models

from workflows.snapshots import Moment, Past, Row

Value = tuple[Any, Any]  # what history holds, and what the rule would have put in its place
Place = tuple[str, str]  # a column, and the key below it of a custom field


@dataclass(slots=True)
class Overlay(Past):
    """The past, and over it what the rule would have written to records of its own kind.

    It lasts until somebody changes the same field: then history has the word again.
    """

    model: type[models.Model]
    written: dict[UUID, dict[Place, Value]] = field(default_factory=dict)

    def rows(self, model: type[models.Model], wanted: Sequence[Moment]) -> list[Row | None]:
        """Return the rows of history with what the rule would have written."""
        found = Past.rows(self, model, wanted)
        if model is not self.model or not self.written:
            return found
        return [self._over(each.record_id, row) for each, row in zip(wanted, found, strict=True)]

    def _over(self, pk: UUID, row: Row | None) -> Row | None:
        if row is None or pk not in self.written:
            return row
        shown = dict(row)
        for (column, key), (stood, new) in self.written[pk].items():
            if _at(row, column, key) == stood:
                shown[column] = {**shown[column], key: new} if key else new
        return shown

    def write(self, pk: UUID, row: Row, changes: Mapping[str, Any]) -> None:
        """Put over a record what a run would have written, where it stood as `row` says."""
        known = self.written.setdefault(pk, {})
        for column, key, new in _places(changes):
            seen = _at(row, column, key)
            stood = known[column, key][0] if (column, key) in known else seen
            if new != seen:
                known[column, key] = (stood, new)

    def drop_changed(self, pk: UUID, row: Row) -> bool:
        """Forget what somebody has changed since, as `row` shows; return whether there was any."""
        known = self.written.get(pk, {})
        gone = [place for place, (_stood, new) in known.items() if _at(row, *place) != new]
        for place in gone:
            del known[place]
        return bool(gone)


def _places(changes: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for column, value in changes.items():
        if column == "custom":
            yield from ((column, key, each) for key, each in value.items())
        else:
            yield column, "", value


def _at(row: Row, column: str, key: str) -> Any:
    return (row[column] or {}).get(key) if key else row.get(column)
