"""Owned relations: rows that follow a record wherever it goes, declared by the app that owns the reference.

A record does not know who refers to it: deals and activities stand above contacts. Each app therefore declares its
references in `AppConfig.ready()`, and merging (M3), counting what follows and erasing read them here. A foreign key to a
contact or company that nobody declared fails a test (tests/architecture/test_relations.py).

To add one: `relations.declare(Attachment, "contact", "contact", words=...)`. Where a record may be referred to once only
(a unique pair), give a `move` of your own, see `move_once`; where rows name records by kind and id, see `search/apps.py`.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Model
from django.utils import timezone

from .changes import Actor
from .models import Record


@dataclass(slots=True)
class Merging:
    """One merge under way: who becomes part of whom, and which rows of which model have moved so far.

    `notes` are the clashes that were settled, in plain values for the timeline: nothing is dropped silently.
    """

    kind: str
    survivor_id: UUID
    loser_id: UUID
    actor: Actor
    moved: dict[type[Model], list[Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def note_moved(self, model: type[Model], ids: Iterable[Any]) -> None:
        """Remember rows that were touched, so that what is derived from them is recomputed."""
        self.moved.setdefault(model, []).extend(ids)


Move = Callable[["Relation", Merging], None]
Tally = Callable[["Relation", Actor, Collection[UUID]], int]
Words = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of `model` that refer to records of `kind` by `column` (an attribute name, such as `contact_id`).

    `move` makes the loser's rows the survivor's. `words(count)` says what they are ("28 activities"); without it they
    are not counted on pages. `tally` counts what an actor may see of it, each thing once.
    """

    model: type[Model]
    column: str
    kind: str
    move: Move
    words: Words | None = None
    tally: Tally | None = None

    def rows(self) -> Any:
        """Return all rows of the relation, whoever may see them: a merge leaves none behind."""
        return self.model._base_manager.all()


ANY = "*"  # rows that name records by kind and id: they may belong to one of any kind
_relations: dict[tuple[type[Model], str, str], Relation] = {}


def declare(
    model: type[Model],
    reference: str,
    kind: str,
    *,
    move: Move | None = None,
    words: Words | None = None,
    tally: Tally | None = None,
) -> None:
    """Declare that rows of `model` belong by `reference` (a field's name) to records of `kind`."""
    column = model._meta.get_field(reference).attname  # type: ignore[union-attr]
    _relations[model, column, kind] = Relation(model, column, kind, move or move_rows, words, tally)


def relations_of(kind: str) -> list[Relation]:
    """Return all declared relations of a kind of record, in the order in which they were declared."""
    return [relation for relation in _relations.values() if relation.kind in (kind, ANY)]


def declared() -> set[tuple[type[Model], str]]:
    """Return (model, column) of everything that was declared."""
    return {(model, column) for model, column, _kind in _relations}


def move_rows(relation: Relation, merging: Merging) -> None:
    """Make the loser's rows the survivor's. Nobody is told: what hangs on a record follows it, no rule fires (M3)."""
    rows = relation.rows().filter(**{relation.column: merging.loser_id})
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return
    values: dict[str, Any] = {relation.column: merging.survivor_id}
    if issubclass(relation.model, Record):
        values |= {"version": F("version") + 1, "updated_at": timezone.now()}
    relation.rows().filter(pk__in=ids).update(**values)
    merging.note_moved(relation.model, ids)


def move_once(other: str) -> Move:
    """Return a move for links of which each `other` (a column) has one per record: what both have is kept once."""

    def move(relation: Relation, merging: Merging) -> None:
        both = relation.rows().filter(**{relation.column: merging.survivor_id}).values(other)
        doubled = relation.rows().filter(**{relation.column: merging.loser_id, f"{other}__in": both})
        ids = list(doubled.values_list("pk", flat=True))
        if ids:
            relation.rows().filter(pk__in=ids).delete()
            merging.note_moved(relation.model, ids)
        move_rows(relation, merging)

    return move


def stay(relation: Relation, merging: Merging) -> None:
    """Leave the rows where they are: for references that lead on to the survivor by themselves."""


def tally(relation: Relation, actor: Actor, ids: Collection[UUID]) -> int:
    """Return how many things of a relation hang on these records, as far as the actor may see them (U3)."""
    if relation.tally is not None:
        return relation.tally(relation, actor, ids)
    rows = relation.rows()
    if issubclass(relation.model, Record):
        rows = relation.model.objects.visible_to(actor).filter(binned_at__isnull=True)  # type: ignore[attr-defined]
    return int(rows.filter(**{f"{relation.column}__in": list(ids)}).count())
