"""Forms of reports: a mailed report, a saved view, the grid of targets."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core.widgets import plain_number
from crm.kernel.users.models import User

from .models import ReportMail
from .periods import Period
from .services import MOST, Holder


class MailForm(forms.Form):
    """How often a report goes, of which days it tells, and to whom.

    `shown` are days as an address has them that it may tell of for ever: those on the page, or those it has told of.
    """

    ENDED, SHOWN = "ended", "shown"
    DAYS = (
        (ENDED, gettext_lazy("The week or month that has just ended")),
        ("quarter", gettext_lazy("The quarter so far")),
        ("year", gettext_lazy("The year so far")),
    )

    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=ReportMail.Every.choices)
    days = forms.ChoiceField(label=gettext_lazy("It tells of"), choices=DAYS, initial=ENDED)
    recipients = forms.ModelMultipleChoiceField(
        label=gettext_lazy("To"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each gets the figures that they may see themselves."),
    )

    def __init__(self, *args: Any, shown: Period | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = shown
        if shown is not None:
            words = _("Always %(period)s") % {"period": shown}
            self.fields["days"].choices = [*self.DAYS, (self.SHOWN, words)]  # type: ignore[attr-defined]
        self.fields["recipients"].queryset = User.objects.owners().filter(email__isnull=False)  # type: ignore[attr-defined]

    def days_asked(self) -> dict[str, str]:
        """Return the chosen days as parameters of an address; none for what has just ended."""
        days = self.cleaned_data["days"]
        if days == self.SHOWN and self.shown is not None:
            return self.shown.query()
        return {} if days == self.ENDED else {"period": days}


def field_name(holder: Holder, month: dt.date) -> str:
    """Return the name of a target's field: `user.<id>.2026-11`."""
    return f"{holder[0]}.{holder[1]}.{month:%Y-%m}"


def typed_amount(amount: Decimal | None) -> str:
    """Return a target as its field shows it."""
    return "" if amount is None else f"{amount.normalize():f}"


def read_amount(text: str) -> Decimal | None:
    """Return a typed amount, None for nothing; raises ValueError for what is no amount of zero or more."""
    typed = "".join(text.split())
    if not typed:
        return None
    factor = {"k": 1_000, "m": 1_000_000}.get(typed[-1].lower())
    try:
        amount = Decimal(plain_number(typed[:-1] if factor else typed)) * (factor or 1)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise ValueError(text)
    return amount.quantize(Decimal("0.01"))


class TargetGrid:
    """The typed targets of holders by month: values that differ from what was shown, and errors by field.

    What was shown comes back beside each field as `was.<field>`; without it the field counts as typed. Where somebody
    else has set another target meanwhile (`stored`), the field says so.
    """

    def __init__(
        self, data: Any, holders: Sequence[Holder], months: Sequence[dt.date], stored: Mapping[str, Decimal]
    ) -> None:
        self.values: dict[tuple[Holder, dt.date], Decimal | None] = {}
        self.errors: dict[str, str] = {}
        for holder in holders:
            for month in months:
                name = field_name(holder, month)
                if name not in data:
                    continue
                try:
                    typed, shown = read_amount(data[name]), read_amount(data.get(f"was.{name}", ""))
                except ValueError:
                    self.errors[name] = _("Type an amount of zero or more, such as 48,000.")
                    continue
                now, known = stored.get(name), f"was.{name}" in data
                if known and typed == shown:
                    continue
                if known and now not in (shown, typed):
                    words = _("Somebody else has set %(amount)s meanwhile. Save again to set yours.")
                    self.errors[name] = words % {"amount": typed_amount(now) or _("nothing")}
                    continue
                self.values[(holder[0], UUID(str(holder[1]))), month] = typed
