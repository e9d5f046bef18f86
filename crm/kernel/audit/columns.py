"""JSON columns that hold many fields: an app tells how one is divided, and each part is told like a column (H3, C1)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import models

from crm.kernel.core.changes import Actor


@dataclass(frozen=True, slots=True)
class JsonPart:
    """One key of a JSON column, with the names that a column has. `words(value)` writes a value for people."""

    column: str
    key: str
    name: str
    verbose_name: str
    words: Callable[[Any], str]

    def value_in(self, row: dict[str, Any]) -> Any:
        """Return its value in a row of history."""
        return (row.get(self.column) or {}).get(self.key)


Divide = Callable[[type[models.Model], Actor | None], Collection[JsonPart]]
_divisions: dict[str, Divide] = {}


def divide_with(column: str, function: Divide) -> None:
    """Have the JSON column of this name told in the parts that `function(model, actor)` gives: those the actor may see,
    without an actor those that everybody may see.
    """
    _divisions[column] = function


def divided(fields: list[Any], model: type[models.Model], actor: Actor | None) -> list[Any]:
    """Return fields with each divided column replaced by its parts."""
    found: list[Any] = []
    for each in fields:
        function = _divisions.get(each.name)
        found += [each] if function is None else function(model, actor)
    return found


def part_of(model: type[models.Model], name: str, actor: Actor | None) -> JsonPart | None:
    """Return the part of a name (`cf_region`), None if there is none that the actor may see."""
    columns = [each for each in model._meta.concrete_fields if each.name in _divisions]
    return next((each for each in divided(columns, model, actor) if each.name == name), None)


def part_at(model: type[models.Model], column: str, key: str, actor: Actor | None) -> JsonPart | None:
    """Return the part at a key of a column, None if there is none that the actor may see."""
    function = _divisions.get(column)
    parts = function(model, actor) if function is not None else ()
    return next((each for each in parts if each.key == key), None)


def value_of(field: Any, row: dict[str, Any]) -> Any:
    """Return a field's value in a row of history."""
    return field.value_in(row) if isinstance(field, JsonPart) else row[field.attname]
