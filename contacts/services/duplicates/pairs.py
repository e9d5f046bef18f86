"""The queue of possible duplicates, and what people decide: not one after all, or look at them again (M1).

A pair is shown only to whoever may see both records (U3).
"""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q
from django.utils.translation import gettext as _

from contacts.models import Dismissal, DuplicatePair
from contacts.models.duplicates import seen_by
from crm.kernel.core.changes import Actor, business_time, command
from crm.kernel.core.fields import Found
from crm.kernel.core.history import history_of
from crm.kernel.core.relations import Merging, Relation

from .finding import MODELS, enqueue
from .rules import ordered


def pairs_for(actor: Any, kind: str) -> Any:
    """Return the pairs of a kind that the actor may see, the surest first."""
    return DuplicatePair.objects.filter(seen_by(actor, kind)).order_by("-score", "pk")


def dismissals_for(actor: Any, kind: str) -> Any:
    """Return the dismissals of a kind that the actor may see, the latest first."""
    return Dismissal.objects.filter(seen_by(actor, kind)).select_related("user").order_by("-at", "pk")


def pairs_of(actor: Any, record: Any) -> Any:
    """Return the pairs in which a record is."""
    return pairs_for(actor, record.kind).filter(Q(first_id=record.pk) | Q(second_id=record.pk))


def owned_by(pairs: Any, kind: str, owners: Q) -> Any:
    """Return the pairs of which one record at least has one of these owners (a condition on a record)."""
    mine = MODELS[kind].objects.filter(owners)
    first, second = mine.filter(pk=OuterRef("first_id")), mine.filter(pk=OuterRef("second_id"))
    return pairs.filter(Found(first) | Found(second))


def count_open(actor: Any, most: int = 100) -> int:
    """Return how many pairs wait that the actor could merge, at most `most`."""
    return sum(len(pairs_for(actor, kind).values_list("pk", flat=True)[:most]) for kind in MODELS)


def both_of(kind: str, first_id: UUID, second_id: UUID, actor: Actor) -> tuple[Any, Any]:
    """Return two live records that the actor may see, in the given order; raises DoesNotExist."""
    model = MODELS[kind]
    found = {row.pk: row for row in model.objects.visible_to(actor).live().filter(pk__in=[first_id, second_id])}
    if len(found) != 2:
        raise model.DoesNotExist(f"No such pair of {kind} records.")
    return found[first_id], found[second_id]


@command("duplicates.dismiss")
def dismiss_pair(*, kind: str, first_id: UUID, second_id: UUID, actor: Actor) -> Dismissal:
    """Remember that two records are not one; the pair goes from the queue. Saying so twice changes nothing.

    Raises DoesNotExist for one that the actor may not see, PermissionDenied for one that is not theirs to edit.
    """
    for record in both_of(kind, first_id, second_id, actor):
        actor.require("edit", record)
    first, second = ordered(first_id, second_id)
    DuplicatePair.objects.filter(first_id=first, second_id=second).delete()
    known = Dismissal.objects.filter(first_id=first, second_id=second).first()
    return known or Dismissal.objects.create(
        record_kind=kind, first_id=first, second_id=second, user=actor.user, at=business_time()
    )


@command("duplicates.reconsider")
def reconsider_pair(*, dismissal_id: UUID, actor: Actor) -> None:
    """Take a dismissal back; a worker compares the two again. Raises as `dismiss_pair` does."""
    dismissal = Dismissal.objects.get(pk=dismissal_id)
    for record in both_of(dismissal.record_kind, dismissal.first_id, dismissal.second_id, actor):
        actor.require("edit", record)
    dismissal.delete()
    enqueue(dismissal.record_kind, [dismissal.first_id])


def recheck_dismissals(ids: Any) -> None:
    """Have the records of dismissals compared again after an undo: a pair may be open once more, or closed."""
    wanted = list(ids)
    rows = history_of(Dismissal).objects.filter(pgh_obj_id__in=wanted).values_list("record_kind", "first_id").distinct()
    for kind, first in rows:
        enqueue(kind, [first])


def undo_own_dismissal(change: Any, actor: Actor) -> bool:
    """Say whether an undone change is of the actor's own dismissal."""
    return (change.before or change.after or {}).get("user_id") == actor.id


def move_dismissals(relation: Relation, merging: Merging) -> None:
    """Let what people said of the other record hold for the survivor; of the two themselves it was wrong."""
    column = relation.column
    other = "second_id" if column == "first_id" else "first_id"
    for row in Dismissal.objects.filter(record_kind=merging.kind, **{column: merging.loser_id}).order_by("pk"):
        third = getattr(row, other)
        first, second = ordered(merging.survivor_id, third)
        merging.note_moved(Dismissal, [row.pk])
        if third == merging.survivor_id or Dismissal.objects.filter(first_id=first, second_id=second).exists():
            row.delete()
        else:
            Dismissal.objects.filter(pk=row.pk).update(first_id=first, second_id=second)


def reason_words(reasons: list[dict[str, str]], labels: Any, most: int = 3) -> str:
    """Return the reasons of a pair in words: "Same phone, similar name"."""
    said = []
    for each in reasons[:most]:
        label = str(labels.get(each["field"], each["field"]))
        label = label if label.isupper() else label[:1].lower() + label[1:]
        words = _("same %(field)s") if each["how"] == "same" else _("similar %(field)s")
        said.append(words % {"field": label})
    text = ", ".join(said)
    return text[:1].upper() + text[1:]
