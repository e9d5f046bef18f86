"""Keys under which a record is looked for: only records that share one are compared, so a million needs no million squared.

A field that says much by itself (a phone, an id) is a key alone; one that says something (a company, a postal code) is
one together with the sound of a word of the name. A key that many records share says nothing and is passed over.
"""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import combinations

from .profiles import Profile
from .rules import Rule, Rules
from .words import sound

STRONG, SECOND, TOGETHER = 40, 8, 12
AFFILIATION = frozenset(["company", "domain"])  # what colleagues share, so two of them say no more than one
MOST = 40  # records under one key


def keys_of(rules: Rules, profile: Profile) -> set[int]:
    """Return the keys of a record, as signed 64-bit numbers."""
    return {_number(words) for words in key_words(rules, profile)}


def key_words(rules: Rules, profile: Profile) -> Iterable[str]:
    """Yield the keys in words."""
    sounds = sorted({sound(word) for word in profile.words if len(word) > 1} - {""})
    together = []
    for rule in rules.rules:
        found = profile.values.get(rule.field, ())
        if not found or rule.same < SECOND or rule.compare == "name":
            continue
        if rule.same >= STRONG:
            yield from (f"{rule.field}={value}" for value in found)
        values = [_shortened(rule, value) for value in found]
        yield from (f"{rule.field}={value}|{each}" for value in values for each in sounds)
        if rule.same >= TOGETHER and rule.field not in AFFILIATION:
            together += [(rule.field, value) for value in values]
    for (field, value), (second, other) in combinations(together, 2):
        if field != second:
            yield f"{field}={value}|{second}={other}"


def _shortened(rule: Rule, value: str) -> str:
    """Return what of a value goes into a key: of a text that is compared loosely only its beginning."""
    return value.replace(" ", "")[:8] if rule.compare in ("text", "firm") else value


def _number(words: str) -> int:
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "big", signed=True)
