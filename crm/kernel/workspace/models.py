"""The company that works here: its settings, calendar and exchange rates (U6)."""

import datetime as dt
import time
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import remember
from crm.kernel.core.history import tracked
from crm.kernel.core.models import Keyed
from crm.kernel.core.widgets import THOUSANDTHS

currency_code = RegexValidator(r"^[A-Z]{3}\Z", _("Type a currency code of three capital letters, such as USD."))

WEEKDAYS = (
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
)
MINOR_UNITS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "ISK": 0,
    "VND": 0,
    "HUF": 2,
    **dict.fromkeys(THOUSANDTHS, 3),
}


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(_("Choose a time zone from the list."))


def working_week() -> list[int]:
    """Return Monday to Friday, the working days until somebody says otherwise."""
    return [1, 2, 3, 4, 5]


@tracked()
class Workspace(Keyed):
    """The one company of this installation (U6). There is at most one row; `current()` returns it."""

    kind: ClassVar[str] = "workspace"
    CACHE_SECONDS: ClassVar[float] = 3.0
    _cached: ClassVar[tuple[float, "Workspace"] | None] = None

    name = models.CharField(_("name"), max_length=120)
    base_currency = models.CharField(_("base currency"), max_length=3, default="USD", validators=[currency_code])
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    fiscal_year_start = models.PositiveSmallIntegerField(
        _("fiscal year starts in month"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    first_weekday = models.PositiveSmallIntegerField(_("week starts on"), choices=WEEKDAYS, default=1)
    working_days = ArrayField(
        models.PositiveSmallIntegerField(choices=WEEKDAYS), verbose_name=_("working days"), default=working_week
    )
    only_one = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("workspace")
        verbose_name_plural = _("workspace")
        constraints = [
            models.UniqueConstraint(fields=["only_one"], name="workspace_only_one"),
            models.CheckConstraint(condition=models.Q(only_one=True), name="workspace_only_one_true"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Workspace":
        """Return the workspace, an unsaved default before set-up. Kept a few seconds per process: it is read on every page."""
        now = time.monotonic()
        if cls._cached is None or now - cls._cached[0] > cls.CACHE_SECONDS:
            found = cls.objects.first()
            if found is None:
                return cls(name="CRM")
            cls._cached = (now, found)
        return cls._cached[1]

    @classmethod
    def forget(cls) -> None:
        """Drop the kept row, rates and other lists: after a change of the settings, and between tests."""
        remember.forget()
        cls._cached = None
        ExchangeRate._cached = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that cuts periods and turns dates into instants (R1, N7)."""
        return ZoneInfo(self.timezone)

    def today(self) -> dt.date:
        """Return today's date in the workspace's zone."""
        return timezone.now().astimezone(self.zone).date()

    def noon(self, day: dt.date) -> dt.datetime:
        """Return the instant that stands for a date without a time: noon in the workspace's zone (R1)."""
        return dt.datetime.combine(day, dt.time(12), tzinfo=self.zone)

    def day_of(self, at: dt.datetime) -> dt.date:
        """Return the date of an instant in the workspace's zone."""
        return at.astimezone(self.zone).date()

    def is_working_day(self, day: dt.date, holidays: frozenset[dt.date] = frozenset()) -> bool:
        """Say whether `day` is a working day that is no holiday."""
        return day.isoweekday() in self.working_days and day not in holidays


@tracked()
class Holiday(Keyed):
    """A day on which the company does not work (U6)."""

    kind: ClassVar[str] = "holiday"

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["day"]
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")

    def __str__(self) -> str:
        return f"{self.name} ({self.day})"


@tracked()
class ExchangeRate(Keyed):
    """What one unit of `currency` was worth in the base currency from `day` on, until the next rate (U6, P7)."""

    kind: ClassVar[str] = "exchangerate"
    _cached: ClassVar[tuple[float, dict[str, list[tuple[dt.date, Decimal]]]] | None] = None

    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    day = models.DateField(_("from"))
    rate = models.DecimalField(
        _("rate"), max_digits=18, decimal_places=8, validators=[MinValueValidator(Decimal("0.00000001"))]
    )

    class Meta:
        ordering = ["currency", "-day"]
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="exchangerate_one_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchangerate_positive"),
        ]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.rate.normalize():f} ({self.day})"

    @classmethod
    def table(cls) -> dict[str, list[tuple[dt.date, Decimal]]]:
        """Return all rates by currency, latest day first; kept a few seconds per process."""
        now = time.monotonic()
        if cls._cached is None or now - cls._cached[0] > Workspace.CACHE_SECONDS:
            rates: dict[str, list[tuple[dt.date, Decimal]]] = {}
            for currency, day, rate in cls.objects.order_by("currency", "-day").values_list("currency", "day", "rate"):
                rates.setdefault(currency, []).append((day, rate))
            cls._cached = (now, rates)
        return cls._cached[1]

    @classmethod
    def on(cls, currency: str, day: dt.date) -> Decimal | None:
        """Return the rate of a currency on a day: the last earlier one holds. None where there is none (P7)."""
        if currency == Workspace.current().base_currency:
            return Decimal(1)
        return next((rate for since, rate in cls.table().get(currency, ()) if since <= day), None)
