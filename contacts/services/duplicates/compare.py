"""How alike two values are, from 0 to 1. Each comparison is one function over values that `profiles` has prepared."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from .words import full_name

Name = tuple[tuple[str, ...], tuple[str, ...]]  # words of the first and of the last name


def exact(one: str, other: str) -> float:
    """Say whether two texts are the same."""
    return 1.0 if one == other else 0.0


def text(one: str, other: str) -> float:
    """Return how alike two texts are, whatever the order of their words."""
    if one == other:
        return 1.0
    return max(fuzz.token_sort_ratio(one, other), fuzz.ratio(one, other)) / 100


def code(one: str, other: str) -> float:
    """Return how alike two numbers or codes are: one wrong or swapped digit is a slip, more is another number."""
    distance = OSA.distance(one, other, score_cutoff=2)
    return (1.0, 0.92, 0.8, 0.0)[min(distance, 3)] if min(len(one), len(other)) > 4 else exact(one, other)


def number(one: str, other: str) -> float:
    """Return 1 for equal numbers, less the further they are apart, 0 from a tenth on; codes by their digits."""
    try:
        a, b = float(one), float(other)
    except ValueError:
        return code(one, other)
    if a == b:
        return 1.0
    return max(0.0, 1 - abs(a - b) / (max(abs(a), abs(b)) / 10), code(one, other))


def date(one: str, other: str) -> float:
    """Return how alike two dates are: day and month swapped, or one digit wrong, is a slip."""
    a, b = re.sub(r"\D", "", one), re.sub(r"\D", "", other)
    if a == b:
        return 1.0
    if len(a) == len(b) == 8 and a[:4] == b[:4] and a[4:6] == b[6:] and a[6:] == b[4:6]:
        return 0.95
    return code(a, b)


@lru_cache(maxsize=65_536)
def _word(one: str, other: str) -> float:
    """Return how alike two words of names are."""
    if one == other:
        return 1.0
    if full_name(one) == full_name(other):
        return 0.95
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return 0.85 if long.startswith(short) else 0.0
    if len(short) > 2 and long.startswith(short):
        return 0.9
    distance = OSA.distance(one, other)
    if distance == 1 and len(long) > 3:
        return 0.92
    if distance == 2 and len(short) > 5:
        return 0.85
    return 0.75 * (1 - distance / len(long))


def _words(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Return how alike two parts of a name are: the best of word by word, and of all of it written as one."""
    if not ours or not theirs:
        return 0.8 if ours == theirs else 0.7
    best = max(_word(one, other) for one in ours for other in theirs)
    if len(ours) == len(theirs) == 1:
        return best
    whole = _word("".join(ours), "".join(theirs))
    return max(whole, min(best, 0.95))


def name(one: Name, other: Name) -> float:
    """Return how alike two people's names are: nicknames, initials, accents, slips and swapped names count as alike."""
    if one == other:
        return 1.0 if all(one) else 0.9
    straight = 0.45 * _words(one[0], other[0]) + 0.55 * _words(one[1], other[1])
    swapped = 0.48 * (_words(one[0], other[1]) + _words(one[1], other[0]))
    return max(straight, swapped)


def firm(one: str, other: str) -> float:
    """Return how alike two companies' names are, once what says only "company" is gone."""
    if one == other:
        return 1.0
    if one.replace(" ", "") == other.replace(" ", ""):
        return 0.98
    return float(fuzz.token_sort_ratio(one, other)) / 100


Compare = Callable[[Any, Any], float]
COMPARE: dict[str, Compare] = {
    "exact": exact, "text": text, "name": name, "firm": firm, "number": number, "date": date,
}  # fmt: skip
