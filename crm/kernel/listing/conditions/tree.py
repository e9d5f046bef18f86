"""Groups of conditions: how they stand in an address, how they are read back, and what they mean.

In an address and in a saved view a group is JSON: `["all", ["city", "contains", "Aar"], ["any", ["tags", "any", "vip"],
["amount", "gt", "5000"]]]`. Reading is strict and bounded, since addresses come from everywhere.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.db.models import Q
from django.utils.translation import gettext as _

from .base import Context, Field
from .operators import Operator

Mode = Literal["all", "any", "none"]
MODES: tuple[Mode, ...] = ("all", "any", "none")
LONGEST, DEEPEST, MOST_RULES, MOST_VALUES = 6_000, 4, 40, 60


class BadCondition(ValueError):
    """What cannot be understood. `message` is for the person; `field` names an unknown field."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition: a field, an operator, typed values, and those values as text."""

    field: Field
    operator: Operator
    values: list[Any]
    raw: tuple[str, ...]

    @classmethod
    def read(cls, field: Field, operator: str, raw: list[str], context: Context) -> "Rule":
        """Return the condition; raises BadCondition, in words, for what the field does not know."""
        known = field.operators.get(operator)
        if known is None:
            raise BadCondition(
                _("“%(field)s” cannot be compared by “%(operator)s”.")
                % {"field": field.label, "operator": operator[:40]}
            )
        try:
            values = field.clean(known, raw, context)
        except ValueError as error:
            raise BadCondition(f"{field.label}: {error}") from error
        return cls(field, known, values, tuple(raw))

    def q(self, context: Context) -> Q:
        """Return the condition on rows."""
        return self.field.q(self.operator.key, self.values, context)

    def holds(self, record: Mapping[str, Any], context: Context) -> bool:
        """Say whether it is true of a record, whose values stand under the fields' keys."""
        return self.field.holds(self.operator.key, record.get(self.field.key), self.values, context)

    def words(self, context: Context) -> str:
        """Return it in words."""
        return f"{self.field.label} {self.field.words(self.operator, self.values, context)}"

    def dump(self) -> list[Any]:
        """Return it as JSON holds it."""
        return [self.field.key, self.operator.key, *self.raw]


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of which all, any or none must hold; an empty group holds."""

    mode: Mode
    parts: "tuple[Rule | Group, ...]" = ()

    def q(self, context: Context) -> Q:
        """Return the condition on rows."""
        found = Q()
        for part in self.parts:
            found = found & part.q(context) if self.mode == "all" else found | part.q(context)
        return ~found if self.mode == "none" and self.parts else found

    def holds(self, record: Mapping[str, Any], context: Context) -> bool:
        """Say whether it is true of a record."""
        if not self.parts:
            return True
        answers = (part.holds(record, context) for part in self.parts)
        return all(answers) if self.mode == "all" else any(answers) is (self.mode == "any")

    def words(self, context: Context) -> str:
        """Return it in words."""
        join = _(" and ") if self.mode == "all" else _(" or ")
        shown = join.join(
            f"({part.words(context)})" if isinstance(part, Group) and len(part.parts) > 1 else part.words(context)
            for part in self.parts
        )
        return _("none of: %(conditions)s") % {"conditions": shown} if self.mode == "none" else shown

    def dump(self) -> list[Any]:
        """Return it as JSON holds it."""
        return [self.mode, *(part.dump() for part in self.parts)]

    def rules(self) -> Iterator[Rule]:
        """Yield all conditions, of inner groups too."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.rules()
            else:
                yield part

    @property
    def aliases(self) -> dict[str, Any]:
        """What the rows need as aliases before they are filtered."""
        return {name: each for rule in self.rules() for name, each in rule.field.aliases.items()}


def dump(group: Group) -> str:
    """Return a group for the address."""
    return json.dumps(group.dump(), separators=(",", ":"), ensure_ascii=False)


def parse(text: str, fields: Mapping[str, Field], context: Context, missing: list[str] | None = None) -> Group:
    """Return the group of an address; raises BadCondition for anything that `dump` would not write.

    With `missing`, conditions that mean nothing are left out and their fields named there: a saved view still opens
    after its field, or an option of it, is gone.
    """
    if len(text) > LONGEST:
        raise BadCondition(_("These are too many conditions."))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCondition(_("These conditions cannot be read.")) from error
    reader = _Reader(fields, context, missing)
    group = reader.group(data, 1)
    if reader.rules > MOST_RULES:
        raise BadCondition(_("These are too many conditions."))
    return group


@dataclass(slots=True)
class _Reader:
    fields: Mapping[str, Field]
    context: Context
    missing: list[str] | None
    rules: int = 0

    def group(self, data: Any, depth: int) -> Group:
        if not isinstance(data, list) or not data or data[0] not in MODES:
            raise BadCondition(_("These conditions cannot be read."))
        if depth > DEEPEST:
            raise BadCondition(_("These groups are nested too deeply."))
        parts: list[Rule | Group] = []
        for each in data[1:]:
            if isinstance(each, list) and each and each[0] in MODES:
                inner = self.group(each, depth + 1)
                parts += [inner] if inner.parts else []
            else:
                parts += self.rule(each)
        return Group(cast(Mode, data[0]), tuple(parts))

    def rule(self, data: Any) -> list[Rule | Group]:
        if not isinstance(data, list) or not 2 <= len(data) <= MOST_VALUES + 2:
            raise BadCondition(_("These conditions cannot be read."))
        if not all(isinstance(each, str) and "\x00" not in each for each in data):
            raise BadCondition(_("These conditions cannot be read."))
        key, operator, *raw = data
        self.rules += 1
        field = self.fields.get(key)
        if field is None:
            if self.missing is None:
                raise BadCondition(_("This list has no field “%(name)s”.") % {"name": key[:80]}, key)
            self.missing.append(key)
            return []
        try:
            return [Rule.read(field, operator, raw, self.context)]
        except BadCondition:
            if self.missing is None:
                raise
            self.missing.append(str(field.label))
            return []
