"""What the language of search means to the database: conditions on the folded search text of a kind of record."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorExact
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Concat
from django.db.models.lookups import Contains

from crm.kernel.core.changes import Actor
from crm.kernel.core.fields import Fold

from .folding import fold
from .language import FRAGMENT, Query, Term, parse

# `operator(actor, value)` returns the rows that a field asked for by name holds.
Operator = Callable[[Actor, str], Q]
NOTHING = Q(pk__in=[])
# Words with a typing error are looked for from and up to these lengths: a shorter one is like too many others.
SPELLED = range(4, 25)
WHOLE = 6


def folded(text: str) -> Fold:
    """Return text folded by the database: lower case, without accents."""
    return Fold(Value(text, output_field=TextField()))


def matching(
    text: str | Query,
    *,
    column: str = "search_text",
    prefix: str = "sort_name",
    actor: Actor | None = None,
    operators: Mapping[str, Operator] | None = None,
) -> Q:
    """Return the condition for rows that hold what a text asks for; a text without words matches nothing.

    Words of one or two letters alone must begin the name (`prefix`); beside a longer word they must begin a word.
    `operators` are those that the rows know; a field that they do not have is on none of them.
    """
    query = parse(text) if isinstance(text, str) else text
    if query.empty:
        return NOTHING
    return asked(query, actor, operators or {}) & _words(query, column, prefix)


def asked(query: Query, actor: Actor | None, operators: Mapping[str, Operator]) -> Q:
    """Return what all fields ask for together; a field asked for twice may hold either, but tags must all be there."""
    found: dict[str, Q] = {}
    for name, value in query.operators:
        operator = operators.get(name)
        rows = operator(actor, value) if operator is not None and actor is not None else NOTHING
        if name not in found:
            found[name] = rows
        else:
            found[name] = found[name] & rows if name == "tag" else found[name] | rows
    return reduce(lambda some, more: some & more, found.values(), Q())


def _words(query: Query, column: str, prefix: str) -> Q:
    terms = query.terms
    if terms and all(len(part) < FRAGMENT for term in terms for form in term.forms for part in form):
        found = Q(**{f"{prefix}__startswith": folded(query.text)})
        if not query.text.isascii():  # a whole name in many scripts
            found |= _all(terms, column, index=True)
    else:
        found = _all(terms, column)
    for term in query.without:
        found &= ~_term(term, column)
    return found


def beginning_words(query: Query, column: str = "search_text") -> Q:
    """Return rows in which every word of the query, however short, begins a word or stands in one."""
    found = _all(query.terms, column, index=True)
    for term in query.without:
        found &= ~_term(term, column)
    return found


def _all(terms: Iterable[Term], column: str, *, index: bool = False) -> Q:
    found = Q()
    for term in terms:
        found &= _term(term, column, index=index)
    return found


def _term(term: Term, column: str, *, index: bool = False) -> Q:
    found = Q()
    for form in term.forms:
        whole = Q()
        for part in form:
            whole &= _fragment(part, column, index=index)
        found |= whole
    return found


def _fragment(part: str, column: str, *, index: bool) -> Q:
    """Return rows that hold a fragment; a short one begins a word, and only `index` lets the index look for it.

    Beside a longer word the index would read a long list for two letters, where a look at the few rows is enough.
    """
    if len(part) >= FRAGMENT:
        return Q(**{f"{column}__contains": folded(part)})
    if index:
        return Q(**{f"{column}__startswith": folded(part)}) | Q(**{f"{column}__contains": folded(f" {part}")})
    spaced = Concat(Value(" ", output_field=TextField()), F(column), output_field=TextField())
    return Q(Contains(spaced, folded(f" {part}")))


def vector_matching(query: Query, vector: Any, *, months: Iterable[str] = ()) -> Q:
    """Return rows whose search vector (`Words`) holds all words, each as the beginning of one.

    `months` leaves those that hold one of these marks of the month they are of (`month_marks`), by the same index.
    """
    wanted = [_wanted(term) for term in query.terms]
    if not all(wanted):
        return NOTHING
    if months:
        wanted.append(" | ".join(f"'{mark}'" for mark in months))
    found = _holds(vector, " & ".join(f"({each})" for each in wanted)) if wanted else Q()
    for term in query.without:
        if unwanted := _wanted(term):
            found &= ~_holds(vector, unwanted)
    return found


def _wanted(term: Term) -> str:
    """Return a term in the language of search vectors, nothing if it has no words."""
    forms = (" & ".join(filter(None, map(_lexemes, form))) for form in term.forms)
    return " | ".join(f"({form})" for form in forms if form)


def month_marks(day: dt.date, *, before: int, after: int) -> list[str]:
    """Return the marks of a month and its neighbours, as `crm_words` puts them beside the words."""
    month = day.year * 12 + day.month
    return [f"month{number}" for number in range(month - before, month + after + 1)]


def _holds(vector: Any, wanted: str) -> Q:
    return Q(SearchVectorExact(vector, SearchQuery(wanted, config="simple", search_type="raw")))


def _lexemes(text: str) -> str:
    """Return a fragment in the language of search vectors: its words in a row, the last one perhaps cut short."""
    found = re.findall(r"[^\W_]+", fold(text))
    if not found:
        return ""
    cut = ":*" if len(found[-1]) >= FRAGMENT else ""  # one or two letters begin too many words
    return f"({' <-> '.join(f"'{word}'" for word in found)}{cut})"


def misspelt(query: Query, *, column: str = "search_text") -> Q:
    """Return rows that hold all words if one of them is taken to have one typing error: a letter too many, missing,
    wrong, or two swapped. Matches nothing where no word is long enough to be sure."""
    found = NOTHING
    plain = [term for term in query.terms if not term.phrase]
    for wrong in plain:
        if len(wrong.text) not in SPELLED or not wrong.text.isalpha():
            continue
        others = _all((term for term in query.terms if term is not wrong), column)
        found |= Q(**{f"{column}__regex": spelled_alike(wrong.text)}) & others
    for term in query.without:
        found &= ~_term(term, column)
    return found


def spelled_alike(word: str) -> str:
    """Return the pattern of folded words that are, or begin, like `word` but for one typing error."""
    letters = fold(word)
    ways = [f"{letters[:i]}.?{letters[i + 1 :]}" for i in range(len(letters))]
    ways += [f"{letters[:i]}.{letters[i:]}" for i in range(1, len(letters))]
    ways += [f"{letters[:i]}{letters[i + 1]}{letters[i]}{letters[i + 2 :]}" for i in range(len(letters) - 1)]
    # Few letters have few trigrams: a short word is looked for as a whole, a long one as the beginning of a word.
    end = "( |$)" if len(letters) <= WHOLE else ""
    return f"(^| )({'|'.join(dict.fromkeys(ways))}){end}"
