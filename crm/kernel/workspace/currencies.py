"""The currencies that forms offer: code and name (ISO 4217)."""

from typing import Final

from django.utils.translation import gettext_lazy as _

CURRENCIES: Final = {
    "USD": _("US dollar"), "EUR": _("Euro"), "GBP": _("Pound sterling"), "CHF": _("Swiss franc"),
    "JPY": _("Japanese yen"), "CNY": _("Chinese yuan"), "AUD": _("Australian dollar"), "CAD": _("Canadian dollar"),
    "NZD": _("New Zealand dollar"), "INR": _("Indian rupee"), "AED": _("UAE dirham"), "ARS": _("Argentine peso"),
    "BGN": _("Bulgarian lev"), "BHD": _("Bahraini dinar"), "BRL": _("Brazilian real"), "CLP": _("Chilean peso"),
    "COP": _("Colombian peso"), "CZK": _("Czech koruna"), "DKK": _("Danish krone"), "EGP": _("Egyptian pound"),
    "GHS": _("Ghanaian cedi"), "HKD": _("Hong Kong dollar"), "HUF": _("Hungarian forint"),
    "IDR": _("Indonesian rupiah"), "ILS": _("Israeli new shekel"), "ISK": _("Icelandic króna"),
    "JOD": _("Jordanian dinar"), "KES": _("Kenyan shilling"), "KRW": _("South Korean won"),
    "KWD": _("Kuwaiti dinar"), "KZT": _("Kazakhstani tenge"), "LKR": _("Sri Lankan rupee"),
    "MAD": _("Moroccan dirham"), "MXN": _("Mexican peso"), "MYR": _("Malaysian ringgit"), "NGN": _("Nigerian naira"),
    "NOK": _("Norwegian krone"), "OMR": _("Omani rial"), "PEN": _("Peruvian sol"), "PHP": _("Philippine peso"),
    "PKR": _("Pakistani rupee"), "PLN": _("Polish złoty"), "QAR": _("Qatari riyal"), "RON": _("Romanian leu"),
    "RSD": _("Serbian dinar"), "SAR": _("Saudi riyal"), "SEK": _("Swedish krona"), "SGD": _("Singapore dollar"),
    "THB": _("Thai baht"), "TND": _("Tunisian dinar"), "TRY": _("Turkish lira"), "TWD": _("New Taiwan dollar"),
    "UAH": _("Ukrainian hryvnia"), "UYU": _("Uruguayan peso"), "VND": _("Vietnamese dong"),
    "ZAR": _("South African rand"),
}  # fmt: skip


def currency_choices(kept: str = "") -> list[tuple[str, str]]:
    """Return the choices of a form, with a stored code that is not in the list added at the end."""
    known = [(code, f"{code} · {name}") for code, name in CURRENCIES.items()]
    return [*known, (kept, kept)] if kept and kept not in CURRENCIES else known
