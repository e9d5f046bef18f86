"""The document of a rule, read and checked: what a version holds, as objects (W1). `docs/automation.md` is the contract."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor

from .actions import Action, action_named
from .actions.base import Drafted
from .conditions import IMPLIED, Group, RuleContext, read_conditions
from .models import Reentry
from .options import read_options
from .problems import Problems
from .triggers import trigger_named
from .triggers.times import TIME_TRIGGERS

KEYS = {"trigger", "conditions", "steps", "reentry", "listens_to", "rate_per_hour"}
SOURCES = ("import", "sync", "undo")
RATE, MOST_RATE, MOST_STEPS = 500, 100_000, 30
EMPTY: dict[str, Any] = {"trigger": {}, "conditions": {}, "steps": [], "reentry": "entry", "listens_to": []}


@dataclass(frozen=True, slots=True)
class StepUse:
    """One step: its action with its options, and the conditions under which it is done."""

    action: Action
    options: dict[str, Any]
    conditions: Group


@dataclass(frozen=True, slots=True)
class Document:
    """A rule's document as objects. Without problems only if `problems` is empty: what could not be read is left out."""

    trigger: Any  # a Trigger or TimeTrigger, None if it could not be read
    options: dict[str, Any]
    kind: str
    conditions: Group
    steps: tuple[StepUse, ...] = ()
    reentry: str = Reentry.ENTRY
    listens_to: frozenset[str] = frozenset()
    rate_per_hour: int = RATE
    problems: Problems = field(default_factory=Problems)

    @property
    def asks_before(self) -> bool:
        """True if a condition needs the values before the event."""
        return self.conditions.asks_before or any(each.conditions.asks_before for each in self.steps)

    @property
    def remembers(self) -> bool:
        """True if it runs once each time a record comes into its conditions, so that somebody must know who is inside (W4)."""
        return self.reentry == Reentry.ENTRY and self.trigger is not None and not self.trigger.occurrence

    def fields(self) -> dict[str, Any]:
        """Return the fields that its conditions and the texts of its steps ask for."""
        found = dict(self.conditions.fields())
        for step in self.steps:
            found |= step.conditions.fields()
            found |= step.action.fields(step.options, self.kind)
        return found


def read_document(data: Any, actor: Actor, now: dt.datetime | None = None) -> Document:
    """Return the document as objects, with all that is wrong in it."""
    problems = Problems()
    if not isinstance(data, Mapping):
        problems.add("rule", _("A rule has a trigger, conditions and steps."))
        return Document(None, {}, "", Group("all"), problems=problems)
    for key in set(data) - KEYS:
        problems.add("rule", _("A rule has no “%(name)s”.") % {"name": str(key)[:40]})
    context = RuleContext(actor, now or timezone.now())
    trigger, options = _trigger(data.get("trigger"), actor, problems)
    kind = trigger.kind_for(options) if trigger is not None else ""
    conditions = _conditions(data.get("conditions"), trigger, kind, context, problems)
    steps = _steps(data.get("steps"), kind, context, problems)
    reentry = data.get("reentry") or Reentry.ENTRY
    if reentry not in Reentry.values:
        problems.add("rule.reentry", _("“%(value)s” is none of the choices.") % {"value": str(reentry)[:40]})
    rate = data.get("rate_per_hour") or RATE
    if not isinstance(rate, int) or not 1 <= rate <= MOST_RATE:
        problems.add(
            "rule.rate_per_hour", _("Type a number from %(least)s to %(most)s.") % {"least": 1, "most": MOST_RATE}
        )
        rate = RATE
    return Document(trigger, options, kind, conditions, steps, str(reentry), _sources(data, problems), rate, problems)


def _trigger(data: Any, actor: Actor, problems: Problems) -> tuple[Any, dict[str, Any]]:
    if not isinstance(data, Mapping) or not data.get("kind"):
        problems.add("trigger", _("Choose what sets the rule off."))
        return None, {}
    trigger: Any = trigger_named(str(data["kind"]))
    if trigger is None or set(data) - {"kind", "options"}:
        problems.add("trigger", _("There is no trigger “%(name)s”.") % {"name": str(data["kind"])[:60]})
        return None, {}
    given = data.get("options")
    options = read_options(trigger.options_for(given), given, trigger.kind, actor, problems, "trigger")
    if trigger in TIME_TRIGGERS and any(value is None for key, value in options.items() if key in ("field", "days")):
        return None, options  # the problem is noted; nothing can be read of it
    return trigger, options


def _conditions(data: Any, trigger: Any, kind: str, context: RuleContext, problems: Problems) -> Group:
    if trigger is None:
        return Group("all")
    if not kind and data not in (None, {}, []):
        problems.add("conditions", _("A rule without a record has no conditions."))
    own = read_conditions(data, kind, context, problems) if kind else Group("all")
    if not trigger.implied:
        return own
    implied = read_conditions({"all": list(trigger.implied)}, kind, context, problems, "trigger")
    return Group("all", (*_placed(implied), *(own.parts if own.mode == "all" else (own,))))


def _placed(group: Group) -> Any:
    """Return the conditions of a trigger under paths of their own."""
    import dataclasses

    return tuple(dataclasses.replace(each, path=f"{IMPLIED}{each.path}") for each in group.tests())


def _steps(data: Any, kind: str, context: RuleContext, problems: Problems) -> tuple[StepUse, ...]:
    if not isinstance(data, list) or not data:
        problems.add("steps", _("Add at least one step."))
        return ()
    if len(data) > MOST_STEPS:
        problems.add("steps", _("A rule has at most %(most)s steps.") % {"most": MOST_STEPS})
    found = []
    for number, each in enumerate(data[:MOST_STEPS], start=1):
        if (step := _step(each, f"steps.{number}", kind, context, problems)) is not None:
            found.append(step)
    return tuple(found)


def _step(data: Any, where: str, kind: str, context: RuleContext, problems: Problems) -> StepUse | None:
    if not isinstance(data, Mapping) or set(data) - {"action", "options", "conditions"} or not data.get("action"):
        problems.add(where, _("A step has an action and its options."))
        return None
    action = action_named(str(data["action"]))
    if action is None:
        problems.add(where, _("There is no action “%(name)s”.") % {"name": str(data["action"])[:40]})
        return None
    if action.kinds is not None and kind not in action.kinds:
        words = _("“%(action)s” cannot be done with this kind of record.")
        problems.add(where, words % {"action": action.label})
        return None
    before = len(problems.found)
    options = read_options(action.options, data.get("options"), kind, context.actor, problems, where)
    if len(problems.found) == before:
        action.check(Drafted(options, kind, context, problems, where))
    conditions = (
        read_conditions(data.get("conditions"), kind, context, problems, f"{where}.conditions")
        if kind
        else Group("all")
    )
    return StepUse(action, options, conditions)


def _sources(data: Mapping[str, Any], problems: Problems) -> frozenset[str]:
    listed = data.get("listens_to") or []
    if not isinstance(listed, list) or not set(map(str, listed)) <= set(SOURCES):
        problems.add("rule.listens_to", _("A rule may listen to import, sync and undo."))
        return frozenset()
    return frozenset(map(str, listed))


__all__ = ["EMPTY", "SOURCES", "Document", "StepUse", "read_document"]
