"""Changing what a field holds: what can be read as the new type is converted, the rest kept or cleared (C2)."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.remember import forget
from crm.kernel.customfields.counts import distinct_words
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.types import REGISTRY

from .checks import MOST_OPTIONS, check_options, new_options
from .definitions import locked_field
from .jobs import start_job

MISFITS = ("keep", "clear")


@command("fields.retype")
def change_type(
    *, field_id: UUID, to: str, actor: Actor, misfits: str = "keep", options: Sequence[str] = ()
) -> CustomField:
    """Give a field another type. Values that can be read as it are converted by the worker, in the same change-set.

    `misfits` says what becomes of the rest: `keep` leaves them on the records, shown as they are, until somebody decides
    (`settle_misfits`); `clear` takes them off. A type with options begins with `options`, else with the words that the
    records hold. Raises Refused.
    """
    field = locked_field(field_id, actor)
    _check_choice(misfits)
    if to not in REGISTRY or to == field.type:
        words = _("Choose another type.")
        raise Refused(words, fields={"to": words})
    plan = {"misfits": misfits, "from": field.type, "options": field.options}
    field.options = _options_for(field, to, options)
    field.type = to
    field.sortable = field.sortable and REGISTRY[to].indexable
    errors: dict[str, str] = {}
    if REGISTRY[to].has_options:
        check_options(field, errors)
    if errors:
        raise Refused(errors["options"], fields=errors)
    field.save(update_fields=["type", "options", "sortable"])
    forget()
    start_job(field, FieldJob.Task.INDEX, actor)
    start_job(field, FieldJob.Task.CONVERT, actor, plan)
    return field


def _options_for(field: CustomField, to: str, given: Sequence[str]) -> list[dict[str, object]]:
    """Return the options with which a field begins its new type."""
    if not REGISTRY[to].has_options:
        return []
    if REGISTRY[field.type].has_options:
        return list(field.options)
    if given:
        return new_options(given)
    words = distinct_words(field, MOST_OPTIONS + 1)
    if len(words) > MOST_OPTIONS:
        raise Refused(
            _("The records hold more than %(count)d different values. Type the choices that you want.")
            % {"count": MOST_OPTIONS}
        )
    return new_options(words)


@command("fields.settle")
def settle_misfits(*, field_id: UUID, actor: Actor) -> CustomField:
    """Take the values that do not fit a field off its records; those that can be read now are converted (C2)."""
    field = locked_field(field_id, actor)
    start_job(field, FieldJob.Task.CONVERT, actor, {"misfits": "clear"})
    return field


def _check_choice(misfits: str) -> None:
    if misfits not in MISFITS:
        words = _("Choose what becomes of them.")
        raise Refused(words, fields={"misfits": words})
