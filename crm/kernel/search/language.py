"""The language of search: how typed text is read, the same on lists, in typeaheads, in the palette and on `/search/`.

All words must match, in any order, each as a fragment. `"quoted words"` stand together, `-word` must not be there,
`a OR b` wants one of both, `owner:me` asks for a field (`docs/search.md`). Nothing that people type is an error: what
cannot be meant is read as plain words.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .folding import fold

MOST_LETTERS = 200
MOST_TERMS = 8
# A fragment this long has a trigram of its own; a shorter one must begin a word.
FRAGMENT = 3
# So many digits in a row of numbers are read as part of a phone number.
PHONE_DIGITS = 4

OPERATORS = ("owner", "tag", "email", "phone", "company", "type")
# Keys that name what words are looked for in anyway: `name:maya` means `maya`.
PLAIN_KEYS = ("name", "title", "subject", "contact", "person", "deal")
ALIASES = {"mail": "email", "mailto": "email", "tel": "phone", "mobile": "phone", "kind": "type", "tags": "tag"}

INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("’‘ʼ`´＇", "'"),
        **dict.fromkeys("‐‑‒–—−－", "-"),
        "：": ":",
        "\x00": " ",
    }
)
# A token: perhaps a minus and a key, then a phrase in quotes that ends a word, or anything up to the next space.
TOKEN = re.compile(
    r"(?P<minus>-(?=[^\s-]))?(?:(?P<key>[A-Za-z][A-Za-z-]*):)?"
    r"(?:\"(?P<phrase>[^\"]*[^\s\"][^\"]*)\"(?=[\s,;)\]]|$)|(?P<word>\S*))"
)
NUMBER = re.compile(r"\+?[\d().\-/]*\d[\d().\-/]*")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
WEB = re.compile(r"(?:[a-z][a-z+.-]*://)(?:[^/@\s]*@)?(?:www\.)?([^/?#:\s]+)|www\.([^/?#:\s]+)", re.IGNORECASE)
EDGES = "()[]{}<>,;:!?¿¡*%…·•|~^=\\/_.'\"،，、。؟"
INNER = re.compile(r"[.'\-/&+·_,]")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be found: any of `forms`, each a group of fragments that all must be there."""

    text: str
    forms: tuple[tuple[str, ...], ...]
    phrase: bool = False

    def either(self, other: "Term") -> "Term":
        """Return the term that is found where this one or the other is."""
        return Term(f"{self.text} {other.text}", self.forms + other.forms, self.phrase and other.phrase)


@dataclass(frozen=True)
class Query:
    """A text as it was understood. `operators` are (name, value) with names of `OPERATORS`."""

    typed: str
    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    operators: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """True if there is nothing to look for."""
        return not self.terms and not self.operators

    @cached_property
    def text(self) -> str:
        """The words without quotes and operators, as a name is written."""
        return " ".join(term.text for term in self.terms)

    @cached_property
    def reversed(self) -> str:
        """The words with the last one first, as names are swapped."""
        texts = [term.text for term in self.terms]
        return " ".join([*texts[-1:], *texts[:-1]])

    @cached_property
    def address(self) -> str:
        """The first whole e-mail address that was typed, in lower case, or nothing."""
        asked = [value for name, value in self.operators if name == "email"]
        return next((t.lower() for t in (*asked, *(t.text for t in self.terms)) if ADDRESS.fullmatch(t)), "")

    @cached_property
    def types(self) -> frozenset[str]:
        """The kinds of records that `type:` asks for, as typed but in lower case; empty for all."""
        return frozenset(value.casefold() for name, value in self.operators if name == "type")

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """Folded fragments to mark in what was found."""
        asked = [value for name, value in self.operators if name in ("email", "company", "phone")]
        parts = [part for term in self.terms for form in term.forms for part in form]
        return tuple(dict.fromkeys(fold(part) for part in (*parts, *asked) if part))


def clean(text: str) -> str:
    """Return typed text without what cannot be stored or seen, with single spaces, cut to 200 characters."""
    visible = INVISIBLE.sub("", unicodedata.normalize("NFC", text.translate(LOOKALIKES)))
    return " ".join("".join(c if c.isprintable() else " " for c in visible).split())[:MOST_LETTERS].strip()


@lru_cache(maxsize=512)
def parse(text: str) -> Query:
    """Return what a typed text asks for; every text means something, an empty one nothing."""
    typed = clean(text)
    terms: list[Term] = []
    without: list[Term] = []
    operators: list[tuple[str, str]] = []
    either = negated = False
    for token in _tokens(typed):
        if token.word in ("AND", "&", "&&", "+", "OR", "|", "||", "NOT") and not token.key:
            either = token.word in ("OR", "|", "||") and bool(terms)
            negated = token.word == "NOT"
            continue
        if token.key:
            operators.append((token.key, token.word))
        elif term := _term(token):
            if token.minus or negated:
                without.append(term)
            elif either:
                terms[-1] = terms[-1].either(term)
            else:
                terms.append(term)
        either = negated = False
    if not terms and not operators:
        terms, without = without or _plain(typed), []
    return Query(typed, tuple(terms[:MOST_TERMS]), tuple(without[:MOST_TERMS]), tuple(operators[:MOST_TERMS]))


@dataclass(slots=True)
class _Token:
    word: str
    key: str = ""
    minus: bool = False
    phrase: bool = False
    number: tuple[str, ...] = ()


def _plain(typed: str) -> list[Term]:
    """Return the words of a text that holds nothing but signs of the language, such as "OR"."""
    return [term for word in typed.split() if (term := _term(_Token(word.lstrip("-")))) is not None]


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the tokens of a text: operators with their values, phrases, numbers that belong together, words."""
    raw: list[_Token] = []
    place = 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        match = TOKEN.match(text, place)
        assert match is not None, "a token may be any text"
        place = max(match.end(), place + 1)
        raw.append(_token(match))
    yield from _joined(raw)


def _token(match: "re.Match[str]") -> _Token:
    key = (match["key"] or "").lower()
    key = ALIASES.get(key.replace("e-mail", "email"), key.replace("e-mail", "email"))
    phrase = match["phrase"]
    word = match["word"] or ""
    if key and key not in OPERATORS:
        if phrase is None and key not in PLAIN_KEYS:  # "Re: offer" and "https://..." are words
            return _Token(f"{match['key']}:{word}", minus=bool(match["minus"]))
        key = ""
    return _Token(phrase if phrase is not None else word, key, bool(match["minus"]), phrase is not None)


def _joined(raw: list[_Token]) -> Iterator[_Token]:
    """Give an operator without a value the next word, and put neighbouring numbers together."""
    waiting = list(raw)
    while waiting:
        token = waiting.pop(0)
        if token.key and not token.word:
            if not waiting or waiting[0].key:
                continue
            token.word, token.phrase = waiting[0].word, waiting[0].phrase
            number = token.key == "phone" and _number_run(waiting)
            token.word = " ".join(number) if number else token.word
            del waiting[: len(number) if number else 1]
        elif token.key == "phone":
            more = _number_run(waiting) if NUMBER.fullmatch(token.word) else ()
            token.word = " ".join((token.word, *more))
            del waiting[: len(more)]
        elif not (token.key or token.phrase or token.minus):
            number = _number_run([token, *waiting])
            if sum(map(_digits, number)) >= PHONE_DIGITS:
                token.number = number
                del waiting[: len(number) - 1]
        if token.key:
            token.word = token.word.strip() if token.phrase else token.word.strip(EDGES)
        if token.word:
            yield token


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)


def _number_run(tokens: list[_Token]) -> tuple[str, ...]:
    """Return the numbers with which a row of tokens begins."""
    found = []
    for token in tokens:
        if token.key or token.phrase or token.minus or not NUMBER.fullmatch(token.word):
            break
        found.append(token.word)
    return tuple(found)


def digits_of(number: str) -> str:
    """Return the digits of a phone number as they stand in E.164: no zeros before it, none in brackets."""
    international = number.lstrip().startswith(("+", "00"))
    text = number.replace("(0)", "") if international else number
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdigit()).lstrip("0")


def _term(token: _Token) -> Term | None:
    """Return what a token asks for, None if it holds no letter, digit or picture."""
    if token.number:
        return _number(token.number)
    if token.phrase:
        words = " ".join(token.word.split())
        return Term(words, ((words,),), phrase=True) if _meaningful(words) else None
    word = token.word
    if (web := WEB.fullmatch(word)) or (web := WEB.match(word)):
        word = web[1] or web[2]
    word = word.strip(EDGES)
    if len(word) > 1 and word[0] == "+":
        word = word.lstrip("+")
    if not _meaningful(word):
        return None
    return Term(word, tuple(dict.fromkeys(_forms(word))))


def _meaningful(word: str) -> bool:
    """Say whether a word holds a letter, a digit or a picture, and not only signs."""
    return any(c.isalnum() or unicodedata.category(c) in ("So", "Sc", "Co") for c in word)


def _forms(word: str) -> Iterator[tuple[str, ...]]:
    """Yield how a word may be written: as it is, in one piece, and in its pieces where a sign divides unlike things."""
    yield (word,)
    if "@" in word:
        return
    squeezed = INNER.sub("", word)
    if squeezed != word and _meaningful(squeezed):
        yield (squeezed,)
    if re.search(r"[:/,;|]", word) and (parts := tuple(p for p in re.split(r"[:/,;|]+", word) if _meaningful(p))):
        yield parts


def _number(parts: tuple[str, ...]) -> Term | None:
    """Return the term for numbers in a row: a phone number in whatever notation, or those numbers one by one."""
    typed = " ".join(parts)
    digits = digits_of(typed)
    if not digits:
        return Term(typed, ((typed,),))
    forms: list[tuple[str, ...]] = [(digits,)]
    words = tuple(part.strip(EDGES) for part in parts)
    alone = len(parts) == 1 or (_digits(typed) <= 2 * PHONE_DIGITS and not typed.startswith("+"))
    if alone and any(len(word) >= FRAGMENT for word in words) and words != forms[0]:
        forms.append(words)
    return Term(typed, tuple(forms))
