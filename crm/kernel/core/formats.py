"""How money, days, times, durations and phone numbers are written for people: short, in the language in use.

Plain functions, so that builders of rows can call them; the template filters of the same names are in `components`.
"""

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import phonenumbers
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "KRW": "₩", "BRL": "R$",
    "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "MXN": "MX$", "ILS": "₪", "VND": "₫", "UAH": "₴", "TRY": "₺", "NGN": "₦",
}  # fmt: skip
SYMBOL_FIRST = {"en", "ja", "zh", "ko", "nl", "he", "hi", "tr"}
NOTHING = ""


def as_decimal(value: Any) -> Decimal | None:
    """Return a number as Decimal, or None for nothing and for what is no number."""
    if value is None or value == "":
        return None
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None


def money(value: Any, currency: str = "") -> str:
    """Return an amount in full: `$148,000`, `€12.50`; cents only where there are some. Nothing for no amount."""
    amount = as_decimal(value)
    if amount is None:
        return NOTHING
    amount = amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    places = 0 if amount == amount.to_integral_value() else 2
    return _with_currency(number_format(abs(amount), decimal_pos=places, force_grouping=True), currency, amount < 0)


def money_short(value: Any, currency: str = "") -> str:
    """Return a sum in few characters: `$1.61M`, `$212K`, `$950`."""
    amount = as_decimal(value)
    if amount is None:
        return NOTHING
    size = abs(amount)
    for unit, suffix in (
        (Decimal(10**9), pgettext("short for a thousand million", "B")),
        (Decimal(10**6), pgettext("short for a million", "M")),
        (Decimal(10**3), pgettext("short for a thousand", "K")),
    ):
        # 999,600 is written 1M, not 1000K
        if size >= unit - unit / 2000:
            scaled = size / unit
            places = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            if unit == 1000:
                places = 0 if scaled >= 10 else 1
            return _with_currency(_trimmed(scaled, places) + suffix, currency, amount < 0)
    return _with_currency(_trimmed(size, 0), currency, amount < 0)


def _trimmed(number: Decimal, places: int) -> str:
    number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    whole = number == number.to_integral_value()
    return str(number_format(number, decimal_pos=0 if whole else places, force_grouping=True))


def _with_currency(digits: str, currency: str, negative: bool) -> str:
    sign = "\N{MINUS SIGN}" if negative else ""
    if not currency:
        return sign + digits
    symbol = SYMBOLS.get(currency, currency)
    if (get_language() or "en").split("-")[0] in SYMBOL_FIRST:
        gap = "\N{NO-BREAK SPACE}" if symbol.isalpha() else ""
        return f"{sign}{symbol}{gap}{digits}"
    return f"{sign}{digits}\N{NO-BREAK SPACE}{symbol}"


def _local(value: Any) -> dt.date | dt.datetime | None:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value) if timezone.is_aware(value) else value
    return value if isinstance(value, dt.date) else None


def _as_date(value: dt.date | dt.datetime) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def day(value: Any) -> str:
    """Return a day as people say it: today, yesterday, tomorrow, `Fri 20 Nov`; in another year `31 Mar 2027`."""
    local = _local(value)
    if local is None:
        return NOTHING
    date = _as_date(local)
    today = timezone.localdate()
    distance = (date - today).days
    if distance == 0:
        return _("today")
    if distance == -1:
        return _("yesterday")
    if distance == 1:
        return _("tomorrow")
    if date.year == today.year or abs(distance) <= 31:
        return dated(date, pgettext("day of this year, as Fri 20 Nov", "D j M"))
    return dated(date, pgettext("day of another year, as 31 Mar 2027", "j M Y"))


def short_day(value: Any) -> str:
    """Return a day for a narrow place: `20 Nov`, in another year `Mar 2027`."""
    local = _local(value)
    if local is None:
        return NOTHING
    date = _as_date(local)
    if date.year == timezone.localdate().year:
        return dated(date, pgettext("short day of this year, as 20 Nov", "j M"))
    return dated(date, pgettext("short day of another year, as Mar 2027", "M Y"))


def when(value: Any) -> str:
    """Return an instant: `today 14:00`, `Fri 20 Nov, 14:00`; a date without a time as `day` does."""
    local = _local(value)
    if not isinstance(local, dt.datetime):
        return day(value)
    time = clock(local)
    if abs((local.date() - timezone.localdate()).days) <= 1:
        return _("%(day)s %(time)s") % {"day": day(local), "time": time}
    return _("%(day)s, %(time)s") % {"day": day(local), "time": time}


def full(value: Any) -> str:
    """Return date, time and zone in full, for titles."""
    local = _local(value)
    if local is None:
        return NOTHING
    title = dated(_as_date(local), pgettext("date in full", "l j F Y"))
    if not isinstance(local, dt.datetime):
        return title
    time = clock(local)
    return _("%(day)s, %(time)s %(zone)s") % {"day": title, "time": time, "zone": local.tzname() or ""}


@lru_cache(maxsize=6000)
def _written(value: dt.date | dt.time, pattern: str, language: str | None) -> str:
    """Return a day or a time by a pattern; kept, since a list writes hundreds of them, and the same ones again and again."""
    return date_format(value, pattern)


def dated(value: dt.date, pattern: str) -> str:
    """Return a day by a pattern of the reader's language, as `j F`."""
    return _written(value, pattern, get_language())


def clock(value: dt.datetime) -> str:
    """Return the time of day, by the minute."""
    return _written(dt.time(value.hour, value.minute), pgettext("time of day", "H:i"), get_language())


def ago(value: Any) -> str:
    """Return how long ago an instant was: `now`, `5 min ago`, `3 h ago`, `2 d ago`, then the day."""
    local = _local(value)
    if local is None:
        return NOTHING
    if not isinstance(local, dt.datetime):
        return _days_ago((timezone.localdate() - local).days, local)
    passed = (timezone.now() - local).total_seconds() if timezone.is_aware(local) else 0
    if passed < 0:
        return when(local)
    if passed < 60:
        return _("now")
    if passed < 3600:
        return _("%(count)d min ago") % {"count": passed // 60}
    if passed < 86400:
        return _("%(count)d h ago") % {"count": passed // 3600}
    return _days_ago(int(passed // 86400), local)


def _days_ago(days: int, local: dt.date | dt.datetime) -> str:
    if 1 <= days <= 60:
        return _("%(count)d d ago") % {"count": days}
    return day(local)


def duration(value: Any) -> str:
    """Return a length of time (a timedelta or seconds) by its two largest units: `12 d 4 h`, `2 h 10 min`, `45 s`."""
    if value is None or value == "":
        return NOTHING
    seconds = int(value.total_seconds() if isinstance(value, dt.timedelta) else value)
    days, rest = divmod(max(seconds, 0), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days >= 10:
        return _("%(count)d d") % {"count": days}
    parts = (
        (days, _("%(count)d d")),
        (hours, _("%(count)d h")),
        (minutes, _("%(count)d min")),
        (seconds, _("%(count)d s")),
    )
    first = next((place for place, (amount, _words) in enumerate(parts) if amount), 3)
    chosen = [words % {"count": amount} for amount, words in parts[first : first + 2] if amount and first < 3]
    return " ".join(chosen) or _("%(count)d s") % {"count": seconds}


def plural_days(days: int) -> str:
    """Return `1 day`, `14 days`."""
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


@lru_cache(maxsize=4096)
def phone(value: str | None) -> str:
    """Return an E.164 number in groups, `+45 31 55 01 87`; anything else as it is."""
    if not value:
        return NOTHING
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def browser(user_agent: str) -> str:
    """Return a browser's name and system in words: `Firefox on Windows`."""
    names = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
        ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    )  # fmt: skip
    name = next((words for mark, words in names if mark in user_agent), "")
    system = next((words for mark, words in systems if mark in user_agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or system or _("Unknown browser")


def bytes_words(size: int) -> str:
    """Return a number of bytes for people: `212 KB`, `25 MB`."""
    return str(filesizeformat(size)).replace(".0\xa0", "\xa0")
