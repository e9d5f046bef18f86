"""Two records side by side: each part of both in words, which one is taken if nobody chooses, and what will follow."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.relations import relations_of, tally
from crm.kernel.customfields.fields import fields_for
from crm.kernel.customfields.types import type_of

from .models import LeadStatus, Lifecycle, SizeBand
from .services.children import CHILDREN
from .services.merging.parts import BOTH, KEPT, OTHER, Part, parts_of
from .services.merging.values import CustomValues, children_of

LONGEST = 300
WORDS = {"lifecycle": Lifecycle, "lead_status": LeadStatus, "size_band": SizeBand}


@dataclass(slots=True)
class Line:
    """One line of the comparison. `chosen` is the side that is taken: survivor, loser or both."""

    key: str
    label: str
    kept: str
    other: str
    chosen: str
    same: bool
    unites: bool = False
    result: str = ""


@dataclass(slots=True)
class Value:
    """One address, number or domain that can be kept or left."""

    value: str
    shown: str


@dataclass(slots=True)
class ListLine:
    """A line of values of which several may be kept: the first ticked one is the main one."""

    key: str
    label: str
    kept: list[Value]
    other: list[Value]
    same: bool
    result: str = ""


@dataclass(slots=True)
class Comparison:
    """All lines, and what follows the records in words."""

    lines: list[Line | ListLine] = field(default_factory=list)
    follows: list[str] = field(default_factory=list)

    @property
    def differing(self) -> int:
        """Return how many lines differ."""
        return sum(not line.same for line in self.lines)


def compare(kept: Any, other: Any, actor: Any) -> Comparison:
    """Compare two records as the actor sees them; hidden custom fields are united without being shown."""
    model = type(kept)
    ours, theirs = CustomValues(kept), CustomValues(other)
    customs = {f"cf_{each.key}": type_of(each) for each in fields_for(model.kind, actor)}
    lines: list[Line | ListLine] = []
    for part in parts_of(model, actor):
        line = _line(part, ours, theirs, customs)
        if line.kept or line.other:
            lines.append(line)
    children = children_of(model, [kept.pk, other.pk])
    labels = {"emails": _("E-mail"), "phones": _("Phone"), "domains": _("Domains")}
    for position, name in enumerate(CHILDREN[model], 1):
        listed = _list_line(name, labels[name], children[name], kept.pk, other.pk)
        if listed.kept or listed.other:
            lines.insert(position, listed)
    lines.sort(key=lambda line: line.same)
    return Comparison(lines, follows(kept, other, actor))


def _line(part: Part, ours: Any, theirs: Any, customs: dict[str, Any]) -> Line:
    kept, other = part.values(ours), part.values(theirs)
    if part.unite == "list":
        kept, other = ({name: value or [] for name, value in each.items()} for each in (kept, other))
    words = _words(part, ours, customs), _words(part, theirs, customs)
    if kept == other or not (words[0] or words[1]):
        return Line(part.key, str(part.label), *words, KEPT, True, result=words[0])
    default = part.default(kept, other)
    chosen = KEPT if default == kept else OTHER if default == other else BOTH
    if chosen == BOTH and BOTH not in part.choices():
        chosen = ""  # each column from where it is filled: offered as the result, not as a choice
    result = words[chosen == OTHER] if chosen in (KEPT, OTHER) else _("Both")
    return Line(part.key, str(part.label), *words, chosen, False, part.unite in ("list", "text"), result)


def _words(part: Part, record: Any, customs: dict[str, Any]) -> str:
    """Return a part of a record in words, nothing for an empty one."""
    if part.key in customs:
        return str(customs[part.key].text(getattr(record, part.key)))
    if part.key in ("owner", "company", "parent"):
        related = getattr(record, part.key)
        return str(related) if related is not None else ""
    if part.key in WORDS:
        value = getattr(record, part.key)
        return str(WORDS[part.key](value).label) if value else ""
    said = [_plain(getattr(record, name)) for name in part.columns]
    return (" " if part.key == "name" else ", ").join(each for each in said if each)[:LONGEST]


def _plain(value: Any) -> str:
    if value in (None, "", [], False, 0):
        return ""
    if value is True:
        return _("yes")
    if isinstance(value, list):
        return ", ".join(value)
    return formats.day(value) if hasattr(value, "isoformat") else str(value)


def _list_line(name: str, label: str, rows: Any, kept_id: Any, other_id: Any) -> ListLine:
    kept, other = ([_value(row) for row in rows.get(pk, ())] for pk in (kept_id, other_id))
    known = {each.value for each in kept}
    fresh = [each for each in other if each.value not in known]
    same = not fresh and len(kept) == len(other)
    main = (kept or other)[0].shown if kept or other else ""
    count = len(kept) + len(fresh)
    united = _("Both, first is main") if count == 2 else _("All %(count)d, first is main") % {"count": count}
    result = main if count < 2 else united
    return ListLine(name, label, kept, fresh if not same else other, same, result)


def _value(row: Any) -> Value:
    text = str(row)
    return Value(text, formats.phone(text) if hasattr(row, "number") else text)


def follows(kept: Any, other: Any, actor: Any) -> list[str]:
    """Return what will hang on the survivor, in words: "29 activities", "2 deals"; only what the actor may see (U3)."""
    said: dict[Any, int] = {}
    for relation in relations_of(kept.kind):
        if relation.words is not None:
            counted = tally(relation, actor, [kept.pk, other.pk])
            said[relation.words] = said.get(relation.words, 0) + counted
    return [words(count) for words, count in said.items() if count]
