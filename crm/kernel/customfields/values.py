"""Values of custom fields on their way into a record: the same rules for form, inline edit, bulk edit, import and API.

Outside, a value goes by the name `cf_<key>`; on the record it stands under its key. Each key is a field of its own: two
people who edit two custom fields of a record do not meet (P3).
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.parsers import Style

from .fields import PREFIX, column_key, definitions, may_see
from .models import CustomField
from .types import FieldType, type_of
from .types.base import PLAIN

# Who is asked for required fields. Files, rules and maintenance bring what they have.
ASKED = ("user", "api_key")


class Reader:
    """Reads the custom values of records of one kind, as one actor may set them. Asks for the definitions once."""

    def __init__(self, record_kind: str, actor: Actor) -> None:
        self.record_kind = record_kind
        self.actor = actor

    @cached_property
    def types(self) -> dict[str, FieldType]:
        """The types of the fields that the actor may see, by key, as the database has them now."""
        found = definitions(self.record_kind).values()
        return {each.key: type_of(each) for each in found if may_see(each, self.actor)}

    def read(
        self, given: Mapping[str, Any], *, new: bool = False, style: Style = PLAIN
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values to store by key (None clears one), and what is wrong by name.

        A field that is hidden from the actor does not exist for them. A person is asked for required fields of a new
        record, and may not empty one of an old record; what an old record lacks otherwise is left alone.
        """
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for name, raw in given.items():
            key = name.removeprefix(PREFIX)
            if key not in self.types:
                errors[name] = _("There is no such field.")
                continue
            try:
                values[key] = self.types[key].clean(raw, style)
            except ValidationError as error:
                errors[name] = " ".join(error.messages)
        if self.actor.kind in ASKED:
            for kind in self.types.values():
                field = kind.field
                asked = field.required and (new or field.key in values)
                if asked and values.get(field.key) is None:
                    errors.setdefault(column_key(field), _("Fill this in."))
        return values, errors


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of columns and those of custom fields (`cf_<key>`) apart."""
    custom = {name: value for name, value in values.items() if name.startswith(PREFIX)}
    return {name: value for name, value in values.items() if name not in custom}, custom


def merged(stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored values with the changed ones in place; an empty one does not stand there at all."""
    return {key: value for key, value in {**stored, **changes}.items() if value is not None}


def changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names (`cf_<key>`) of the values that differ."""
    keys = [*before, *(key for key in after if key not in before)]
    return [f"{PREFIX}{key}" for key in keys if before.get(key) != after.get(key)]


def shown(field: CustomField | None, value: Any) -> str:
    """Return a value as people read it, "" for none."""
    return type_of(field).show(value) if field is not None and value is not None else ""


def words_of(fields: Iterable[CustomField], custom: Mapping[str, Any]) -> list[str]:
    """Return the words by which a record is found through its custom values; `crm_custom_words` says the same in SQL.

    Only fields that everybody may see give words (C1).
    """
    found: list[str] = []
    for field in fields:
        if not field.roles and field.key in custom:
            found += type_of(field).search_words(custom[field.key])
    return found
