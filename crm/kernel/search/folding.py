"""Folded text in Python: what `crm_fold` makes of it in the database, and which letters it came from (for marks)."""

import re
import unicodedata
from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# Letters that do not come apart into a base letter and an accent.
PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t",
    "’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-",
}  # fmt: skip
ACCENTS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """Return text in lower case without accents, as the database's `crm_fold` does for all but rare letters."""
    if text.isascii():
        return text.lower()
    lower = unicodedata.normalize("NFKD", text.lower())
    return ACCENTS.sub("", "".join(PLAIN.get(letter, letter) for letter in lower))


def _with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its letters the place in `text` that it came from."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        plain = fold(letter)
        letters.append(plain)
        places += [place] * len(plain)
    return "".join(letters), places


def spans(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Return where folded `words` stand in a text, as (from, to), in order and without overlaps."""
    folded, places = _with_places(text)
    found: list[tuple[int, int]] = []
    for word in words:
        start = folded.find(word)
        while word and start >= 0:
            found.append((places[start], places[start + len(word) - 1] + 1))
            start = folded.find(word, start + len(word))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def marked(text: str, words: Iterable[str]) -> SafeString:
    """Return a text as safe HTML with the found words in `<mark>`."""
    html, last = [], 0
    for start, end in spans(text, words):
        html += [escape(text[last:start]), "<mark>", escape(text[start:end]), "</mark>"]
        last = end
    return mark_safe("".join([*html, escape(text[last:])]))


def excerpt(text: str, words: Iterable[str], length: int = 120) -> str:
    """Return the part of a long text around the first found word, on one line."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    found = spans(line, words)
    start = max(found[0][0] - length // 3, 0) if found else 0
    if start:
        start = line.rfind(" ", 0, start) + 1
    part = line[start : start + length].strip()
    return ("… " if start else "") + part + (" …" if start + length < len(line) else "")
