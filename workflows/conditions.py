"""Conditions of a rule: read from its document, and held against a snapshot, each with the value seen (W1, W6).

A condition is `{field, operator, value}`; groups are `{all: [...]}`, `{any: [...]}`, `{none: [...]}`. Operators are those of
the lists; `changed`, `changed_from` and `changed_to` ask for the values before the event too.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.changes import Actor
from crm.kernel.listing.conditions import Tags, YesNo
from crm.kernel.listing.conditions.operators import Operator
from crm.kernel.listing.conditions.tree import DEEPEST, MODES, MOST_RULES, MOST_VALUES, Mode
from crm.kernel.workspace.models import Workspace

from .fields import RuleField, field_named
from .problems import Problems
from .snapshots import UNKNOWN, Snapshot

CHANGED = Operator("changed", gettext_lazy("has changed"), 0)
CHANGED_FROM = Operator("changed_from", gettext_lazy("has changed from"), -1)
CHANGED_TO = Operator("changed_to", gettext_lazy("has changed to"), -1)
IMPLIED = "trigger."  # begins the paths of conditions that belong to the trigger
CHANGES = {each.key: each for each in (CHANGED, CHANGED_FROM, CHANGED_TO)}


@dataclass
class RuleContext:
    """For whom and when conditions are read: the rule's owner, or the house in the workspace's zone."""

    actor: Actor
    now: dt.datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which days are cut."""
        person = self.actor.user
        return person.zone if person is not None else Workspace.current().zone

    @property
    def today(self) -> dt.date:
        """Today there."""
        return self.now.astimezone(self.zone).date()

    def start_of(self, day: dt.date) -> dt.datetime:
        """Return the instant at which a day begins there."""
        return dt.datetime.combine(day, dt.time(), tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Test:
    """One condition. `path` is its place in the document (`1.0`), `wanted` its values as they stand there."""

    __test__ = False  # no test of pytest

    field: RuleField
    operator: Operator
    values: list[Any]
    wanted: tuple[str, ...]
    path: str

    @property
    def implied(self) -> bool:
        """True for a condition that belongs to the trigger."""
        return self.path.startswith(IMPLIED)

    def holds(self, snapshot: Snapshot, context: RuleContext) -> bool | None:
        """Say whether it is true; None where the past does not tell."""
        after = snapshot.values.get(self.field.key)
        if after is UNKNOWN:
            return None
        if self.operator.key not in CHANGES:
            return self.field.field.holds(self.operator.key, after, self.values, context)
        before = (snapshot.before or {}).get(self.field.key)
        if self._same(before, after):
            return False
        if self.operator.key == "changed":
            return True
        base = base_operator(self.field)
        return self.field.field.holds(
            base.key, before if self.operator is CHANGED_FROM else after, self.values, context
        )

    def _same(self, before: Any, after: Any) -> bool:
        nothing = self.field.field.is_nothing
        return before == after or (nothing(before) and nothing(after) and not isinstance(self.field.field, YesNo))

    def words(self, context: RuleContext) -> str:
        """Return it in words."""
        return f"{self.field.label} {self.value_words(context)}"

    def value_words(self, context: RuleContext) -> str:
        """Return operator and values in words."""
        if self.operator.key not in CHANGES:
            return self.field.field.words(self.operator, self.values, context)
        shown = ", ".join(self.field.field.show("is", value, context) for value in self.values)
        return f"{self.operator.label} {shown}".strip()

    def line(self, held: bool | None, snapshot: Snapshot) -> dict[str, Any]:
        """Return what a run keeps of it: no personal values (W2)."""
        line: dict[str, Any] = {
            "path": self.path, "field": self.field.key, "operator": self.operator.key, "wanted": list(self.wanted),
            "held": held,
        }  # fmt: skip
        if self.field.personal:
            return {**line, "personal": True}
        line["seen"] = plain(snapshot.values.get(self.field.key))
        if self.operator.key in CHANGES:
            line["before"] = plain((snapshot.before or {}).get(self.field.key))
        return line


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all, any or none must hold; an empty group holds."""

    mode: Mode
    parts: "tuple[Test | Group, ...]" = ()

    def tests(self) -> Iterator[Test]:
        """Yield all conditions, of inner groups too."""
        for part in self.parts:
            yield from part.tests() if isinstance(part, Group) else (part,)

    def fields(self) -> dict[str, RuleField]:
        """Return the fields that it asks for."""
        return {each.field.key: each.field for each in self.tests()}

    @property
    def asks_before(self) -> bool:
        """True if a condition needs the values before the event."""
        return any(each.operator.key in CHANGES for each in self.tests())

    def weigh(self, answers: Mapping[str, bool | None]) -> bool | None:
        """Return whether it holds, by the answers to its conditions; None if that depends on what is not known."""
        given = [part.weigh(answers) if isinstance(part, Group) else answers[part.path] for part in self.parts]
        if not given:
            return True
        if self.mode == "all":
            return False if False in given else None if None in given else True
        found = True if True in given else None if None in given else False
        return found if self.mode == "any" or found is None else not found

    def words(self, context: RuleContext) -> str:
        """Return it in words."""
        join = _(" and ") if self.mode == "all" else _(" or ")
        shown = join.join(
            f"({part.words(context)})" if isinstance(part, Group) and len(part.parts) > 1 else part.words(context)
            for part in self.parts
        )
        return _("none of: %(conditions)s") % {"conditions": shown} if self.mode == "none" else shown


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether conditions held, and each of them with what was seen. `held` is None where the past does not tell."""

    held: bool | None
    trace: list[dict[str, Any]]

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The conditions that did not hold."""
        return [line for line in self.trace if line["held"] is False]


def holds(group: Group, snapshot: Snapshot, context: RuleContext) -> bool | None:
    """Say whether conditions hold, without saying why; None where the past does not tell."""
    with timezone.override(context.zone):
        return group.weigh({each.path: each.holds(snapshot, context) for each in group.tests()})


def judge(group: Group, snapshot: Snapshot, context: RuleContext) -> Verdict:
    """Hold conditions against a snapshot: each is asked, so that the answer names all that failed."""
    with timezone.override(context.zone):
        tests = list(group.tests())
        answers = {each.path: each.holds(snapshot, context) for each in tests}
        trace = [each.line(answers[each.path], snapshot) for each in tests]
    return Verdict(group.weigh(answers), trace)


def stands(group: Group, snapshot: Snapshot, context: RuleContext, held: bool | None) -> bool:
    """Say whether a record is inside conditions that `held` at an event, once it is over: nothing changes any more (W4).

    So each change of a field enters a condition that asks for it, whatever happens in between; what may be true counts.
    """
    if not group.asks_before:
        return held is not False
    return (
        holds(group, Snapshot(snapshot.kind, snapshot.record_id, snapshot.values, snapshot.values), context)
        is not False
    )


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if value is UNKNOWN:
        return None
    if isinstance(value, list | tuple | set):
        return [plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def base_operator(field: RuleField) -> Operator:
    """Return the operator that "changed to" compares by: is, for tags any of."""
    known = field.field.operators
    return known.get("is") or known.get("any") or known.get("yes") or known["filled"]


def operators_of(field: RuleField) -> dict[str, Operator]:
    """Return the operators of a field, those about changes last."""
    if not field.own or isinstance(field.field, YesNo):
        return {**field.field.operators, **({"changed": CHANGED} if field.own else {})}
    changes = CHANGES if not isinstance(field.field, Tags) and "is" in field.field.operators else {"changed": CHANGED}
    return {**field.field.operators, **changes}


def read_conditions(data: Any, kind: str, context: RuleContext, problems: Problems, where: str = "conditions") -> Group:
    """Return the conditions of a document; what is wrong is noted in `problems`, and left out."""
    reader = _Reader(kind, context, problems)
    if data in (None, {}, []):
        return Group("all")
    if isinstance(data, list):
        data = {"all": data}
    if isinstance(data, dict) and "field" in data:
        data = {"all": [data]}
    group = reader.group(data, "", where, 1)
    if reader.count > MOST_RULES:
        problems.add(where, _("These are too many conditions."))
    return group


@dataclass(slots=True)
class _Reader:
    kind: str
    context: RuleContext
    problems: Problems
    count: int = 0

    def group(self, data: Any, path: str, where: str, depth: int) -> Group:
        if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in MODES:
            self.problems.add(where, _("A group is “all”, “any” or “none” with a list of conditions."))
            return Group("all")
        mode, listed = next(iter(data.items()))
        if not isinstance(listed, list):
            self.problems.add(where, _("A group is “all”, “any” or “none” with a list of conditions."))
            return Group("all")
        if depth > DEEPEST:
            self.problems.add(where, _("These groups are nested too deeply."))
            return Group("all")
        parts: list[Test | Group] = []
        for number, each in enumerate(listed):
            place, at = f"{path}.{number}" if path else str(number), f"{where}.{number + 1}"
            if isinstance(each, dict) and "field" not in each and set(each) & set(MODES):
                inner = self.group(each, place, at, depth + 1)
                parts += [inner] if inner.parts else []
            elif (test := self.test(each, place, at)) is not None:
                parts.append(test)
        return Group(mode, tuple(parts))

    def test(self, data: Any, path: str, where: str) -> Test | None:
        self.count += 1
        if not isinstance(data, dict) or not {"field", "operator"} <= set(data) <= {"field", "operator", "value"}:
            self.problems.add(where, _("A condition has a field, an operator and a value."))
            return None
        key, name = str(data["field"]), str(data["operator"])
        field = field_named(self.kind, key, self.context.actor) if len(key) < 90 else None
        if field is None:
            self.problems.add(
                where, _("There is no field “%(name)s” any more, or you may not see it.") % {"name": key[:80]}
            )
            return None
        operator = operators_of(field).get(name)
        if operator is None:
            words = _("“%(field)s” cannot be compared by “%(operator)s”.")
            self.problems.add(where, words % {"field": field.label, "operator": name[:40]})
            return None
        raw = texts(data.get("value"))
        if len(raw) > MOST_VALUES or any("\x00" in each for each in raw):
            self.problems.add(where, _("These values cannot be read."))
            return None
        try:
            values = field.field.clean(_asked_as(field, operator), raw, self.context)
        except ValueError as error:
            self.problems.add(where, f"{field.label}: {error}")
            return None
        return Test(field, operator, values, tuple(raw), path)


def _asked_as(field: RuleField, operator: Operator) -> Operator:
    if operator.key not in CHANGES or operator is CHANGED:
        return operator
    return base_operator(field)


def texts(value: Any) -> list[str]:
    """Return the values of a condition as text."""
    listed = value if isinstance(value, list | tuple) else [] if value is None or value == "" else [value]
    return [("true" if each else "false") if isinstance(each, bool) else str(plain(each)) for each in listed]
