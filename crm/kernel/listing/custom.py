"""Custom fields on lists (C1): each is a column, a sort and a condition, for those who may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX, column_key, fields_for, may_see
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.people import people
from crm.kernel.customfields.sql import OUTPUT
from crm.kernel.customfields.types import FieldType, type_of

from .columns import Cell, Column, Row, Total
from .conditions import operators
from .conditions.base import Context, Field
from .conditions.dates import Date
from .conditions.fields import Number
from .conditions.operators import Operator
from .sorting import Sort

GROUP = _("Custom fields")
TYPES = CustomField.Type


@dataclass(frozen=True, slots=True)
class CustomFields:
    """The custom fields of a kind of record as a list offers them."""

    columns: tuple[Column, ...] = ()
    sorts: tuple[Sort, ...] = ()
    conditions: tuple[Field, ...] = ()


def custom_fields(kind: str, actor: Actor) -> CustomFields:
    """Return what the actor may see of the custom fields of a kind ("" has none)."""
    if not kind:
        return CustomFields()
    types = [type_of(field) for field in fields_for(kind, actor)]
    return CustomFields(
        tuple(_column(each) for each in types),
        tuple(_sort(each) for each in types if each.reads or each.key == TYPES.YES_NO),
        tuple(_condition(each) for each in types),
    )


def gone_fields(kind: str, names: Iterable[str], actor: Actor) -> list[str]:
    """Return the names of fields that a list does not have, those of removed custom fields as people called them."""
    keys = dict.fromkeys(names)
    if not keys:
        return []
    gone = CustomField.objects.filter(
        record_kind=kind, key__in=[key.removeprefix(PREFIX) for key in keys], removed_at__isnull=False
    )
    labels = {column_key(each): each.label for each in gone if may_see(each, actor)}
    return list(dict.fromkeys(labels.get(key, key) for key in keys))


def _column(of: FieldType) -> Column:
    key = column_key(of.field)
    ordered = bool(of.reads) or of.key == TYPES.YES_NO
    return Column(
        key,
        of.field.label,
        ("custom",),
        _cell(of),
        sort=key if ordered else "",
        css="num" if of.numeric else "",
        total=_total(of) if of.numeric else None,
        edit=key,
        custom=True,
    )


def _total(of: FieldType) -> Total:
    key = of.field.key

    def read(row: Row) -> tuple[Decimal | None, str]:
        value = row["custom"].get(key)
        if value is None or not of.fits(value):
            return None, ""
        return (Decimal(value["amount"]), value["currency"]) if of.key == TYPES.MONEY else (Decimal(value), "")

    currency = KeyTextTransform("currency", KeyTransform(key, "custom")) if of.key == TYPES.MONEY else None
    return Total(of.sql(), read, currency)


def _cell(of: FieldType) -> Cell:
    key = of.field.key
    return lambda row, page: of.html(row["custom"].get(key))


def _sort(of: FieldType) -> Sort:
    return Sort(
        column_key(of.field),
        of.field.label,
        f"_sort_{of.field.key}",
        descending=of.descending,
        nullable=True,
        indexed=of.field.sortable and of.field.indexed_at is not None,
        field=OUTPUT[of.reads] if of.reads else OUTPUT["number"],
        expression=of.sql(),
    )


def _condition(of: FieldType) -> Field:
    options: dict[str, Any] = {"key": column_key(of.field), "label": of.field.label, "group": GROUP}
    if of.key in (TYPES.NUMBER, TYPES.MONEY):
        return Number(expression=of.sql(), money=of.key == TYPES.MONEY, **options)
    if of.key == TYPES.DATE:
        return Date(expression=of.sql(), **options)
    return Custom(of=of, **options)


@dataclass(frozen=True, kw_only=True)
class Custom(Field):
    """A custom field of words or choices. Choices become `custom @> {…}`, which the table's GIN index serves."""

    of: FieldType
    WORDS: ClassVar[tuple[str, ...]] = (TYPES.TEXT, TYPES.LONG_TEXT, TYPES.URL)
    TEXT: ClassVar[dict[str, Operator]] = {key: each for key, each in operators.TEXT.items() if key != "starts"}
    YES_NO: ClassVar[dict[str, Operator]] = {
        "yes": Operator("yes", _("is yes"), 0),
        "no": Operator("no", _("is no"), 0),
        **{each.key: each for each in operators.EMPTY},
    }

    @property
    def control(self) -> str:  # type: ignore[override]
        """The control of the values."""
        return "text" if self.of.key in self.WORDS else "choices"

    @cached_property
    def operators(self) -> dict[str, Operator]:
        """The operators of the type."""
        if self.of.key in self.WORDS:
            known = self.TEXT
            return known if "is" in self.of.operators else {k: v for k, v in known.items() if k not in ("is", "is_not")}
        if self.of.key == TYPES.YES_NO:
            return self.YES_NO
        return operators.TAGS if self.of.key == TYPES.MULTI_SELECT else operators.CHOICE

    def read(self, operator: str, text: str, context: Context) -> Any:
        """Return the stored form of a value; `me` is whoever reads."""
        if self.of.key == TYPES.USER and text == "me":
            return "me"
        try:
            found = self.of.clean([text] if self.of.key == TYPES.MULTI_SELECT else text)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error
        if found in (None, "", []):
            raise ValueError(_("Give a value to compare with."))
        return found[0] if isinstance(found, list) else found

    def nothing(self) -> Q:
        """Return the condition of rows without a value."""
        return ~Q(custom__has_key=self.of.field.key)

    def compare(self, operator: str, values: list[Any], context: Context) -> Q:
        """Return the condition of an operator; rows without a value make it false, never unknown."""
        if self.of.key in self.WORDS:
            return Q(custom__has_key=self.of.field.key) & self.of.condition(operator, values)
        if operator in ("yes", "no"):
            return self._holding(operator == "yes")
        found = Q()
        for each in self._meant(values, context):
            found = found & self._holding(each) if operator == "all" else found | self._holding(each)
        return found

    def _holding(self, value: Any) -> Q:
        stored = [value] if self.of.key == TYPES.MULTI_SELECT else value
        return Q(custom__contains={self.of.field.key: stored})

    def _meant(self, values: Sequence[Any], context: Context) -> list[Any]:
        me = str(context.actor.id or "")
        return [me if value == "me" and self.of.key == TYPES.USER else value for value in values]

    def meets(self, operator: str, seen: Any, values: list[Any], context: Context) -> bool:
        """Say whether a stored value fits."""
        if self.of.key in self.WORDS:
            have, want = str(seen).casefold(), str(values[0]).casefold()
            return want in have if operator == "contains" else want == have
        if operator in ("yes", "no"):
            return bool(seen) is (operator == "yes")
        held = set(seen) if isinstance(seen, list) else {seen}
        want_any = set(self._meant(values, context))
        return want_any <= held if operator == "all" else bool(want_any & held)

    def is_nothing(self, seen: Any) -> bool:
        """Say whether there is no value; no is one."""
        return seen is None

    def show(self, operator: str, value: Any, context: Context) -> str:
        """Return a value in words."""
        return str(dict(self.choices(operator, context)).get(value, value))

    def choices(self, operator: str, context: Context) -> list[tuple[str, Any]]:
        """Return the options, or the people."""
        if self.of.key == TYPES.USER:
            return [("me", _("Me")), *((each.id, each.name) for each in people().values())]
        return [(each["key"], each["label"]) for each in self.of.field.options]
