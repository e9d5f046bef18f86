"""Conditions of a rule as the form of the lists' filter builder (crm.kernel.listing.builder), and back as a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.listing.builder import Box, Line
from crm.kernel.listing.conditions import Record
from crm.kernel.listing.conditions.operators import Operator
from crm.kernel.listing.conditions.tree import DEEPEST, MODES, MOST_RULES
from workflows.conditions import base_operator, operators_of, texts
from workflows.fields import RuleField, fields_of

CHANGED_VALUES = ("changed_from", "changed_to")


@dataclass(frozen=True, slots=True)
class Offered:
    """A field of a rule as the form asks for it: with the operators about changes, and under the related record's heading."""

    rule_field: RuleField
    operators: dict[str, Operator]

    @property
    def key(self) -> str:
        """Its name in documents."""
        return self.rule_field.key

    @property
    def label(self) -> Any:
        """Its words; under a heading the heading is left out."""
        return self.rule_field.field.label

    @property
    def group(self) -> Any:
        """The related record, nothing for the record's own fields."""
        return self.rule_field.field.group if not self.rule_field.own else ""

    @property
    def control(self) -> str:
        """The control that asks for values."""
        return self.rule_field.field.control

    @property
    def record(self) -> Record | None:
        """The field if a typeahead finds its values."""
        found = self.rule_field.field
        return found if isinstance(found, Record) else None

    def choices(self, operator: str, context: Any) -> list[tuple[str, Any]]:
        """Return what can be chosen."""
        asked = base_operator(self.rule_field).key if operator in CHANGED_VALUES else operator
        return self.rule_field.field.choices(asked, context)


def offered(kind: str, actor: Actor) -> dict[str, Offered]:
    """Return the fields that a rule on records of `kind` may name, by name; none without a record."""
    return {each.key: Offered(each, operators_of(each)) for each in fields_of(kind, actor)} if kind else {}


def box_of(data: Any, root: str) -> Box:
    """Return conditions of a document as a form; what is no condition is left out, since drafts may hold anything."""
    if isinstance(data, list):
        data = {"all": data}
    elif isinstance(data, Mapping) and "field" in data:
        data = {"all": [data]}
    box = _box(data if isinstance(data, Mapping) else {}, 1)
    box.renumber(root)
    return box


def _box(data: Mapping[str, Any], depth: int) -> Box:
    mode = next((each for each in MODES if isinstance(data.get(each), list)), None)
    box = Box("", mode or "all")
    for each in (data[mode] if mode else [])[:MOST_RULES]:
        if not isinstance(each, Mapping):
            continue
        if "field" in each:
            box.parts.append(Line("", str(each["field"]), str(each.get("operator") or ""), texts(each.get("value"))))
        elif depth < DEEPEST:
            box.parts.append(_box(each, depth + 1))
    return box


def mend(box: Box, fields: Mapping[str, Offered]) -> None:
    """Give lines whose field lost the operator another one; those whose field is gone say so and wait for a new one."""
    for line in box.lines():
        known = fields.get(line.key)
        if known is None and line.key:
            line.error = _("There is no field “%(name)s” any more, or you may not see it.") % {"name": line.key[:80]}
            line.key = ""
        elif known is not None and line.operator not in known.operators:
            line.operator, line.values = next(iter(known.operators)), []


def document_of(box: Box) -> dict[str, Any]:
    """Return the form's conditions as a document has them: lines without a field and empty groups are left out."""
    parts: list[dict[str, Any]] = []
    for part in box.parts:
        if isinstance(part, Box):
            inner = document_of(part)
            parts += [inner] if inner else []
        elif part.key:
            value = part.values[0] if len(part.values) == 1 else part.values
            parts.append({"field": part.key, "operator": part.operator, **({"value": value} if part.values else {})})
    return {box.mode: parts} if parts else {}


def place_errors(box: Box, errors: Mapping[str, str], where: str) -> None:
    """Put the problems of a document (`conditions.2.1`) beside their lines."""
    number = 0
    for part in box.parts:
        if isinstance(part, Box):
            if document_of(part):
                number += 1
                place_errors(part, errors, f"{where}.{number}")
        elif part.key:
            number += 1
            error = errors.get(f"{where}.{number}", "")
            part.error = error or part.error
