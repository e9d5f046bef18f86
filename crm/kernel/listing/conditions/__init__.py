"""Conditions on records: a field, an operator and values, in groups of which all, any or none must hold.

The filter builder of lists turns them into SQL (`q`), rules ask the same of one record in Python (`holds`); both agree,
empty values included. To add a kind of field: subclass `Field` (`base.py`). To add an operator: a line in
`operators.py` and its two readings in the field's `compare` and `meets`.
"""

from .base import Context, Field
from .dates import Date, Instant
from .fields import Choice, Number, Person, Record, Tags, Text, YesNo
from .tree import BadCondition, Group, Rule, dump, parse

__all__ = [
    "BadCondition",
    "Choice",
    "Context",
    "Date",
    "Field",
    "Group",
    "Instant",
    "Number",
    "Person",
    "Record",
    "Rule",
    "Tags",
    "Text",
    "YesNo",
    "dump",
    "parse",
]
