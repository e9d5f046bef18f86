"""Options of dropdowns and multi-selects: add, rename, reorder, retire, merge, remove (C2)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.remember import forget
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.types import REGISTRY

from .checks import check_options, new_options
from .definitions import locked_field
from .jobs import start_job


@command("fields.options")
def edit_options(*, field_id: UUID, options: Sequence[dict[str, Any]], actor: Actor) -> CustomField:
    """Give a field these options in this order: known keys with a new label or retired, new ones without a key.

    None may be missing, since values may hold it: `remove_option` does that. Raises Refused.
    """
    field = _field_with_options(field_id, actor)
    known = {each["key"]: each for each in field.options}
    kept = [each for each in options if each.get("key")]
    if {each["key"] for each in kept} != set(known):
        raise Refused(_("The choices have changed in the meantime. Look at them again."))
    if any(not str(each.get("label") or "").strip() for each in kept):
        words = _("A choice needs a name.")
        raise Refused(words, fields={"options": words})
    ordered = new_options([*options])
    _save(field, ordered)
    return field


@command("fields.remove_option")
def remove_option(
    *, field_id: UUID, key: str, actor: Actor, into: str | None = None, keep: bool = False
) -> CustomField:
    """Take an option away (C2): `keep` retires it, so that values stay; `into` gives its records another option (merges the
    two); neither clears the values. Values are changed by the worker, in the same change-set. Raises Refused.
    """
    field = _field_with_options(field_id, actor)
    keys = [each["key"] for each in field.options]
    if key not in keys:
        raise Refused(_("There is no such choice."), fields={"key": _("There is no such choice.")})
    if keep:
        _save(field, [each | {"retired": True} if each["key"] == key else each for each in field.options])
        return field
    if into is not None and (into == key or into not in keys):
        raise Refused(_("Choose another choice."), fields={"into": _("Choose another choice.")})
    _save(field, [each for each in field.options if each["key"] != key])
    start_job(field, FieldJob.Task.CONVERT, actor, {"options": {key: into}})
    return field


def _field_with_options(field_id: UUID, actor: Actor) -> CustomField:
    field = locked_field(field_id, actor)
    if not REGISTRY[field.type].has_options:
        raise Refused(_("This field has no choices."))
    return field


def _save(field: CustomField, options: list[dict[str, Any]]) -> None:
    errors: dict[str, str] = {}
    field.options = options
    check_options(field, errors)
    if errors:
        raise Refused(errors["options"], fields=errors)
    field.save(update_fields=["options"])
    forget()
