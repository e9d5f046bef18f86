"""Custom fields as targets of an import (C1): what a column can fill, and the values of a row by key."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.parsers import CellError, Style
from crm.kernel.customfields.fields import PREFIX, column_key, fields_for
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.types import FieldType, type_of

if TYPE_CHECKING:
    from .registry import Field

GROUP = _("Custom fields")
# Dates and numbers tell how the file writes them; people and web addresses are read by the field itself, which asks nothing.
SORTS: dict[str, str] = {
    CustomField.Type.DATE: "date",
    CustomField.Type.NUMBER: "money",
    CustomField.Type.MONEY: "money",
}


def custom_fields(record_kind: str, actor: Any = None) -> "list[Field]":
    """Return the custom fields of a kind of record that a column can fill, of an actor those that they may see."""
    from .registry import Field

    return [
        Field(
            column_key(each), each.label, _parser(type_of(each)), (each.key,), SORTS.get(each.type, "text"), group=GROUP
        )
        for each in fields_for(record_kind, actor)
    ]


def _parser(kind: FieldType) -> Callable[[str, Style], Any]:
    def parse(cell: str, style: Style) -> Any:
        try:
            return kind.clean(cell, style)
        except ValidationError as error:
            raise CellError(" ".join(error.messages)) from error

    return parse


def custom_of(values: dict[str, Any]) -> dict[str, Any]:
    """Take the custom values out of a row's values and return them by key."""
    names = [name for name in values if name.startswith(PREFIX)]
    found = {name.removeprefix(PREFIX): values.pop(name) for name in names}
    return {key: value for key, value in found.items() if value is not None}
