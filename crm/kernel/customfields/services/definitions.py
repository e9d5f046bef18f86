"""Making, changing, ordering and removing definitions. Values are never touched here (see `options`, `retyping`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor, command
from crm.kernel.core.errors import Refused
from crm.kernel.core.remember import forget
from crm.kernel.customfields.models import CustomField, FieldJob
from crm.kernel.customfields.types import REGISTRY
from crm.kernel.users.models import Role

from .checks import MOST_FIELDS, check_options, key_for, new_options
from .jobs import start_job

EDITABLE = ("label", "help_text", "required", "roles", "sortable")


@command("fields.create")
def create_field(
    *,
    record_kind: str,
    label: str,
    type: str,  # noqa: A002  the word of the domain
    actor: Actor,
    key: str = "",
    options: Iterable[str | Mapping[str, Any]] = (),
    **values: Any,
) -> CustomField:
    """Add a field at the end (C1). The key is made of the label unless given; `options` are labels, or whole options.

    Raises Refused beside the field for bad values, PermissionDenied without the right to change the settings.
    """
    actor.require_flag("settings")
    errors: dict[str, str] = {}
    if record_kind not in CustomField.Kind.values:
        errors["record_kind"] = _("Choose what has the field.")
    if type not in REGISTRY:
        errors["type"] = _("Choose a type.")
        raise Refused(errors["type"], fields=errors)
    known = CustomField.objects.filter(record_kind=record_kind)
    if known.live().count() >= MOST_FIELDS:
        raise Refused(_("%(count)d fields are the most for one kind of record.") % {"count": MOST_FIELDS})
    taken = set(known.values_list("key", flat=True))
    if key and key in taken:
        errors["key"] = _("There is a field with this key.")
    last = known.order_by("-position").first()
    field = CustomField(
        record_kind=record_kind,
        label=" ".join(label.split()),
        type=type,
        key=key or key_for(label, taken),
        position=last.position + 1 if last is not None else 0,
        options=new_options(options) if REGISTRY[type].has_options else [],
    )
    _set(field, values, errors)
    if REGISTRY[type].has_options:
        check_options(field, errors)
    _validate(field, errors)
    field.save()
    forget()
    if field.sortable:
        start_job(field, FieldJob.Task.INDEX, actor)
    return field


def _set(field: CustomField, values: Mapping[str, Any], errors: dict[str, str]) -> None:
    """Set what a person may change of a field and note what is wrong with it."""
    if unknown := set(values) - set(EDITABLE):
        raise Refused(_("These fields cannot be edited: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    for name, value in values.items():
        setattr(field, name, " ".join(value.split()) if name == "label" else value)
    field.roles = sorted(set(field.roles))
    if unknown_roles := set(field.roles) - set(Role.objects.values_list("key", flat=True)):
        errors["roles"] = _("There is no role “%(name)s”.") % {"name": sorted(unknown_roles)[0]}
    if field.sortable and not REGISTRY[field.type].indexable:
        errors["sortable"] = _("Fields of this type cannot be sorted fast.")


def _validate(field: CustomField, errors: dict[str, str]) -> None:
    try:
        field.clean_fields(exclude=["options"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            errors.setdefault(name, " ".join(messages))
    live = CustomField.objects.live().filter(record_kind=field.record_kind).exclude(pk=field.pk)
    if field.label and live.filter(label__iexact=field.label).exists():
        errors.setdefault("label", _("There is a field with this name."))
    if errors:
        raise Refused(next(iter(errors.values())), fields=errors)


def locked_field(field_id: UUID, actor: Actor, *, removed: bool = False) -> CustomField:
    """Return a field, locked; PermissionDenied without the right, DoesNotExist for none."""
    actor.require_flag("settings")
    rows = CustomField.objects.select_for_update().filter(removed_at__isnull=not removed)
    found: CustomField = rows.get(pk=field_id)
    return found


@command("fields.edit")
def edit_field(*, field_id: UUID, values: Mapping[str, Any], actor: Actor) -> CustomField:
    """Change label, help text, required, who may see it or fast sorting; raises as `create_field` does."""
    field = locked_field(field_id, actor)
    before = {name: getattr(field, name) for name in EDITABLE}
    errors: dict[str, str] = {}
    _set(field, values, errors)
    _validate(field, errors)
    changed = [name for name in EDITABLE if getattr(field, name) != before[name]]
    if not changed:
        return field
    field.save(update_fields=changed)
    forget()
    if "sortable" in changed:
        start_job(field, FieldJob.Task.INDEX, actor)
    if bool(before["roles"]) != bool(field.roles):
        start_job(field, FieldJob.Task.SEARCH, actor)
    return field


@command("fields.order")
def order_fields(*, record_kind: str, field_ids: Sequence[UUID], actor: Actor) -> None:
    """Put the fields of a kind into this order; those that are not named come after."""
    actor.require_flag("settings")
    place = {pk: number for number, pk in enumerate(field_ids)}
    rows = list(CustomField.objects.live().select_for_update().filter(record_kind=record_kind))
    rows.sort(key=lambda row: (place.get(row.pk, len(place)), row.position))
    for number, row in enumerate(rows):
        if row.position != number:
            row.position = number
            row.save(update_fields=["position"])
    forget()


@command("fields.remove")
def remove_field(*, field_id: UUID, actor: Actor, clear: bool = False) -> CustomField:
    """Take a field out of use (C2). Its values stay, out of sight, and come back when it is restored.

    `clear` takes the values off the records too, which one undo brings back.
    """
    field = locked_field(field_id, actor)
    field.removed_at = timezone.now()
    field.save(update_fields=["removed_at"])
    forget()
    start_job(field, FieldJob.Task.INDEX, actor)
    if clear:
        start_job(field, FieldJob.Task.CONVERT, actor, {"clear": True})
    else:
        start_job(field, FieldJob.Task.SEARCH, actor)
    return field


@command("fields.restore")
def restore_field(*, field_id: UUID, actor: Actor) -> CustomField:
    """Take a removed field into use again; the values that records hold are there again (C2)."""
    field = locked_field(field_id, actor, removed=True)
    errors: dict[str, str] = {}
    _validate(field, errors)
    field.removed_at = None
    field.save(update_fields=["removed_at"])
    forget()
    start_job(field, FieldJob.Task.INDEX, actor)
    start_job(field, FieldJob.Task.SEARCH, actor)
    return field
