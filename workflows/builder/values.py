"""What can be chosen as the new value of a field that a step sets."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX, field_of
from crm.kernel.customfields.models import CustomField
from workflows.conditions import RuleContext
from workflows.fields import MODELS, field_named


def setting_choices(kind: str, name: str, actor: Actor) -> list[tuple[str, Any]]:
    """Return the values on offer for a field, [] for what is typed."""
    if name.startswith(PREFIX):
        return _custom(kind, name, actor)
    try:
        column: Any = MODELS[kind]._meta.get_field(name)
    except (FieldDoesNotExist, KeyError):
        return []
    if isinstance(column, BooleanField):
        return [("True", _("Yes")), ("False", _("No"))]
    return [(str(value), label) for value, label in column.flatchoices if value not in ("", None)]


def _custom(kind: str, name: str, actor: Actor) -> list[tuple[str, Any]]:
    definition, known = field_of(kind, name, actor), field_named(kind, name, actor)
    if definition is None or known is None:
        return []
    if definition.type == CustomField.Type.YES_NO:
        return [("yes", _("Yes")), ("no", _("No"))]
    choices = known.field.choices("is", RuleContext(actor, timezone.now()))
    return [(str(value), label) for value, label in choices if value not in ("me", "team")]
