"""Custom fields that a plan declares: made before its files are read, with choices from a list or from a file (P0, C1)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.errors import Refused
from crm.kernel.customfields.fields import definitions, pretended
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.services import create_field, edit_options
from crm.kernel.customfields.services.checks import key_for, new_options
from crm.kernel.customfields.types import REGISTRY

from .files import inspect, read_rows

KEYS = {"of", "label", "key", "type", "options", "options_from", "help_text", "required", "sortable"}


@dataclass(frozen=True, slots=True)
class PlannedField:
    """A custom field that a plan makes unless it is there; `options_from` names a file and its column."""

    record_kind: str
    label: str
    key: str
    type: str
    options: tuple[str, ...] = ()
    options_from: tuple[str, str] | None = None
    help_text: str = ""
    required: bool = False
    sortable: bool = False


def read_fields(raw: Any) -> list[PlannedField]:
    """Read the `fields` of a plan; raises Refused naming what is wrong."""
    if not isinstance(raw, list):
        raise Refused(_("The fields of a plan are a list."))
    return [_read(each) for each in raw]


def _read(entry: Any) -> PlannedField:
    if not isinstance(entry, dict) or not {"of", "label", "type"} <= set(entry):
        raise Refused(_("Each field of a plan has of, label and type."))
    label = str(entry["label"])
    if unknown := set(entry) - KEYS:
        words = ", ".join(sorted(map(str, unknown)))
        raise Refused(_("%(file)s: the plan does not know “%(keys)s”.") % {"file": label, "keys": words})
    if entry["of"] not in CustomField.Kind.values or entry["type"] not in REGISTRY:
        raise Refused(_("%(field)s: there is no such kind of record or type.") % {"field": label})
    source = entry.get("options_from")
    if source is not None and (not isinstance(source, dict) or set(source) != {"file", "column"}):
        raise Refused(_("%(field)s: options_from has file and column.") % {"field": label})
    return PlannedField(
        record_kind=entry["of"],
        label=label,
        key=str(entry.get("key") or key_for(label)),
        type=entry["type"],
        options=tuple(str(each) for each in entry.get("options", ())),
        options_from=(str(source["file"]), str(source["column"])) if source else None,
        help_text=str(entry.get("help_text", "")),
        required=bool(entry.get("required")),
        sortable=bool(entry.get("sortable")),
    )


@contextmanager
def declared(fields: list[PlannedField], folder: Path, actor: Actor, *, dry: bool) -> Iterator[None]:
    """Have the fields of a plan in the block: made for good, or for a dry run only as if.

    A field that is there already is used, and gets the choices that it lacks. Raises Refused where it is of another type.
    """
    imagined: list[CustomField] = []
    for planned in fields:
        present = definitions(planned.record_kind).get(planned.key)
        labels = _labels(planned, folder)
        if present is not None and present.type != planned.type:
            raise Refused(_("There is a field “%(key)s” of another type.") % {"key": planned.key})
        if dry:
            imagined.append(_imagined(planned, present, labels))
        elif present is None:
            create_field(
                record_kind=planned.record_kind, label=planned.label, key=planned.key, type=planned.type, options=labels,
                help_text=planned.help_text, required=planned.required, sortable=planned.sortable, actor=actor,
            )  # fmt: skip
        elif missing := _missing(present, labels):
            edit_options(field_id=present.pk, options=[*present.options, *missing], actor=actor)
    with pretended(imagined):
        yield


def _missing(field: CustomField, labels: list[str]) -> list[dict[str, Any]]:
    known = {each["label"].casefold() for each in field.options}
    return [{"label": label} for label in labels if label.casefold() not in known]


def _imagined(planned: PlannedField, present: CustomField | None, labels: list[str]) -> CustomField:
    options = [*(present.options if present else ()), *(_missing(present, labels) if present else labels)]
    return CustomField(
        record_kind=planned.record_kind, key=planned.key, label=planned.label, type=planned.type,
        options=new_options(options),
    )  # fmt: skip


def _labels(planned: PlannedField, folder: Path) -> list[str]:
    """Return the choices of a field, those of a file in its order."""
    labels = list(planned.options)
    if planned.options_from is not None:
        name, column = planned.options_from
        path = folder / name
        if not path.is_file():
            raise Refused(_("The file %(file)s is not in the folder.") % {"file": name})
        facts = inspect(path)
        if column not in facts.header:
            raise Refused(_("%(file)s has no column %(names)s.") % {"file": name, "names": column})
        position = facts.header.index(column)
        rows = read_rows(path, facts.encoding, facts.delimiter)
        next(rows)
        labels += [cells[position].strip() for _number, cells in rows if len(cells) > position]
    return list(dict.fromkeys(label for label in labels if label))
