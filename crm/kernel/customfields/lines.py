"""Custom fields on a record's page: what `contacts.fields` and `deals.fields` need to show each as a line of the summary."""

from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from .fields import column_key, fields_for
from .models import CustomField
from .types import type_of
from .types.words import WebAddress


class Line(NamedTuple):
    """How one custom field stands on a page; `show(record)` gives safe HTML, nothing for no value."""

    field: CustomField
    key: str
    label: str
    empty: str

    def show(self, record: Any) -> Any:
        """Return the value of a record."""
        return type_of(self.field).html(record.custom.get(self.field.key))

    def link(self, record: Any) -> str:
        """Return the address that a value of type URL leads to, "" for others: a button holds no link."""
        kind, value = type_of(self.field), record.custom.get(self.field.key)
        return str(value) if isinstance(kind, WebAddress) and value is not None and kind.fits(value) else ""


def lines_for(record_kind: str, actor: Any) -> list[Line]:
    """Return the lines of the fields that an actor may see, in order."""
    return [
        Line(each, column_key(each), each.label, _("Add %(field)s") % {"field": each.label})
        for each in fields_for(record_kind, actor)
    ]
