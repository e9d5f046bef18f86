"""The fields that conditions are about: one class for each kind of value, with the same few methods."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.kernel.core import parsers
from crm.kernel.core.widgets import plain_amount
from crm.kernel.customfields.people import people

from . import operators
from .base import Context, Field, Words
from .operators import Operator

PLAIN = parsers.Style()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """Words; case does not matter."""

    LOOKUPS: ClassVar[dict[str, str]] = {"contains": "icontains", "is": "iexact", "starts": "istartswith"}

    def nothing(self) -> Q:
        """Return the condition of rows without a value: an empty one, or none through a missing link."""
        return Q(**{self.path: ""}) | Q(**{f"{self.path}__isnull": True})

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return the condition of an operator."""
        return Q(**{f"{self.path}__{self.LOOKUPS[operator]}": values[0]})

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether the words fit."""
        have, want = str(seen).upper(), values[0].upper()
        return bool({"contains": want in have, "is": want == have, "starts": have.startswith(want)}[operator])


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A number, or an amount of `money` compared by its number and typed as in forms."""

    money: bool = False
    control: ClassVar[str] = "number"
    known: ClassVar[dict[str, Operator]] = operators.NUMBER

    def read(self, operator: str, text: str, context: Context) -> Decimal:
        """Return the number."""
        try:
            found = Decimal(str(parsers.number(plain_amount(text) if self.money else text, PLAIN)))
        except parsers.CellError as error:
            raise ValueError(str(error)) from error
        if not found.is_finite() or abs(found) >= Decimal(10) ** 15:
            raise ValueError(_("Type a number, such as 48,000."))
        return found

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return the condition of an operator."""
        if operator == "between":
            low, high = sorted(values)
            return Q(**{f"{self.path}__gte": low, f"{self.path}__lte": high})
        return Q(**{f"{self.path}__{'exact' if operator == 'is' else operator}": values[0]})

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether the number fits."""
        low, high = min(values), max(values)
        found = {
            "is": seen == low, "lt": seen < low, "lte": seen <= low, "gt": seen > low, "gte": seen >= low,
            "between": low <= seen <= high,
        }  # fmt: skip
        return bool(found[operator])

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return the number in the person's notation."""
        return str(number_format(value.normalize() if value else 0, force_grouping=True))


def no_choice(raw: object) -> str:
    """Return in words that a value is not offered; an id would tell nobody anything."""
    try:
        UUID(str(raw))
    except ValueError:
        return _("“%(value)s” is none of the choices.") % {"value": str(raw)[:80]}
    return _("what was chosen is not there any more, or not for you.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of a closed list. `options` may be a function, called when it is needed."""

    options: Iterable[tuple[Any, Words]] | Callable[[], Iterable[tuple[Any, Words]]]
    control: ClassVar[str] = "choices"
    known: ClassVar[dict[str, Operator]] = operators.CHOICE

    def labels(self) -> dict[str, Words]:
        """Return the labels by value."""
        found = self.options() if callable(self.options) else self.options
        return {str(value): label for value, label in found if str(value)}

    def read(self, operator: str, text: str, context: Context) -> str:
        """Return the value."""
        if text not in self.labels():
            raise ValueError(no_choice(text))
        return text

    def nothing(self) -> Q:
        """Return the condition of rows without a value, those that are reached through a missing link too."""
        return Q(**{f"{self.path}__isnull": True}) | self.blank()

    def blank(self) -> Q:
        """Return the condition of an empty text; a link has none."""
        return Q() if self.path.endswith("_id") else Q(**{self.path: ""})

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return rows that have one of the values."""
        return Q(**{f"{self.path}__in": values})

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether the value is one of them."""
        return str(seen) in values

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return the label."""
        return str(self.labels().get(value, value))

    def choices(self, operator: str, context: Context) -> list[tuple[str, Words]]:
        """Return all of them."""
        return list(self.labels().items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Field):
    """A colleague: ids, `me` and `team`, which mean whoever reads the list. `column` ends in `_id`."""

    control: ClassVar[str] = "choices"
    known: ClassVar[dict[str, Operator]] = operators.CHOICE

    def read(self, operator: str, text: str, context: Context) -> str:
        """Return me, team, or an id."""
        if text in ("me", "team"):
            return text
        try:
            return str(UUID(text))
        except ValueError as error:
            raise ValueError(_("“%(value)s” is none of the choices.") % {"value": text[:80]}) from error

    def meant(self, values: list[str], context: Context) -> set[UUID]:
        """Return the ids of the people meant."""
        found: set[UUID] = set()
        person = context.actor.user
        for value in values:
            if value == "me":
                found |= {person.pk} if person else set()
            elif value == "team":
                found |= {person.pk, *person.team_ids} if person else set()
            else:
                found.add(UUID(value))
        return found

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return rows of these people."""
        return Q(**{f"{self.path}__in": sorted(self.meant(values, context))})

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether it is one of them."""
        return seen in self.meant(values, context)

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return the person's name; a stranger's is not told."""
        return str(dict(self.choices(operator, context)).get(value, _("somebody")))

    def choices(self, operator: str, context: Context) -> list[tuple[str, Words]]:
        """Return me, my team and all colleagues."""
        return [("me", _("Me")), ("team", _("My team")), *((each.id, each.name) for each in people().values())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Field):
    """Another record, by id. `options` is the URL name of its typeahead; `name_of` gives None for what one may not see."""

    options: str
    name_of: Callable[[Any, UUID], str | None]
    control: ClassVar[str] = "record"
    known: ClassVar[dict[str, Operator]] = {
        "is": Operator("is", operators.TEXT["is"].label),
        "is_not": Operator("is_not", operators.TEXT["is_not"].label, contrary="is"),
        **{each.key: each for each in operators.EMPTY},
    }

    def read(self, operator: str, text: str, context: Context) -> UUID:
        """Return the record's id."""
        try:
            return UUID(text)
        except ValueError as error:
            raise ValueError(_("Choose a record from the list.")) from error

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return rows that point to the record."""
        return Q(**{self.path: values[0]})

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether it is this one."""
        return bool(seen == values[0])

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return its name, unless it is hidden from the reader (U3)."""
        return self.name_of(context.actor, value) or _("a record that you cannot see")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags(Field):
    """A list of words."""

    control: ClassVar[str] = "tags"
    known: ClassVar[dict[str, Operator]] = operators.TAGS

    def nothing(self) -> Q:
        """Return rows without any."""
        return Q(**{self.path: []})

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return rows with any, or all, of the words."""
        return Q(**{f"{self.path}__{'overlap' if operator == 'any' else 'contains'}": values})

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether the words are there."""
        have, want = set(seen), set(values)
        return bool(have & want) if operator == "any" else want <= have


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Field):
    """A tick."""

    known: ClassVar[dict[str, Operator]] = operators.YES_NO

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return rows where it is set."""
        return Q(**{self.path: True})

    def is_nothing(self, seen: Any) -> bool:
        """Say nothing: a tick is never missing."""
        return False

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether it is set."""
        return bool(seen)
