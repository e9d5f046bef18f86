"""Forms of the workspace's settings."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from crm.kernel.core.errors import Refused
from crm.kernel.core.widgets import DateInput, plain_number

from .currencies import currency_choices
from .models import WEEKDAYS, ExchangeRate, Holiday, Workspace
from .services import MOST_RATES, Rate, read_rates

LARGEST_FILE = 2_000_000


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones by name, without the historical aliases."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]


class WorkspaceForm(forms.ModelForm):
    """Name, money, time zone and calendar (U6)."""

    base_currency = forms.ChoiceField(label=_("Base currency"), help_text=_("Sums and reports are in this currency."))
    timezone = forms.ChoiceField(label=_("Time zone"), help_text=_("Days, months and quarters are cut here."))
    fiscal_year_start = forms.TypedChoiceField(
        label=_("Fiscal year starts in"), choices=list(MONTHS.items()), coerce=int
    )
    first_weekday = forms.TypedChoiceField(label=_("Week starts on"), choices=WEEKDAYS, coerce=int)
    working_days = forms.TypedMultipleChoiceField(
        label=_("Working days"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Workspace
        fields = ("name", "base_currency", "timezone", "fiscal_year_start", "first_weekday", "working_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base_currency"].choices = currency_choices(self.instance.base_currency)  # type: ignore[attr-defined]
        self.fields["timezone"].choices = zone_choices()  # type: ignore[attr-defined]

    def clean_working_days(self) -> list[int]:
        """Return the days in order of the week."""
        return sorted(self.cleaned_data["working_days"])


class HolidayForm(forms.ModelForm):
    """A day off for the whole company."""

    class Meta:
        model = Holiday
        fields = ("day", "name")
        widgets = {"day": DateInput}

    def validate_unique(self) -> None:
        """Let the same day through: it takes the new name."""


class RateForm(forms.ModelForm):
    """One exchange rate."""

    currency = forms.ChoiceField(label=_("Currency"))
    rate = forms.CharField(label=_("Rate"), max_length=30, widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    class Meta:
        model = ExchangeRate
        fields = ("currency", "day", "rate")
        widgets = {"day": DateInput}

    def __init__(self, *args: Any, base: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [choice for choice in currency_choices() if choice[0] != base]
        self.fields["currency"].choices = choices  # type: ignore[attr-defined]

    def clean_rate(self) -> Any:
        """Return the number, however its decimals are written."""
        number = forms.DecimalField(max_digits=18, decimal_places=8, min_value=0)
        typed = self.cleaned_data["rate"].strip()
        # A rate has no thousands: its only comma is a decimal comma, however many digits follow.
        value = number.clean(typed.replace(",", ".") if "." not in typed else plain_number(typed))
        if not value:
            raise forms.ValidationError(_("Type a number above 0, such as 1.0842."))
        return value

    def validate_unique(self) -> None:
        """Let the same day through: it takes the new rate."""

    def rates(self) -> list[Rate]:
        """Return the one rate as a list."""
        return [Rate(self.cleaned_data["currency"], self.cleaned_data["day"], self.cleaned_data["rate"])]


class RateLinesForm(forms.Form):
    """Many rates, pasted or as a file."""

    lines = forms.CharField(
        label=_("Lines"),
        required=False,
        max_length=LARGEST_FILE,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "EUR, 2026-01-31, 1.0842"}),
        help_text=_("Currency, day and rate on each line. A rate holds from its day until the next one."),
    )
    file = forms.FileField(label=_("Or a CSV file"), required=False)

    def clean(self) -> dict[str, Any]:
        """Read the lines into `cleaned_data["rates"]`."""
        data: dict[str, Any] = super().clean() or {}
        text = data.get("lines") or ""
        if data.get("file"):
            text = self._text_of(data["file"])
        if not self.errors and not text.strip():
            self.add_error("lines", _("Paste lines or choose a file."))
        if not self.errors:
            try:
                data["rates"] = read_rates(text)
            except Refused as refused:
                self.add_error("file" if data.get("file") else "lines", refused.message)
        return data

    def _text_of(self, file: Any) -> str:
        if file.size > LARGEST_FILE:
            self.add_error(
                "file", _("The file is larger than 2 MB; %(lines)d lines at once are enough.") % {"lines": MOST_RATES}
            )
            return ""
        raw = file.read()
        for encoding in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252"):
            try:
                return str(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
        self.add_error("file", _("This is no text file."))
        return ""
