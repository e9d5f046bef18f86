"""What an undo says: what it did, and which fields have changed since."""

from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.models import Record

from .models import ChangeSet
from .names import Names
from .undo import Undone

SHOWN = 50


def undone_words(changeset_id: Any, result: Undone) -> str:
    """Return the toast after an undo."""
    was_undo = ChangeSet.objects.filter(pk=changeset_id, undo_of__isnull=False).exists()
    if result.conflicts:
        left = len(result.conflicts)
        return _("Undone, but for what has changed since (%(count)d)") % {"count": left}
    return _("Done again") if was_undo else _("Undone")


def conflict_rows(conflicts: list[dict[str, Any]], actor: Actor) -> list[dict[str, str]]:
    """Return each field that has changed since the undone command, with its values in words."""
    names = Names(actor)
    found = []
    for each in conflicts[:SHOWN]:
        model = apps.get_model(each["model"])
        field = next((f for f in model._meta.concrete_fields if each["field"] in (f.attname, f.name)), None)
        if field is not None:
            for value in (each["was"], each["set_to"], each["now"]):
                names.add(field, value)
        found.append((model, field, each))
    rows = []
    for model, field, each in found:
        row = {"record": _record_name(model, each["pk"], actor), "why": each.get("why", "")}
        if field is not None:
            row["label"] = capfirst(str(field.verbose_name))
            for key in ("was", "set_to", "now"):
                row[key] = names.words(field, {field.attname: each[key]}) or _("nothing")
        rows.append(row)
    return rows


def _record_name(model: Any, pk: Any, actor: Actor) -> str:
    rows = model._default_manager.all()
    if issubclass(model, Record):
        rows = model.objects.visible_to(actor)
    row = rows.filter(pk=pk).first()
    return str(row) if row is not None else _("a hidden record")
