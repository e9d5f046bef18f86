"""The types of custom fields (C1). To add one: a class like those here, a line in `REGISTRY` and in `CustomField.Type`.

>>> type_of(field).clean("1.234,50")
'1234.5'
"""

from crm.kernel.customfields.models import CustomField

from .base import FieldType
from .choices import Dropdown, MultiSelect, Person, YesNo
from .numbers import Date, Money, Number
from .words import LongText, Text, WebAddress

REGISTRY: dict[str, type[FieldType]] = {
    each.key: each for each in (Text, LongText, Number, Money, Date, YesNo, Dropdown, MultiSelect, WebAddress, Person)
}


def type_of(field: CustomField) -> FieldType:
    """Return a field's type, bound to the field."""
    return REGISTRY[field.type](field)


__all__ = ["REGISTRY", "FieldType", "type_of"]
