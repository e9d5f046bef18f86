"""Names for ids in the conditions of a rule's text, and back: stages, teams and the like by name, people by e-mail address.

Only what has an id of its own is named; what names nothing, or more than one, stays as it stands.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from crm.kernel.core.changes import Actor
from crm.kernel.listing.conditions import Person
from crm.kernel.listing.conditions.tree import MODES
from crm.kernel.users.models import User

from .conditions import RuleContext, base_operator
from .documents import read_document
from .fields import RuleField, field_named

Turn = Callable[[RuleField, Any, RuleContext], Any]


def with_names(document: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return a document whose conditions say names."""
    return _turned(document, actor, _name)


def with_ids(document: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return a document whose conditions say ids, as they are kept."""
    return _turned(document, actor, _id)


def _turned(document: Mapping[str, Any], actor: Actor, turn: Turn) -> dict[str, Any]:
    kind, context = read_document(document, actor).kind, RuleContext(actor, timezone.now())
    found = dict(document)
    if kind and "conditions" in found:
        found["conditions"] = _group(found["conditions"], kind, context, turn)
    if kind and isinstance(found.get("steps"), list):
        found["steps"] = [
            {**each, "conditions": _group(each["conditions"], kind, context, turn)}
            if isinstance(each, Mapping) and "conditions" in each
            else each
            for each in found["steps"]
        ]
    return found


def _group(data: Any, kind: str, context: RuleContext, turn: Turn) -> Any:
    """Return conditions with their values turned; what is no condition stays, for the check to name it."""
    if isinstance(data, list):
        return [_group(each, kind, context, turn) for each in data]
    if not isinstance(data, Mapping):
        return data
    if "field" not in data:
        return {key: _group(each, kind, context, turn) if key in MODES else each for key, each in data.items()}
    data = {
        **{key: data[key] for key in ("field", "operator") if key in data},
        **data,
    }  # in the order in which it is read
    field = field_named(kind, str(data["field"]), context.actor) if len(str(data["field"])) < 90 else None
    if field is None or "value" not in data:
        return data
    value = data["value"]
    turned = [turn(field, each, context) for each in value] if isinstance(value, list) else turn(field, value, context)
    return {**data, "value": turned}


def _labels(field: RuleField, context: RuleContext) -> dict[str, str]:
    offered = field.field.choices(base_operator(field).key, context)
    return {str(key): str(label) for key, label in offered}


def _name(field: RuleField, value: Any, context: RuleContext) -> Any:
    try:
        pk = UUID(str(value))
    except ValueError:
        return value
    if isinstance(field.field, Person):
        return User.objects.filter(pk=pk).values_list("email", flat=True).first() or value
    labels = _labels(field, context)
    label = labels.get(str(value), value)
    return label if [each.casefold() for each in labels.values()].count(str(label).casefold()) == 1 else value


def _id(field: RuleField, value: Any, context: RuleContext) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(field.field, Person):
        pk = User.objects.filter(email=value.lower()).values_list("pk", flat=True).first() if "@" in value else None
        return str(pk) if pk is not None else value
    labels = _labels(field, context)
    found = [key for key, label in labels.items() if label.casefold() == value.strip().casefold()]
    return found[0] if value not in labels and len(found) == 1 else value


__all__ = ["with_ids", "with_names"]
