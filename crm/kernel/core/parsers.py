"""From cells to values. A parser takes the text of a cell, never empty, and returns a value or raises CellError."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from .widgets import plain_number

MAX_MONEY = Decimal(10) ** 13


class CellError(Exception):
    """A cell does not hold what its field takes; the message is shown beside it."""


@dataclass(frozen=True, slots=True)
class Style:
    """How this file writes things: the order of dates (`dmy`, `mdy`), its decimal mark, and where we are."""

    dates: str = "dmy"
    decimal: str = ""
    region: str = "US"
    zone: dt.tzinfo = dt.UTC


Parser = Callable[[str, Style], Any]
YES = frozenset(
    ["yes", "y", "true", "t", "1", "x", "on", "ja", "j", "oui", "o", "si", "sì", "sí", "wahr", "vrai", "✓", "✔", "done"]
)
NO = frozenset(["no", "n", "false", "f", "0", "-", "off", "nein", "non", "falsch", "faux", "open"])
_quick_email = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_iso = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](.+))?")
_numeric = re.compile(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})(?:,? +(.+))?")
_clock = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)? ?([ap])?\.?(?:m\.?)? ?(Z|[+-]\d{2}:?\d{2}|UTC|GMT)?", re.I
)
_worded = re.compile(
    r"(?:\w{2,9}\.?,? +)?"  # weekday
    r"(?:(\d{1,2})(?:st|nd|rd|th)?\.?[ -]+([a-z]{3,9})|([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?)"
    r",?[ -]+(\d{4})(?:,? +(.+))?",
    re.I,
)
MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_number = re.compile(r"-?\d+(?:\.\d+)?")
_code = re.compile(r"^([A-Za-z]{3})?\s*(.*?)\s*([A-Za-z]{3})?$", re.S)


def text(limit: int, *, lines: bool = False) -> Parser:
    """Return a parser of text of at most `limit` characters; `lines` keeps line breaks."""

    def parse(cell: str, style: Style) -> str:
        value = cell if lines else " ".join(cell.split()) if ("\n" in cell or "\r" in cell or "\t" in cell) else cell
        if len(value) > limit:
            raise CellError(_("%(length)d characters; at most %(limit)d fit.") % {"length": len(value), "limit": limit})
        return value

    return parse


def email(cell: str, style: Style) -> str:
    """Return an e-mail address in lower case."""
    value = cell.lower().removeprefix("mailto:").strip(" <>;,")
    if len(value) > 254:
        raise CellError(_("An e-mail address has at most 254 characters."))
    if not _quick_email.fullmatch(value):
        try:
            validate_email(value)
        except ValidationError as error:
            raise CellError(_("This is no e-mail address, such as ann@example.com.")) from error
    return value


def emails(cell: str, style: Style) -> list[str]:
    """Return several addresses, divided by commas, semicolons or spaces."""
    return list(dict.fromkeys(email(part, style) for part in re.split(r"[;,\s]+", cell) if part))


def phone(cell: str, style: Style) -> str:
    """Return a phone number as E.164; numbers without a country code are read as those of the workspace's country."""
    return _phone(cell, style.region)


@lru_cache(maxsize=4096)
def _phone(cell: str, region: str) -> str:
    value = cell.removeprefix("tel:")
    try:
        number = phonenumbers.parse("+" + value[2:] if value.startswith("00") else value, region)
    except phonenumbers.NumberParseException as error:
        raise CellError(_("This is no phone number.")) from error
    if not phonenumbers.is_possible_number(number):
        raise CellError(_("This is no phone number: it has too few or too many digits."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phones(cell: str, style: Style) -> list[str]:
    """Return several phone numbers, divided by commas, semicolons or slashes."""
    return list(dict.fromkeys(phone(part.strip(), style) for part in re.split(r"[;,/\n]+", cell) if part.strip()))


_valid_url = URLValidator(schemes=["http", "https"])


def url(cell: str, style: Style) -> str:
    """Return a web address; one without a scheme gets https."""
    value = cell if "://" in cell else f"https://{cell}"
    if len(value) > 300:
        raise CellError(_("A web address has at most 300 characters here."))
    try:
        _valid_url(value)
    except ValidationError as error:
        raise CellError(_("This is no web address, such as www.example.com.")) from error
    return value


def urls(cell: str, style: Style) -> list[str]:
    """Return several web addresses, divided by spaces, commas or semicolons."""
    return list(dict.fromkeys(url(part, style) for part in re.split(r"[;,\s]+", cell) if part))


_domain = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def domain(cell: str, style: Style) -> str:
    """Return an internet domain out of a domain, a web or an e-mail address."""
    value = cell.lower().strip()
    value = value.partition("://")[2] or value
    value = value.partition("/")[0].rpartition("@")[2].partition(":")[0].removeprefix("www.")
    if len(value) > 253 or not _domain.fullmatch(value):
        raise CellError(_("This is no internet domain, such as example.com."))
    return value


def domains(cell: str, style: Style) -> list[str]:
    """Return several domains, divided by spaces, commas or semicolons."""
    return list(dict.fromkeys(domain(part, style) for part in re.split(r"[;,\s]+", cell) if part))


def words(cell: str, style: Style) -> list[str]:
    """Return tags, divided by commas or semicolons."""
    found = list(dict.fromkeys(part.strip() for part in re.split(r"[;,]", cell) if part.strip()))
    if any(len(word) > 50 for word in found):
        raise CellError(_("A tag has at most 50 characters."))
    return found


def boolean(cell: str, style: Style) -> bool:
    """Return yes or no."""
    value = cell.casefold()
    if value in YES:
        return True
    if value in NO:
        return False
    raise CellError(_("Type yes or no."))


def amount(cell: str, style: Style) -> Decimal:
    """Return a number of money, 0 or more: `48,000`, `$1.234,50`, `1 234,50 EUR`."""
    value = number(_code.sub(r"\2", cell), style)
    if value < 0:
        raise CellError(_("An amount is 0 or more."))
    if value >= MAX_MONEY:
        raise CellError(_("This amount is too large."))
    return value.quantize(Decimal("0.001"))


def number(cell: str, style: Style) -> Decimal:
    """Return a number with thousands separators and either decimal mark."""
    value = cell.replace("−", "-")
    if value.startswith("(") and value.endswith(")"):
        value = "-" + value[1:-1]
    negative = value.lstrip("$€£¥₹ ").startswith("-")
    value = value.replace("-", "", 1) if negative else value
    if style.decimal == ",":
        value = value.strip("$€£¥₹ ").replace(".", "").replace(" ", "").replace("\u00a0", "").replace(",", ".")
    elif style.decimal == ".":
        value = value.replace(",", "")
    value = plain_number(value)
    if len(value) > 40 or not _number.fullmatch(value):
        raise CellError(_("Type a number, such as 48,000."))
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise CellError(_("Type a number, such as 48,000.")) from error
    return -found if negative else found


def whole(least: int, most: int) -> Parser:
    """Return a parser of whole numbers from `least` to `most`."""

    def parse(cell: str, style: Style) -> int:
        value = number(cell.rstrip("% "), style)
        if value != value.to_integral_value() or not least <= value <= most:
            raise CellError(
                _("Type a whole number from %(least)s to %(most)s.") % {"least": f"{least:,}", "most": f"{most:,}"}
            )
        return int(value)

    return parse


def choice(pairs: Iterable[tuple[str, Any]], aliases: dict[str, str] | None = None) -> Parser:
    """Return a parser of a closed list: takes a key, its words, or one of the aliases, whatever their case."""
    known = list(pairs)

    def parse(cell: str, style: Style) -> str:
        value = cell.casefold()
        for key, label in known:
            if value in (str(key).casefold(), str(label).casefold()):
                return key
        if aliases and value in aliases:
            return aliases[value]
        raise CellError(
            _("Not one of: %(choices)s.") % {"choices": ", ".join(str(label) for _key, label in known if _key)}
        )

    return parse


def currency(cell: str, style: Style) -> str:
    """Return a currency's code."""
    value = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}.get(cell, cell.upper())
    if not re.fullmatch("[A-Z]{3}", value):
        raise CellError(_("Type a currency code of three letters, such as USD."))
    return value


@lru_cache(maxsize=16384)
def _date(cell: str, order: str) -> tuple[dt.date, str]:
    """Return the day in a cell and what follows it."""
    if match := _iso.fullmatch(cell):
        year, month, day, rest = match.groups()
    elif match := _numeric.fullmatch(cell):
        first, second, year, rest = match.groups()
        day, month = (second, first) if order == "mdy" else (first, second)
    elif (match := _worded.fullmatch(cell)) and (found := MONTHS.get((match[2] or match[3])[:3].lower())):
        day, month, year, rest = match[1] or match[4], str(found), match[5], match[6]
    else:
        raise CellError(_("Type a date, such as 2026-12-31."))
    full = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 70 else 1900)
    try:
        value = dt.date(full, int(month), int(day))
    except ValueError as error:
        raise CellError(_("There is no such day.")) from error
    if not 1900 <= full <= 2200:
        raise CellError(_("The year must be from 1900 to 2200."))
    return value, (rest or "").strip()


def date(cell: str, style: Style) -> dt.date:
    """Return a day; a time behind it is left out."""
    value, rest = _date(cell, style.dates)
    if rest:
        return moment(cell, style)[1]
    return value


def moment(cell: str, style: Style) -> tuple[dt.datetime, dt.date, bool]:
    """Return (instant, day, whether a time was given). A day alone is noon in the workspace's zone (R1)."""
    day, rest = _date(cell, style.dates)
    if not rest:
        return dt.datetime.combine(day, dt.time(12), tzinfo=style.zone), day, False
    match = _clock.fullmatch(rest)
    if match is None:
        raise CellError(_("Type a date and time, such as 2026-12-31 14:00."))
    hour, minute, second, half, offset = match.groups()
    clock = int(hour) % 12 + (12 if half.lower() == "p" else 0) if half else int(hour)
    try:
        at = dt.datetime(
            day.year, day.month, day.day, clock, int(minute), int(second or 0), tzinfo=_offset(offset, style)
        )
    except ValueError as error:
        raise CellError(_("There is no such time.")) from error
    return at, at.astimezone(style.zone).date(), True


def _offset(words: str | None, style: Style) -> dt.tzinfo:
    if not words:
        return style.zone
    if words[0] not in "+-":
        return dt.UTC
    sign = -1 if words[0] == "-" else 1
    return dt.timezone(sign * dt.timedelta(hours=int(words[1:3]), minutes=int(words[-2:])))


def guess_dates(cells: Iterable[str]) -> str:
    """Return `dmy` or `mdy`, whichever the days above 12 show; "" where nothing tells."""
    for cell in cells:
        if match := _numeric.fullmatch(cell.strip()):
            if int(match[1]) > 12:
                return "dmy"
            if int(match[2]) > 12:
                return "mdy"
            if "." in cell:
                return "dmy"
    return ""


def guess_decimal(cells: Iterable[str]) -> str:
    """Return the decimal mark that some cell shows beyond doubt, else "" (each cell is then read by itself)."""
    for cell in cells:
        value = cell.strip("$€£¥₹ ")
        if re.fullmatch(r"-?\d{1,3}(\.\d{3})+,\d{1,2}|-?\d+,\d{1,2}", value):
            return ","
        if re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d{1,2}|-?\d+\.\d{1,2}", value):
            return "."
    return ""


def digest(text: str) -> str:
    """Return a short fingerprint of a text, by which a later file with the same text is recognised."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]
