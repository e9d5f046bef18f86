"""What a change-set did to each record, in sentences (H3): the page of one command."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.models import Record

from .models import ChangeSet
from .names import Names
from .sentences import Sentence, Step, changed_fields, tell
from .sets import page_of
from .subjects import Subject, kind_of, subject_model, subjects, without_followers
from .undo import RowChange, changes_of, touched_models

PER_PAGE = 50


@dataclass(slots=True)
class Story:
    """What happened to one record: its kind and name in words, its address, and the sentences.

    A record that the reader may not see has neither name nor sentences (U3).
    """

    kind: str
    name: str
    url: str = ""
    sentences: list[Sentence] = field(default_factory=list)


def _order() -> list[type[models.Model]]:
    """Return the tracked models in the order in which they are told: records first, then what belongs to them."""
    told = [model for model in TRACKED if getattr(model, "history_told", True)]
    return sorted(told, key=lambda each: (not issubclass(each, Record), hasattr(each, "history_parent")))


def stories_of(made: ChangeSet, actor: Actor, after: str = "") -> tuple[list[Story], str]:
    """Return what the change-set did to the next `PER_PAGE` rows, by record, and where the page after that begins.

    `after` is that place: the number of a model and the last history row seen. A fixed number of queries for each kind
    of row that the set touched.
    """
    number, _dot, last = after.partition(".")
    start, seen = (int(number), int(last)) if number.isdecimal() and last.isdecimal() else (0, 0)
    touched = set(touched_models(made.pk))
    changes: list[RowChange] = []
    following = ""
    for place, model in enumerate(_order()):
        if place < start or model not in touched:
            continue
        room = PER_PAGE - len(changes)
        if room <= 0:
            following = f"{place}.0"
            break
        ids, stopped = _next_rows(made.pk, model, seen if place == start else 0, room)
        changes += changes_of(made.pk, model, ids)
        if stopped:
            following = f"{place}.{stopped}"
            break
    return _tell(made, changes, actor), following


def _next_rows(changeset_id: UUID, model: type[models.Model], seen: int, room: int) -> tuple[list[Any], int]:
    """Return the next rows of a set, each once at its first write, and the last history row looked at if more follow."""
    rows = without_followers(history_of(model).objects.filter(pgh_context_id=changeset_id))
    page = list(rows.filter(pgh_id__gt=seen).order_by("pgh_id").values_list("pgh_id", "pgh_obj_id")[: room + 1])
    more = len(page) > room
    page = page[:room]
    ids = list(dict.fromkeys(pk for _id, pk in page))
    if seen and ids:
        told = set(rows.filter(pgh_id__lte=seen, pgh_obj_id__in=ids).values_list("pgh_obj_id", flat=True))
        ids = [pk for pk in ids if pk not in told]
    return ids, page[-1][0] if more else 0


def _tell(made: ChangeSet, changes: list[RowChange], actor: Actor) -> list[Story]:
    names = Names(actor)
    steps = [(change, step, list(changed_fields(step, actor))) for change in changes if (step := _step(made, change))]
    names.collect((each, step) for _change, step, fields in steps for each in fields)
    groups: dict[tuple[str, Any], list[tuple[RowChange, Step, list[Any]]]] = {}
    for change, step, fields in steps:
        groups.setdefault((kind_of(subject_model(change.model)), _subject_id(change)), []).append(
            (change, step, fields)
        )
    shown = _shown(groups, actor)
    stories = []
    for (kind, pk), told in groups.items():
        subject = subjects()[kind]
        story = Story(capfirst(subject.words(1)), shown.get((kind, pk), ""))
        if story.name:
            story.url = page_of(subject, pk)
            story.sentences = [each for _c, step, fields in told for each in _sentences(step, fields, names)]
        else:
            story.name = _("a hidden record")
        stories.append(story)
    return stories


def _sentences(step: Step, fields: list[Any], names: Names) -> Iterator[Sentence]:
    yield from tell(step, fields, names, plain=True)
    if issubclass(step.model, Record) and step.label == "insert":
        yield from tell(step, fields, names, plain=False)


def _step(made: ChangeSet, change: RowChange) -> Step | None:
    row = change.after if change.after is not None else change.before
    if row is None or (change.before is None and change.after is None):
        return None  # made and removed by the same command
    label = "insert" if change.before is None else "delete" if change.after is None else "update"
    return Step(change.model, label, made.pk, made.at, 0, row, change.before)


def _subject_id(change: RowChange) -> Any:
    parent = getattr(change.model, "history_parent", None)
    row = change.after or change.before or {}
    return row[f"{parent}_id"] if parent else change.pk


def _shown(groups: dict[tuple[str, Any], Any], actor: Actor) -> dict[tuple[str, Any], str]:
    """Return the names of the records that the actor may see; what is gone for good is named as it was (U3)."""
    found: dict[tuple[str, Any], str] = {}
    for kind in {kind for kind, _pk in groups}:
        subject = subjects()[kind]
        pks = {pk for each, pk in groups if each == kind}
        named = Names(actor).load(subject.model, pks)
        found |= {(kind, pk): name for pk, name in named.items()}
        missing = pks - named.keys()
        if missing and issubclass(subject.model, Record):
            missing -= set(subject.model._default_manager.filter(pk__in=missing).values_list("pk", flat=True))
        found |= {(kind, pk): name for pk in missing if (name := _gone(subject, groups[kind, pk], actor))}
    return found


def _gone(subject: Subject, told: Any, actor: Actor) -> str:
    """Return the name that a row had which is no more, if the actor could have seen it."""
    rows = [step.row for change, step, _fields in told if change.model is subject.model]
    if not rows:
        return _("a removed record")
    if not issubclass(subject.model, Record):
        return str(subject.model(**rows[0]))
    record = subject.model(**rows[0])
    return str(record) if record.allows(actor, "view") else ""
