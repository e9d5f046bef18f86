"""Full names of people into their parts. Quick and plain: a wrong guess is one edit away, a slow import is not."""

from contacts.services.duplicates.words import TITLES

PARTICLES = frozenset(
    [
        "af",
        "al",
        "ap",
        "ben",
        "bin",
        "da",
        "dal",
        "de",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "dos",
        "du",
        "el",
        "la",
        "le",
        "mac",
        "mc",
        "san",
        "st",
        "ter",
        "van",
        "von",
        "vom",
        "zu",
        "zum",
        "zur",
    ]
)


def split_name(full: str) -> tuple[str, str, str]:
    """Return first, middle and last name of `Ann Lee`, `Lee, Ann`, `Ludwig van Beethoven`, `Mary Ann Lee`."""
    last, comma, rest = full.partition(",")
    if comma and rest.strip():
        first, _space, middle = rest.strip().partition(" ")
        return first, middle.strip(), last.strip()
    words = full.split()
    while len(words) > 2 and words[0].casefold().rstrip(".") in TITLES:
        words = words[1:]
    if len(words) < 2:
        return " ".join(words), "", ""
    start = next((n for n, word in enumerate(words[1:-1], 1) if word.casefold() in PARTICLES), len(words) - 1)
    return words[0], " ".join(words[1:start]), " ".join(words[start:])
