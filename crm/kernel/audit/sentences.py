"""The history of a record in words: who changed what, from what to what, when and how (H3).

Read from the history tables: one query for the record, one for each kind of row that belongs to it (e-mails, phones,
people of a deal), one for the change-sets, and one for each kind of record that the values name, whatever their number.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.core.history import TRACKED, history_of
from crm.kernel.core.models import Record

from .columns import divided, value_of
from .models import ChangeSet
from .names import Names
from .registry import absorbed_by, command_labels

# Columns that say nothing to people: keys, and what other columns follow from.
SILENT = frozenset(
    {"id", "created_at", "updated_at", "version", "import_source", "external_id", "live", "created_unknown"}
)
SOURCES = {
    "page": "",
    "api": gettext_lazy("API"),
    "import": gettext_lazy("import"),
    "admin": gettext_lazy("admin"),
    "command": gettext_lazy("command line"),
    "bulk": gettext_lazy("bulk action"),
    "worker": gettext_lazy("system"),
}
# Rows read of each kind that belongs to a record; a contact with more e-mails than this has other problems.
CHILD_ROWS = 500


@dataclass(slots=True)
class Sentence:
    """One thing that changed. `what` is created, removed, set, cleared, changed, added, taken_off, binned or restored.

    `field` is the key by which histories are filtered, `label` its words; `before` and `after` are words as well.
    `row` is the history row that holds the earlier value where a person may go back to it, else 0.
    """

    field: str
    what: str
    label: str
    before: str = ""
    after: str = ""
    row: int = 0
    old: Any = None


@dataclass(slots=True)
class Entry:
    """What one command did to a record."""

    changeset_id: UUID
    at: dt.datetime
    who: str = ""
    user_id: UUID | None = None
    source: str = ""
    command: str = ""
    words: str = ""
    sentences: list[Sentence] = field(default_factory=list)


@dataclass(slots=True)
class Step:
    """One recorded write with the values before it; `of` names a record that has since become part of the one told (M3)."""

    model: type[models.Model]
    label: str
    changeset_id: UUID
    at: dt.datetime
    order: int
    row: dict[str, Any]
    earlier: dict[str, Any] | None
    of: str = ""


def fields_of(model: type[models.Model], actor: Actor | None = None) -> dict[str, str]:
    """Return what a record's history can be filtered by: key and words of its own fields and of what belongs to it."""
    own = {each.name: capfirst(each.verbose_name) for each in divided(_told(model), model, actor)}
    children = {child.kind: capfirst(str(child._meta.verbose_name)) for child in _children(model)}  # type: ignore[attr-defined]
    return own | children


def record_changes(
    record: Record, *, actor: Actor, field: str | None = None, before: dt.datetime | None = None, limit: int = 50
) -> list[Entry]:
    """Return what happened to a record and the rows that belong to it, newest first, at most `limit` commands (H3).

    `field` (a key of `fields_of`) leaves only its changes; `before` goes on where the last entry's `at` stopped.
    Names of records that the actor may not see are withheld (U3). Of records that were merged into it the history is told
    with its own (M3).
    """
    model = type(record)
    parts = absorbed_by(record)
    steps: list[Step] = []
    children = {child.kind: child for child in _children(model)}  # type: ignore[attr-defined]
    if field not in children:
        steps += _own_steps(model, record.pk, None if field else limit, before)
        steps += _steps_of_parts(model, parts, before)
    for kind, child in children.items():
        if field in (None, kind):
            steps += _child_steps(child, record, parts, before)
    names = Names(actor)
    told = [(step, list(changed_fields(step, actor))) for step in steps]
    if field is not None and field not in children:
        told = [(step, [each for each in changed if each.name == field]) for step, changed in told]
        told = [(step, changed) for step, changed in told if changed]
    names.collect((each, step) for step, changed in told for each in changed)
    return _entries(told, names, limit, plain=field is None)


def _told(model: type[models.Model]) -> list[Any]:
    """Return the recorded fields that mean something to people."""
    recorded = {each.name for each in history_of(model)._meta.concrete_fields}
    parent = getattr(model, "history_parent", None)
    return [
        each
        for each in model._meta.concrete_fields
        if each.name in recorded and each.name not in SILENT and each.name not in ("binned_at", parent)
    ]


def _children(model: type[models.Model]) -> list[type[models.Model]]:
    """Return the tracked models whose rows belong to one of `model` and are told with it."""
    return [
        child
        for child in TRACKED
        if (parent := getattr(child, "history_parent", None))
        and child._meta.get_field(parent).related_model is model
        and getattr(child, "history_told", True)
    ]


def _columns(model: type[models.Model]) -> list[str]:
    names = [each.attname for each in _told(model)]
    return [*names, "binned_at"] if issubclass(model, Record) else names


def _own_steps(model: type[models.Model], pk: UUID, limit: int | None, before: dt.datetime | None) -> Iterator[Step]:
    """Yield the record's own writes, each with the one before it."""
    rows = history_of(model).objects.filter(pgh_obj_id=pk).order_by("-pgh_id")
    if before is not None:
        rows = rows.filter(pgh_created_at__lt=before)
    stop = 2000 if limit is None else 2 * limit + 1
    found = list(rows.values("pgh_id", "pgh_label", "pgh_context_id", "pgh_created_at", *_columns(model))[:stop])
    for row, earlier in zip_longest(found, found[1:]):
        if earlier is None and len(found) == stop:
            return  # cut off: what it changed is told on the next page
        yield _step(model, row, earlier)


def _steps_of_parts(model: type[models.Model], parts: Mapping[UUID, str], before: dt.datetime | None) -> Iterator[Step]:
    """Yield the writes of records that are part of the one told by now."""
    if parts:
        rows = history_of(model).objects.filter(pgh_obj_id__in=list(parts))
        for step in _paired(model, rows, before):
            step.of = parts[step.row["pgh_obj_id"]]
            yield step


def _child_steps(child: Any, record: Record, parts: Mapping[UUID, str], before: dt.datetime | None) -> Iterator[Step]:
    """Yield the writes of all rows of one kind that belong to the record, or did to one that is part of it."""
    parent = f"{child.history_parent}_id"
    rows = history_of(child).objects.filter(**{f"{parent}__in": [record.pk, *parts]})
    for step in _paired(child, rows, before, parent):
        step.of = parts.get(step.row[parent], "")
        yield step


def _paired(model: type[models.Model], rows: Any, before: dt.datetime | None, *more: str) -> Iterator[Step]:
    """Yield the latest writes of several rows, each with the one before it of the same row."""
    names = ("pgh_id", "pgh_obj_id", "pgh_label", "pgh_context_id", "pgh_created_at", *more, *_columns(model))
    found = list(rows.order_by("-pgh_id").values(*names)[:CHILD_ROWS])
    last: dict[UUID, dict[str, Any]] = {}
    for row in reversed(found):
        earlier = last.get(row["pgh_obj_id"])
        last[row["pgh_obj_id"]] = row
        if before is None or row["pgh_created_at"] < before:
            yield _step(model, row, earlier)


def _step(model: type[models.Model], row: dict[str, Any], earlier: dict[str, Any] | None) -> Step:
    return Step(model, row["pgh_label"], row["pgh_context_id"], row["pgh_created_at"], row["pgh_id"], row, earlier)


def changed_fields(step: Step, actor: Actor) -> Iterator[Any]:
    """Yield the fields that a write changed; for a new row those that were filled, for a removed one those it had.

    Of custom fields those that the actor may see (C1).
    """
    for each in divided(_told(step.model), step.model, actor):
        value = value_of(each, step.row)
        if step.label == "update" and step.earlier is not None:
            if value_of(each, step.earlier) != value:
                yield each
        elif step.label != "update" and value not in (None, "", [], False):
            yield each


def _entries(told: list[tuple[Step, list[Any]]], names: Names, limit: int, *, plain: bool) -> list[Entry]:
    """Group writes by command, newest first, and put them into words."""
    groups: dict[UUID, list[tuple[Step, list[Any]]]] = defaultdict(list)
    for step, changed in told:
        groups[step.changeset_id].append((step, changed))
    entries: list[Entry] = []
    for changeset_id, steps in groups.items():
        steps.sort(key=lambda pair: (not issubclass(pair[0].model, Record), pair[0].order))
        entry = Entry(changeset_id, max(step.at for step, _changed in steps))
        for step, changed in steps:
            entry.sentences += (_of_part(step, each) for each in tell(step, changed, names, plain=plain))
        if entry.sentences:
            entries.append(entry)
    entries.sort(key=attrgetter("at", "changeset_id"), reverse=True)
    return _with_authors(entries[:limit])


def _of_part(step: Step, sentence: Sentence) -> Sentence:
    """Name the record whose history it was; there is no going back to a value of it."""
    if step.of:
        sentence.label = _("%(what)s of %(name)s, now merged") % {"what": sentence.label, "name": step.of}
        sentence.row = 0
    return sentence


def tell(step: Step, changed: list[Any], names: Names, *, plain: bool) -> Iterator[Sentence]:
    """Yield the sentences of one write; `plain` says only that a record came or went, not with which values."""
    if not issubclass(step.model, Record):
        yield from _child_sentences(step, changed, names)
        return
    if plain and step.label != "update":
        what = "created" if step.label == "insert" else "removed"
        yield Sentence("", what, _("Created") if what == "created" else _("Removed for good"))
        return
    if plain and step.earlier is not None and step.earlier["binned_at"] != step.row["binned_at"]:
        binned = step.row["binned_at"] is not None
        yield Sentence("", "binned" if binned else "restored", _("Put into the bin") if binned else _("Restored"))
    for each in changed:
        before = names.words(each, step.earlier) if step.earlier is not None else ""
        after = names.words(each, step.row)
        what = "changed" if before and after else "set" if after else "cleared"
        row, old = (step.earlier.get("pgh_id", 0), value_of(each, step.earlier)) if step.earlier else (0, None)
        yield Sentence(each.name, what, capfirst(str(each.verbose_name)), before, after, row, old)


def _child_sentences(step: Step, changed: list[Any], names: Names) -> Iterator[Sentence]:
    """Tell a row that belongs to the record by its first field (the address, the number, the person)."""
    main = _told(step.model)[0]
    label = capfirst(str(step.model._meta.verbose_name))
    kind: str = getattr(step.model, "kind", str(step.model._meta.model_name))
    this = names.words(main, step.row)
    if step.label == "insert":
        yield Sentence(kind, "added", label, "", this)
    elif step.label == "delete":
        yield Sentence(kind, "taken_off", label, this, "")
    else:
        for each in changed:
            before = names.words(each, step.earlier) if step.earlier is not None else ""
            after = names.words(each, step.row)
            words = label if each is main else f"{label} {this}, {each.verbose_name}"
            yield Sentence(kind, "changed" if before and after else "set" if after else "cleared", words, before, after)


def _with_authors(entries: list[Entry]) -> list[Entry]:
    """Add who gave each command and how."""
    sets = ChangeSet.objects.select_related("user").in_bulk([entry.changeset_id for entry in entries])
    for entry in entries:
        made = sets.get(entry.changeset_id)
        if made is None:
            continue
        entry.user_id = made.user_id
        entry.who = made.user.name if made.user is not None else made.label or _("Unknown")
        entry.source = str(SOURCES.get(made.source, made.source))
        entry.command = made.command
        entry.words = str(command_labels.get(made.command, ""))
    return entries


def words_of_value(model: type[models.Model], name: str, value: Any, actor: Actor) -> str:
    """Return one value of a column in words, as the history writes it (for conflicts)."""
    each = next(f for f in model._meta.concrete_fields if name in (f.attname, f.name))
    names = Names(actor)
    names.add(each, value)
    return names.words(each, {each.attname: value})
