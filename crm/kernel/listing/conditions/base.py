"""What every field of a condition can do."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db.models import Q
from django.utils.translation import gettext as _

from . import operators
from .operators import Operator

Words = Any


class Context(Protocol):
    """For whom and when a condition is read: a list page is one."""

    actor: Any

    @property
    def today(self) -> dt.date:
        """Today where the person is."""

    def start_of(self, day: dt.date) -> dt.datetime:
        """Return the instant at which a day begins where the person is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that conditions may name. `column` is its place in queries, `key` unless given.

    With an `expression` the place is an alias of it: `aliases` must be set on the rows first. `group` is the heading under
    which the builder offers it.
    """

    key: str
    label: Words
    column: str = ""
    expression: Any = None
    group: Words = ""
    control: ClassVar[str] = "text"
    known: ClassVar[dict[str, Operator]] = operators.TEXT

    @property
    def path(self) -> str:
        """The name by which queries reach the value."""
        return f"_{self.key}" if self.expression is not None else self.column or self.key

    @property
    def aliases(self) -> dict[str, Any]:
        """What the rows need as aliases before `q` can be asked."""
        return {} if self.expression is None else {self.path: self.expression}

    @property
    def operators(self) -> dict[str, Operator]:
        """The operators of the field, by key, in the order of the menu."""
        return self.known

    def clean(self, operator: Operator, raw: Sequence[str], context: Context) -> list[Any]:
        """Return typed values; raises ValueError with words for the person."""
        given = list(dict.fromkeys(raw)) if operator.takes < 0 else list(raw)
        if operator.takes < 0 and not given:
            raise ValueError(_("Choose at least one value."))
        if 0 <= operator.takes != len(given):
            raise ValueError(_("Give a value to compare with."))
        return [self.read(operator.key, text, context) for text in given]

    def read(self, operator: str, text: str, context: Context) -> Any:
        """Return one typed value; raises ValueError with words."""
        if not text.strip() or len(text) > 200:
            raise ValueError(_("Give a value to compare with."))
        return text.strip()

    def q(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return the condition on rows. It is true or false for every row, never unknown, so that it can be negated."""
        contrary = self.operators[operator].contrary
        if contrary:
            return ~self.q(contrary, values, context)
        if operator == "empty":
            return self.nothing()
        found = self.compare(operator, values, context)
        return found & Q(**{f"{self.path}__isnull": False}) if self.expression is not None else found

    def nothing(self) -> Q:
        """Return the condition of rows without a value."""
        return Q(**{f"{self.path}__isnull": True})

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return the condition of an operator that has no contrary."""
        raise NotImplementedError

    def holds(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether a value meets the condition, as `q` would."""
        contrary = self.operators[operator].contrary
        if contrary:
            return not self.holds(contrary, seen, values, context)
        if operator == "empty":
            return self.is_nothing(seen)
        return not self.is_nothing(seen) and self.meets(operator, seen, values, context)

    def is_nothing(self, seen: Any) -> bool:
        """Say whether a value counts as empty."""
        return seen in (None, "", [])

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say the same of a value that is not empty, for an operator without a contrary."""
        raise NotImplementedError

    def words(self, operator: Operator, values: list[Any], context: Context) -> str:
        """Return the condition in words, without the field's name."""
        shown = [self.show(operator.key, value, context) for value in values]
        joined = _(" and ").join(shown) if operator.takes == 2 else ", ".join(shown)
        if "…" in str(operator.label):
            return str(operator.label).replace("…", f"{joined} {operator.unit}")
        return " ".join(filter(None, (str(operator.label), joined, str(operator.unit))))

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return a value in words."""
        return str(value)

    def choices(self, operator: str, context: Context) -> list[tuple[str, Words]]:
        """Return what can be chosen, for fields and operators whose control is a menu."""
        return []
