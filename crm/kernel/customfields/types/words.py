"""Text, long text and web address."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import Contains, Exact
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import parsers
from crm.kernel.core.fields import Fold
from crm.kernel.core.parsers import CellError, Style
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.operators import CONTAINS, EMPTY, FILLED, IS, IS_NOT

from .base import FieldType, parsed

TEXT_LENGTH = 250
LONG_TEXT_LENGTH = 10_000
URL_LENGTH = 300


def folded(words: str) -> Fold:
    """Return typed words in the form in which they are compared."""
    return Fold(Value(words, output_field=TextField()))


class Text(FieldType):
    """A line of words."""

    key: ClassVar[str] = CustomField.Type.TEXT
    label = gettext_lazy("Text")
    icon = "type"
    hint = gettext_lazy("Up to 250 characters")
    operators: ClassVar[tuple[str, ...]] = (IS, IS_NOT, CONTAINS, FILLED, EMPTY)
    reads = "text"
    indexable = True
    searched = True
    parser = staticmethod(parsers.text(TEXT_LENGTH))

    def read(self, raw: Any, style: Style) -> str:
        """Return the words."""
        if isinstance(raw, list | dict | bool):
            raise ValidationError(_("Type words."))
        return str(parsed(self.parser, raw, style))

    def control(self, **options: Any) -> forms.Field:
        """Return a line."""
        return forms.CharField(max_length=TEXT_LENGTH, **options)

    def compare(self, operator: str, values: Sequence[str], column: str) -> Q:
        """Return a condition that minds neither case nor accents."""
        if operator in (FILLED, EMPTY):
            return super().compare(operator, values, column)
        (words,) = (str(each) for each in self.wanted(values)[:1])
        if operator == CONTAINS:
            return Q(Contains(Fold(KeyTextTransform(self.field.key, F(column))), folded(words)))
        same = Q(Exact(self.sql(column), folded(words)))
        # a row without a value compares to nothing, which is not "is not"
        return same if operator == IS else ~same | Q(**{f"{column}__{self.field.key}__isnull": True})


class LongText(Text):
    """Several lines."""

    key: ClassVar[str] = CustomField.Type.LONG_TEXT
    label = gettext_lazy("Long text")
    icon = "file-text"
    hint = gettext_lazy("Several lines, up to 10,000 characters")
    operators: ClassVar[tuple[str, ...]] = (CONTAINS, FILLED, EMPTY)
    reads = ""
    indexable = False
    parser = staticmethod(parsers.text(LONG_TEXT_LENGTH, lines=True))

    def read(self, raw: Any, style: Style) -> str:
        """Return the lines, all ending alike."""
        return super().read(raw, style).replace("\r\n", "\n")

    def search_words(self, value: Any) -> Iterable[str]:
        """Return the first thousand characters: a search that held whole essays would find everything."""
        return [value[:1000]] if isinstance(value, str) else []

    def control(self, **options: Any) -> forms.Field:
        """Return a box for lines."""
        return forms.CharField(max_length=LONG_TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3}), **options)

    def html(self, value: Any) -> SafeString:
        """Return the text with its lines."""
        return mark_safe(f'<span class="pre-line">{escape(self.text(value))}</span>' if value is not None else "")


class WebAddress(Text):
    """A link: http, https or mailto, nothing that could run."""

    key: ClassVar[str] = CustomField.Type.URL
    label = gettext_lazy("Web address")
    icon = "link"
    hint = gettext_lazy("A page, or mailto: and an address")
    sort = "url"

    def read(self, raw: Any, style: Style) -> str:
        """Return the address; one without a scheme gets https."""
        words = str(raw)
        if not words.lower().startswith("mailto:"):
            return str(parsed(parsers.url, raw, style))
        try:
            validate_email(words[7:])
        except ValidationError as error:
            raise CellError(_("This is no e-mail address, such as ann@example.com.")) from error
        if len(words) > URL_LENGTH:
            raise CellError(_("A web address has at most 300 characters here."))
        return f"mailto:{words[7:].lower()}"

    def control(self, **options: Any) -> forms.Field:
        """Return a line; what is typed without a scheme is completed here, so the browser need not object."""
        widget = forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"})
        return forms.CharField(max_length=URL_LENGTH, widget=widget, **options)

    def show(self, value: Any) -> str:
        """Return the address as people say it, without scheme and closing slash."""
        return str(value).removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/")

    def html(self, value: Any) -> SafeString:
        """Return a link that tells the other side nothing of this page."""
        if value is None or not self.fits(value):
            return super().html(value)
        attributes = "" if value.startswith("mailto:") else ' rel="noopener noreferrer nofollow" target="_blank"'
        return mark_safe(f'<a class="clip" href="{escape(value)}"{attributes}>{escape(self.show(value))}</a>')

    def compare(self, operator: str, values: Sequence[str], column: str) -> Q:
        """Return a condition; a part of an address is looked for as it was typed."""
        if operator == CONTAINS and values and values[0].strip():
            return Q(Contains(Fold(KeyTextTransform(self.field.key, F(column))), folded(values[0].strip())))
        return super().compare(operator, values, column)
