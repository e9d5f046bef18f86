"""Form controls of the design system, for the `widgets` of forms. Their templates are in `templates/widgets/`."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.urls import reverse_lazy


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    """The browser's own picker of date and time, in the person's zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class TimeInput(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class Switch(forms.CheckboxInput):
    """An on/off switch."""

    def __init__(self, attrs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"class": "switch", "role": "switch", **(attrs or {})}, **kwargs)


class MoneyInput(forms.TextInput):
    """An amount; accepts what people type, `48,000` or `$48 000.50`. `currency` is shown before the number."""

    template_name = "widgets/money.html"

    def __init__(self, attrs: dict[str, Any] | None = None, currency: str = "") -> None:
        self.currency = currency
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the currency."""
        return {**super().get_context(name, value, attrs), "currency": self.currency}

    def format_value(self, value: Any) -> Any:
        """Return what stands in the field: what was stored with three places comes with a fourth, so that it stays what it is."""
        text = super().format_value(value)
        return f"{text}0" if text and _grouped.fullmatch(text) else text

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the number without currency signs, spaces and thousands separators."""
        value = data.get(name)
        return plain_amount(value, data.get("currency") or self.currency) if isinstance(value, str) else value


def plain_number(text: str) -> str:
    """Return typed text as a number with a point, `1.234,50` and `1,234.50` alike; text that is no number unchanged."""
    kept = text.strip().strip("$€£¥₹").replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "")
    kept = kept.replace(" ", "").replace("'", "")
    point, comma = kept.rfind("."), kept.rfind(",")
    if point >= 0 and comma >= 0:
        thousands = "," if point > comma else "."
        kept = kept.replace(thousands, "").replace(",", ".")
    elif comma >= 0:
        # one comma followed by one or two digits is a decimal comma, anything else separates thousands
        decimal = kept.count(",") == 1 and len(kept) - comma - 1 in (1, 2)
        kept = kept.replace(",", "." if decimal else "")
    elif kept.count(".") > 1:
        kept = kept.replace(".", "")
    return kept


# Currencies whose amounts have three decimal places.
THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_grouped = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def plain_amount(text: str, currency: str = "") -> str:
    """Return typed text as an amount with a point: `12.400` is twelve thousand, as `12,400` is, since no cents have three
    digits (but for some currencies)."""
    plain = plain_number(text)
    return plain.replace(".", "") if _grouped.fullmatch(plain) and currency not in THOUSANDTHS else plain


class TypeaheadInput(forms.TextInput):
    """A field that finds a record while typing: an ARIA combobox over a server's list of options.

    `url_name` answers `?q=` with `options_response`. `label_for(value)` gives the words of a stored value. `new=True`
    lets typed text stand for a record that does not exist yet: the form reads it as `<name>_text`.
    """

    template_name = "widgets/typeahead.html"

    def __init__(
        self,
        url_name: str,
        attrs: dict[str, Any] | None = None,
        *,
        label_for: Callable[[Any], str] | None = None,
        new: bool = False,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.url = reverse_lazy(url_name, kwargs=kwargs)
        self.label_for = label_for
        self.new = new
        super().__init__(attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the address of the options and the words of the chosen one."""
        label = self.label_for(value) if value and self.label_for else ""
        return {**super().get_context(name, value, attrs), "url": self.url, "chosen": label or "", "new": self.new}

    def id_for_label(self, id_: str | None, index: str | None = None) -> str:
        """Return the id of the visible input."""
        return id_ or ""


class TagsInput(forms.TextInput):
    """Several short words as chips; without JavaScript a line of words divided by commas. The value is a list."""

    template_name = "widgets/tags.html"

    def __init__(self, attrs: dict[str, Any] | None = None, suggestions: Callable[[], list[str]] | None = None) -> None:
        self.suggestions = suggestions
        super().__init__({"autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str:
        """Return the words divided by commas."""
        return value if isinstance(value, str) else ", ".join(str(word) for word in value or ())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the suggestions."""
        context = super().get_context(name, value, attrs)
        return {**context, "suggestions": self.suggestions() if self.suggestions else []}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return the words, each once, in the order typed."""
        words = (word.strip() for word in (data.get(name) or "").split(","))
        return list(dict.fromkeys(word for word in words if word))


class TagsField(forms.Field):
    """Several short words; the cleaned value is a list without doubles."""

    widget = TagsInput

    def to_python(self, value: Any) -> list[str]:
        """Return the list, an empty one for nothing."""
        return list(value or [])
