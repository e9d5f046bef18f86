"""The filter builder: conditions as a form, which is read, changed and shown again without a script.

Rows are named by their place: `r` is the outermost group, `r-0` its first part; `-g` is a group's mode, `-f`, `-o` and
`-v` are a condition's field, operator and values. `do` says which button was pressed. Rules use it for their conditions,
with roots and fields of their own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.kernel.core.widgets import TypeaheadInput

from .conditions import BadCondition, Group, Record, Rule, dump
from .conditions.base import Context
from .conditions.tree import DEEPEST, MODES, MOST_RULES, Mode

if TYPE_CHECKING:
    from .lists import ListPage

PARAMETER = re.compile(r"r(-\d{1,2}){0,4}-[gfov](_text)?")
ROOT = "r"


# A list's `Field`s, or what rules make of them: `key`, `label`, `group`, `control`, `operators`, `choices`, `record`.
Fields = Mapping[str, Any]


@dataclass(slots=True)
class Line:
    """A condition in the form, perhaps not complete yet."""

    path: str
    key: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""
    new: bool = False


@dataclass(slots=True)
class Box:
    """A group in the form."""

    path: str
    mode: Mode = "all"
    parts: "list[Line | Box]" = field(default_factory=list)
    is_group = True

    def renumber(self, path: str) -> None:
        """Give all parts the names of their present places."""
        self.path = path
        for index, part in enumerate(self.parts):
            if isinstance(part, Box):
                part.renumber(f"{path}-{index}")
            else:
                part.path = f"{path}-{index}"

    def boxes(self) -> "list[Box]":
        """Return this group and all inner ones."""
        return [self, *(inner for part in self.parts if isinstance(part, Box) for inner in part.boxes())]

    def lines(self) -> list[Line]:
        """Return all conditions."""
        return [part for box in self.boxes() for part in box.parts if isinstance(part, Line)]


def of_group(group: Group | None) -> Box:
    """Return the form of a list's present conditions; with none it starts with an empty line."""
    box = _box(group or Group("all"))
    if not box.parts:
        box.parts.append(Line("", new=True))
    box.renumber(ROOT)
    return box


def _box(group: Group) -> Box:
    parts: list[Line | Box] = [
        _box(part) if isinstance(part, Group) else Line("", part.field.key, part.operator.key, list(part.raw))
        for part in group.parts
    ]
    return Box("", group.mode, parts)


def read(data: QueryDict, fields: Fields, root: str = ROOT) -> Box:
    """Return the form that was sent, as far as it goes."""
    return _read_box(data, root, fields, 1)


def _read_box(data: QueryDict, path: str, fields: Fields, depth: int) -> Box:
    mode = str(data.get(f"{path}-g") or "all")
    box = Box(path, mode if mode in MODES else "all")
    begins = re.compile(re.escape(path) + r"-(\d{1,2})-")
    for index in sorted({int(found[1]) for name in data if (found := begins.match(name))})[:MOST_RULES]:
        inner = f"{path}-{index}"
        if f"{inner}-g" in data and depth < DEEPEST:
            box.parts.append(_read_box(data, inner, fields, depth + 1))
        elif f"{inner}-f" in data:
            box.parts.append(_read_line(data, inner, fields))
    return box


def _read_line(data: QueryDict, path: str, fields: Fields) -> Line:
    values = [value.strip() for value in data.getlist(f"{path}-v") if value.strip()]
    line = Line(path, str(data.get(f"{path}-f") or ""), str(data.get(f"{path}-o") or ""), values)
    known = fields.get(line.key)
    if known is None:
        return Line(path)
    if line.operator not in known.operators:
        line.operator, line.values = next(iter(known.operators)), []
    takes = known.operators[line.operator].takes
    if known.control == "tags":
        line.values = [word.strip() for value in values for word in value.split(",") if word.strip()]
    line.values = line.values if takes < 0 else line.values[:takes]
    return line


def change(box: Box, button: str) -> None:
    """Do what a button asks for: add a condition or a group to a group, or drop a part."""
    what, _colon, path = button.partition(":")
    for each in box.boxes():
        if what == "add" and each.path == path and len(box.lines()) < MOST_RULES:
            each.parts.append(Line("", new=True))
        elif what == "group" and each.path == path and path.count("-") < DEEPEST - 1:
            each.parts.append(Box("", "any", [Line("", new=True)]))
        elif what == "drop":
            each.parts = [part for part in each.parts if part.path != path]
    box.renumber(box.path)


def to_group(box: Box, page: "ListPage") -> Group | None:
    """Return the conditions, None with an error at each line that is not complete. Empty lines are left out."""
    good = True

    def convert(each: Box) -> Group:
        nonlocal good
        parts: list[Rule | Group] = []
        for part in each.parts:
            if isinstance(part, Box):
                inner = convert(part)
                parts += [inner] if inner.parts else []
            elif part.key:
                try:
                    parts.append(Rule.read(page.condition_fields[part.key], part.operator, part.values, page))
                except BadCondition as error:
                    part.error, good = error.message.removeprefix(f"{page.condition_fields[part.key].label}: "), False
        return Group(each.mode, tuple(parts))

    group = convert(box)
    return group if good else None


def where_of(group: Group) -> str | None:
    """Return the parameter of the address, None for no condition at all."""
    return dump(group) if group.parts else None


def shown(box: Box, page: "ListPage") -> dict[str, Any]:
    """Return what the template needs of a list's conditions."""
    return show_box(box, page.condition_fields, page)


def show_box(box: Box, fields: Fields, context: Context) -> dict[str, Any]:
    """Return what the template needs of a group: its parts with their choices and controls."""
    return {
        "path": box.path,
        "mode": box.mode,
        "deep": box.path.count("-") >= DEEPEST - 1,
        "parts": [
            show_box(part, fields, context) if isinstance(part, Box) else _shown_line(part, fields, context)
            for part in box.parts
        ],
        "group": True,
    }


def _shown_line(line: Line, fields: Fields, context: Context) -> dict[str, Any]:
    known = fields.get(line.key)
    found: dict[str, Any] = {"path": line.path, "key": line.key, "error": line.error, "new": line.new, "line": True}
    if known is None:
        return found
    operator = known.operators[line.operator]
    choices = known.choices(line.operator, context) if operator.takes else []
    control = "choices" if operator.takes < 0 and choices else "menu" if choices else known.control
    if operator.unit:
        control = "days"
    found |= {
        "operators": [(each.key, each.label) for each in known.operators.values()],
        "operator": line.operator,
        "control": control if operator.takes else "",
        "unit": operator.unit,
        "choices": [(value, label, value in line.values) for value, label in choices],
        "inputs": [*line.values, "", ""][: max(operator.takes, 1)],
        "joined": ", ".join(line.values),
        "label": known.label,
    }
    of = known if isinstance(known, Record) else getattr(known, "record", None)
    if of is not None and operator.takes:
        label_for = lambda pk: of.name_of(context.actor, pk) or ""  # noqa: E731
        widget = TypeaheadInput(of.options, label_for=label_for)
        attributes = {"id": f"{line.path}-v", "aria-label": str(known.label), "class": "input input-sm"}
        found["widget"] = widget.render(f"{line.path}-v", line.values[0] if line.values else None, attributes)
    return found


def field_groups(page: "ListPage") -> list[tuple[str, list[tuple[str, str]]]]:
    """Return a list's fields on offer under their headings."""
    return grouped(page.condition_fields.values())


def grouped(fields: Iterable[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return fields under their headings."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in fields:
        groups.setdefault(str(each.group) or _("Record"), []).append((each.key, str(each.label)))
    return list(groups.items())
