"""Custom fields in forms of records: `cf_<key>`, after the built-in ones, with the same rules for what changed (P3)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .fields import PREFIX, column_key, field_of, fields_for
from .types import type_of
from .values import shown


def form_fields(
    record_kind: str, actor: Any, custom: Mapping[str, Any], *, demand: Iterable[str] = ()
) -> dict[str, forms.Field]:
    """Return the form fields of what an actor may see, filled from stored values; their cleaned values are stored ones.

    `demand` names those that must be filled here; a required field is demanded of new records by the service.
    """
    found: dict[str, forms.Field] = {}
    needed = set(demand)
    for field in fields_for(record_kind, actor):
        kind, name = type_of(field), column_key(field)
        control: Any = kind.form_field(initial=kind.initial(custom.get(field.key)), required=name in needed)
        control.clean = _cleaning(kind, control.clean)
        control.custom = field
        found[name] = control
    return found


def _cleaning(kind: Any, plain: Any) -> Any:
    def clean(raw: Any) -> Any:
        return kind.clean(plain([each for each in raw if each != ""] if isinstance(raw, list) else raw))

    return clean


class CustomFieldsForm(forms.Form):
    """Base of forms of one record: adds its custom fields, and tells which of them the person has changed."""

    custom_kind = ""

    def add_custom(self, actor: Any, record: Any = None) -> None:
        """Add the fields that the actor may see, with the record's values."""
        self.custom_kind = self.custom_kind or record.kind
        self.stored_custom: Mapping[str, Any] = record.custom if record is not None else {}
        self.fields.update(form_fields(self.custom_kind, actor, self.stored_custom))

    @property
    def custom_bound(self) -> list[Any]:
        """The custom fields of the form, for the template."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    @property
    def required_custom(self) -> list[Any]:
        """Those that a new record must have, for short forms."""
        return [each for each in self.custom_bound if each.field.custom.required]

    def custom_seen(self) -> dict[str, Any]:
        """Return the stored values by name, for the hidden input that says what the person saw."""
        return {
            name: self.stored_custom.get(name.removeprefix(PREFIX)) for name in self.fields if name.startswith(PREFIX)
        }

    def custom_changes(self, seen: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values that the person changed and what they saw there. What was not on the form stays."""
        values, before = {}, {}
        for name, field in self.fields.items():
            if not name.startswith(PREFIX):
                continue
            omitted = name not in self.data or field.widget.value_omitted_from_data(self.data, self.files, name)
            value = self.cleaned_data.get(name)
            if (omitted and name not in seen) or (name in seen and value == seen[name]):
                continue
            values[name] = value
            if name in seen:
                before[name] = seen[name]
        return values, before


def shown_value(record_kind: str, name: str, value: Any) -> str:
    """Return a value that somebody else has stored, in words."""
    return shown(field_of(record_kind, name), value) or _("nothing")
