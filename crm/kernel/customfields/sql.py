"""Values as SQL reads them: typed, and nothing where a stored value does not fit its field (C2).

The functions are made by a migration. They are immutable and inlined, so that an index over one serves the order that
names the same.
"""

from typing import Any

from django.db.models import DateField, DecimalField, Field, Func, TextField
from django.db.models.expressions import Combinable

from .models import field_key

OUTPUT: dict[str, "Field[Any, Any]"] = {
    "text": TextField(),
    "number": DecimalField(max_digits=30, decimal_places=10),
    "money": DecimalField(max_digits=30, decimal_places=10),
    "date": DateField(),
}


class Value(Func):
    """`crm_custom_number(custom -> 'key')` and its likes; `read` is text, number, money or date."""

    def __init__(self, column: Any, read: str, key: str) -> None:
        field_key(key)  # it becomes part of the SQL text, as the index has it
        super().__init__(column, template=expression("%(expressions)s", read, key), output_field=OUTPUT[read])


class Raw(Func):
    """`custom -> 'key'`: the stored value as JSON."""

    def __init__(self, column: "str | Combinable", key: str) -> None:
        field_key(key)
        super().__init__(column, template=f"(%(expressions)s -> '{key}')", output_field=TextField())


def expression(column: str, read: str, key: str) -> str:
    """Return the expression over a column of values, as queries and the index of a sortable field write it."""
    return f"crm_custom_{read}({column} -> '{key}')"
