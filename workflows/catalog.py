"""What rules can be made of, as plain values: triggers, fields with their operators, actions with their options.

The builder is generated from this, so that a new trigger or action needs no page of its own.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from crm.kernel.core.changes import Actor
from crm.kernel.listing.conditions.operators import Operator

from .actions import actions
from .conditions import CHANGES, RuleContext, base_operator, operators_of
from .fields import RuleField, field_named, fields_of
from .models import Reentry
from .options import Option
from .triggers import triggers


def option_of(option: Option, kind: str, actor: Actor | None) -> dict[str, Any]:
    """Return an option: key, label, type, whether required, default, choices, help, bounds, and when it is asked for."""
    return {
        "key": option.key, "label": str(option.label), "type": option.type, "required": option.required,
        "default": option.default, "choices": [(str(key), str(label)) for key, label in option.offered(kind, actor)],
        "help": str(option.help or ""), "least": option.least, "most": option.most,
        "when": list(option.when) if option.when else None,
    }  # fmt: skip


def triggers_for(actor: Actor) -> list[dict[str, Any]]:
    """Return the triggers: key, label, group, kind of record ("" if an option decides), whether time sets it off, options."""
    return [
        {
            "key": each.key, "label": str(each.label), "group": str(each.group), "kind": each.kind, "timed": each.timed,
            "options": [option_of(option, each.kind, actor) for option in each.options],
        }
        for each in triggers()
    ]  # fmt: skip


def actions_for(kind: str, actor: Actor) -> list[dict[str, Any]]:
    """Return the actions that work on a kind of record: key, label, icon, options."""
    return [
        {
            "key": each.key, "label": str(each.label), "icon": each.icon,
            "options": [option_of(option, kind, actor) for option in each.options],
        }
        for each in actions()
        if each.kinds is None or kind in each.kinds
    ]  # fmt: skip


def fields_for(kind: str, actor: Actor) -> list[dict[str, Any]]:
    """Return the fields of a kind of record: key, label, group and operators; `choices_for` gives what can be chosen."""
    return [
        {
            "key": each.key, "label": each.label, "group": str(each.field.group or ""), "control": each.field.control,
            "operators": operators_for(each),
        }
        for each in fields_of(kind, actor)
    ]  # fmt: skip


def operators_for(field: RuleField) -> list[dict[str, Any]]:
    """Return the operators of a field: key, label, how many values (-1 one or more), unit, and the values' control.

    The control is text, number, date, days, choices, record, tags, or "" for none.
    """
    return [
        {
            "key": each.key, "label": str(each.label), "takes": each.takes, "unit": str(each.unit or ""),
            "control": _control(field, each),
        }
        for each in operators_of(field).values()
    ]  # fmt: skip


def _control(field: RuleField, operator: Operator) -> str:
    if operator.takes == 0:
        return ""
    if field.field.control == "date" and operator.key in ("last", "older", "next", "beyond"):
        return "number"
    if field.field.control == "date" and operator.key == "in":
        return "choices"
    return field.field.control


def choices_for(kind: str, key: str, operator: str, actor: Actor) -> list[tuple[str, str]]:
    """Return what can be chosen for a field and an operator, [] for what is typed."""
    field = field_named(kind, key, actor)
    if field is None:
        return []
    asked = base_operator(field).key if operator in CHANGES else operator
    context = RuleContext(actor, timezone.now())
    return [(str(value), str(label)) for value, label in field.field.choices(asked, context)]


def merge_fields(kind: str, actor: Actor) -> list[tuple[str, str]]:
    """Return what texts may name in braces: (name, label)."""
    return [(each.key, each.label) for each in fields_of(kind, actor)] if kind else []


def reentries() -> Iterable[tuple[str, str]]:
    """Return the ways of re-entry (W4)."""
    return [(str(key), str(label)) for key, label in Reentry.choices]
