"""What every type of custom field can do. A type is one small class; `types.REGISTRY` names them all."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Expression, Q
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.kernel.core.parsers import CellError, Parser, Style
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.operators import EMPTY, FILLED
from crm.kernel.customfields.sql import Value

PLAIN = Style()


class FieldType:
    """A field's type, bound to its definition.

    `icon` is of the sprite. `operators` are the keys of `operators.LABELS` that filters may use. `reads` is how SQL
    reads a value (`sql.OUTPUT`), "" if it cannot be ordered; `indexable` says whether "fast sorting" can be ticked;
    `descending` is the direction in which people first want to see it. `searched` says whether its words are found.
    """

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    hint: ClassVar[str | Promise] = ""
    operators: ClassVar[tuple[str, ...]] = (FILLED, EMPTY)
    reads: ClassVar[str] = ""
    indexable: ClassVar[bool] = False
    descending: ClassVar[bool] = False
    numeric: ClassVar[bool] = False
    has_options: ClassVar[bool] = False
    searched: ClassVar[bool] = False
    # What columns of a file look like that may hold it: a name that the import guesses by, and its sort.
    sort: ClassVar[str] = ""

    def __init__(self, field: CustomField) -> None:
        self.field = field

    # Values in ----------------------------------------------------------------------------------------------------
    def clean(self, raw: Any, style: Style = PLAIN) -> Any:
        """Return the value to store, None for nothing; raises ValidationError with words for the person.

        Takes what people type, what files hold (`style` says how they write dates and numbers), and stored values.
        """
        raw = raw.strip() if isinstance(raw, str) else raw
        if unstorable(raw):
            raise ValidationError(_("It holds a character that cannot be stored."))
        if raw is None or raw == "" or raw == [] or raw == {}:
            return None
        try:
            return self.read(raw, style)
        except CellError as error:
            raise ValidationError(str(error)) from error

    def read(self, raw: Any, style: Style) -> Any:
        """Return the stored shape of something that is not empty; may raise CellError or ValidationError."""
        raise NotImplementedError

    def fits(self, value: Any) -> bool:
        """Say whether a stored value is one that this type stores (C2)."""
        try:
            return bool(self.clean(value) == value)
        except ValidationError:
            return False

    def form_field(self, **options: Any) -> forms.Field:
        """Return the field of a form; its value goes to `clean`."""
        options.setdefault("label", self.field.label)
        options.setdefault("help_text", self.field.help_text)
        options.setdefault("required", False)
        return self.control(**options)

    def control(self, **options: Any) -> forms.Field:
        """Return the type's own form field."""
        return forms.CharField(**options)

    def initial(self, value: Any) -> Any:
        """Return a stored value as the form field shows it."""
        return value

    # Values out ---------------------------------------------------------------------------------------------------
    def text(self, value: Any) -> str:
        """Return a value in words that `clean` reads back: for exports, history and titles."""
        if value is None:
            return ""
        return self.words_of(value) if self.fits(value) else leftover(value)

    def words_of(self, value: Any) -> str:
        """Return a value that fits in words."""
        return str(value)

    def readings(self, value: Any) -> list[str]:
        """Return the words in which another type may read a value, the best first (C2)."""
        return [self.text(value)]

    def show(self, value: Any) -> str:
        """Return a value as people read it, in their language and notation."""
        return self.text(value)

    def html(self, value: Any) -> SafeString:
        """Return a value for a page, nothing for none."""
        if value is None:
            return mark_safe("")
        shown = self.show(value) if self.fits(value) else leftover(value)
        return mark_safe(f'<span class="clip">{escape(shown)}</span>')

    def search_words(self, value: Any) -> Iterable[str]:
        """Return the words by which a record is found through this value."""
        return [value] if self.searched and isinstance(value, str) else []

    # Lists --------------------------------------------------------------------------------------------------------
    def sql(self, column: str = "custom") -> Expression:
        """Return the typed value as an expression, NULL where there is none or it does not fit."""
        return Value(column, self.reads or "text", self.field.key)

    def condition(self, operator: str, values: Sequence[str], column: str = "custom") -> Q:
        """Return the condition of a filter; raises ValidationError for values that are none of this type's.

        `is` and its likes become `custom @> {...}`, which the GIN index of the table serves.
        """
        if operator not in self.operators:
            raise ValidationError(_("This field cannot be compared like that."))
        return self.compare(operator, values, column)

    def compare(self, operator: str, values: Sequence[str], column: str) -> Q:
        """Return the condition of one of the type's operators."""
        has = Q(**{f"{column}__has_key": self.field.key})
        return has if operator == FILLED else ~has

    def holding(self, value: Any, column: str) -> Q:
        """Return the condition for exactly this stored value."""
        return Q(**{f"{column}__contains": {self.field.key: value}})

    def wanted(self, values: Sequence[str], least: int = 1) -> list[Any]:
        """Return the typed values of a filter, cleaned."""
        found = [value for value in (self.clean(each) for each in values) if value is not None]
        if len(found) < least:
            raise ValidationError(_("Choose a value to compare with."))
        return found


def leftover(value: Any) -> str:
    """Return a value of another shape, kept from before the field was changed, in words (C2)."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(leftover(each) for each in value)
    if isinstance(value, dict):
        return " ".join(leftover(each) for each in value.values())
    return str(value)


def parsed(parser: Parser, raw: Any, style: Style) -> Any:
    """Return what a parser of cells reads in text; what is no text is no such value."""
    return parser(raw if isinstance(raw, str) else str(raw), style)


def unstorable(raw: Any) -> bool:
    """Say whether text, or text within a list or an object, has characters that the database does not take."""
    if isinstance(raw, str):
        return "\x00" in raw or any("\ud800" <= letter <= "\udfff" for letter in raw)
    if isinstance(raw, dict):
        return any(unstorable(each) for each in raw.values())
    return isinstance(raw, list | tuple) and any(unstorable(each) for each in raw)
