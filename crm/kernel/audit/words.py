"""What an undo says: what it did, and value by value what has changed since."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of

from .models import ChangeSet
from .names import Names
from .sets import author
from .undo import Undone

SHOWN = 200


@dataclass(slots=True)
class ClashRow:
    """One value that has changed since: what the set made of it, what it is now and by whom, what it was before."""

    id: str
    record: str
    label: str = ""
    was: str = ""
    set_to: str = ""
    now: str = ""
    why: str = ""
    changed_by: ChangeSet | None = None

    @property
    def who(self) -> str:
        """Who made the present value."""
        return author(self.changed_by) if self.changed_by is not None else ""


def undone_words(changeset_id: Any, result: Undone) -> str:
    """Return the toast after an undo."""
    was_undo = ChangeSet.objects.filter(pk=changeset_id, undo_of__isnull=False).exists()
    words = _("Done again") if was_undo else _("Undone")
    if result.conflicts:
        left = len(result.conflicts)
        words = _("Undone, but for what has changed since (%(count)d)") % {"count": left}
    if result.binned:
        binned = ngettext(
            "%(count)d record went to the bin, since others have worked on it",
            "%(count)d records went to the bin, since others have worked on them",
            result.binned,
        )
        words = f"{words}. {binned % {'count': result.binned}}"
    if result.stopped.count:
        stopped = ngettext(
            "%(count)d effect that was still waiting was stopped",
            "%(count)d effects that were still waiting were stopped",
            result.stopped.count,
        )
        words = f"{words}. {stopped % {'count': result.stopped.count}}"
    for gone in result.stopped.gone:
        words = f"{words}. {gone}"
    return words


def clash_rows(conflicts: list[dict[str, Any]], actor: Actor) -> list[ClashRow]:
    """Return the first conflicts of an undo in words; a few queries for each kind of row, whatever their number."""
    shown = conflicts[:SHOWN]
    names = Names(actor)
    for each in shown:
        if (field := _field(each)) is not None:
            for value in (each["was"], each["set_to"], each["now"]):
                names.add(field, value)
    records = _record_names(shown, actor)
    changed = _changed_by([each for each in shown if each["field"]])
    return [_row(each, names, records, changed) for each in shown]


def _row(each: dict[str, Any], names: Names, records: dict[tuple[str, str], str], changed: dict[str, Any]) -> ClashRow:
    name = records.get((each["model"], each["pk"]))
    row = ClashRow(
        each["id"], name or _("a hidden record"), why=each.get("why", ""), changed_by=changed.get(each["id"])
    )
    field = _field(each)
    if field is None:
        return row
    key = each["field"].partition(".")[2]
    row.label = names.label(field, key)
    if name is None:
        return row
    values = [names.words_of(field, key, each[which]) or _("nothing") for which in ("was", "set_to", "now")]
    row.was, row.set_to, row.now = values
    return row


def _field(each: dict[str, Any]) -> Any:
    column = each["field"].partition(".")[0]
    model = apps.get_model(each["model"])
    return next((f for f in model._meta.concrete_fields if column and column in (f.attname, f.name)), None)


def _record_names(conflicts: list[dict[str, Any]], actor: Actor) -> dict[tuple[str, str], str]:
    """Return the names of the rows, those of a record's rows with the record; nothing for what is hidden (U3)."""
    found: dict[tuple[str, str], str] = {}
    for label in {each["model"] for each in conflicts}:
        model = apps.get_model(label)
        pks = {UUID(each["pk"]) for each in conflicts if each["model"] == label}
        parent = getattr(model, "history_parent", None)
        if parent is None:
            found |= {(label, str(pk)): name for pk, name in Names(actor).load(model, pks).items()}
            continue
        column = model._meta.get_field(parent)
        links = dict(model._default_manager.filter(pk__in=pks).values_list("pk", f"{parent}_id"))
        named = Names(actor).load(column.related_model, set(links.values()))
        found |= {(label, str(pk)): named[owner] for pk, owner in links.items() if owner in named}
    return found


def _changed_by(conflicts: list[dict[str, Any]]) -> dict[str, ChangeSet]:
    """Return who made the present value of each conflict, by its id."""
    sets: dict[str, UUID] = {}
    for label in {each["model"] for each in conflicts}:
        mine = [each for each in conflicts if each["model"] == label]
        sets |= _last_writes(apps.get_model(label), mine)
    made = ChangeSet.objects.select_related("user").in_bulk(set(sets.values()))
    return {name: made[pk] for name, pk in sets.items() if pk in made}


def _last_writes(model: type[models.Model], conflicts: list[dict[str, Any]]) -> dict[str, UUID]:
    """Return the change-set that wrote the present value of each conflict of one model; one query."""
    columns = {each["field"].partition(".")[0] for each in conflicts}
    rows = history_of(model).objects.filter(pgh_obj_id__in={each["pk"] for each in conflicts}).order_by("pgh_id")
    by_row: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values("pgh_obj_id", "pgh_context_id", *columns):
        by_row[str(row["pgh_obj_id"])].append(row)
    found: dict[str, UUID] = {}
    for each in conflicts:
        column, _dot, key = each["field"].partition(".")
        last: Any = None
        for row in by_row[each["pk"]]:
            value = (row[column] or {}).get(key) if key else row[column]
            if each["id"] not in found or value != last:
                found[each["id"]], last = row["pgh_context_id"], value
    return found
