"""How typed text is read for a search, the same for lists, typeaheads and the palette."""

import re

from django.db.models import Q, TextField, Value

from crm.kernel.core.fields import Fold

NUMBER = re.compile(r"[+\d][\d\s().\-/]{3,}\Z")
MOST = 200


def clean(text: str) -> str:
    """Return typed text without what cannot be stored, with single spaces, cut to 200 characters."""
    return " ".join(text.replace("\x00", " ").split())[:MOST]


def words_of(text: str) -> list[str]:
    """Return the words to look for. A phone number becomes its digits without leading zeros, as it is part of E.164."""
    text = clean(text)
    if NUMBER.fullmatch(text):
        digits = re.sub(r"\D", "", text).lstrip("0")
        return [digits] if digits else []
    return text.split()[:8]


def matching(text: str, *, column: str = "search_text", prefix: str = "sort_name") -> Q:
    """Return the condition for rows that hold all words; texts of one or two letters must begin the name."""
    words = words_of(text)
    if not words:
        return Q(pk__in=[])
    if all(len(word) < 3 for word in words):
        return Q(**{f"{prefix}__startswith": folded(" ".join(words))})
    found = Q()
    for word in words:
        found &= Q(**{f"{column}__contains": folded(word)})
    return found


def folded(text: str) -> Fold:
    """Return text folded by the database: lower case, without accents."""
    return Fold(Value(text, output_field=TextField()))
