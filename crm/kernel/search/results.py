"""What a search found, ready to be shown: groups by kind, marks on the words, tabs with numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise

from crm.kernel.core.changes import Actor

from .engine import Found, Hit, Searchable
from .folding import excerpt, marked, spans
from .language import Query
from .registry import kind_named, kinds

NOT_SEARCHED = Found()


@dataclass(frozen=True, slots=True)
class Group:
    """Results under one heading; `found` is empty for what was not searched."""

    label: str | Promise
    items: list[dict[str, Any]]
    kind: Searchable | None = None
    found: Found = NOT_SEARCHED
    more_url: str = ""

    @property
    def count(self) -> str:
        """How many there are, "100+" where only so many were looked at."""
        return f"{self.found.total}{'+' if self.found.capped else ''}" if self.kind else ""


def search_kinds(actor: Actor, query: Query, most: int, *, late: bool) -> list[tuple[Searchable, Found]]:
    """Search the kinds that are shown at once, or those that follow; one statement each."""
    return [(kind, kind.find(actor, query, most)) for kind in kinds() if kind.late is late]


def search_misspelt(actor: Actor, query: Query, most: int) -> list[tuple[Searchable, Found]]:
    """Search names once more with one typing error forgiven: for where nothing else is found."""
    if not query.terms:
        return []
    return [(kind, kind.find_misspelt(actor, query, most)) for kind in kinds() if kind.spelling]


def search_all(actor: Actor, query: Query, most: int) -> list[tuple[Searchable, Found]]:
    """Search every kind; names with a typing error only where nothing is found."""
    found = search_kinds(actor, query, most, late=False) + search_kinds(actor, query, most, late=True)
    return found if any_hits(found) else search_misspelt(actor, query, most) or found


def any_hits(found: list[tuple[Searchable, Found]]) -> bool:
    """Say whether anything was found."""
    return any(each.hits for _kind, each in found)


def items(hits: Sequence[Hit], query: Query | None = None, kind: Searchable | None = None) -> list[dict[str, Any]]:
    """Return hits as the templates show them, the found words marked."""
    words = query.marks if query is not None else ()
    return [_item(hit, words, kind or kind_named(hit.kind)) for hit in hits]


def _item(hit: Hit, words: Iterable[str], kind: Searchable | None) -> dict[str, Any]:
    shown = f"{hit.title} {hit.subtitle}"
    rest = [word for word in words if not spans(shown, [word])]
    where = next((text for text in hit.more if _holds(text, rest)), "")
    return {
        "title": hit.title,
        "title_html": marked(hit.title, words),
        "sub_html": marked(hit.subtitle, words),
        "more_html": marked(excerpt(where, rest), words) if where else "",
        "sub": hit.subtitle,
        "url": hit.url,
        "picture": hit.picture,
        "icon": kind.icon if kind else "",
    }


def _holds(text: str, words: Iterable[str]) -> bool:
    """Say whether a text holds one of the words; a number is compared by its digits."""
    digits = "".join(c for c in text if c.isdigit())
    return any(word in digits if word.isdigit() else bool(spans(text, [word])) for word in words)


def address(query: Query, kind: Searchable | None = None, **more: str) -> str:
    """Return the address of the search page for a query, of one kind only if given."""
    asked = {"q": query.typed, **({"type": kind.kind} if kind else {}), **more}
    return f"{reverse('search:search')}?{urlencode(asked)}"


def groups_of(found: list[tuple[Searchable, Found]], query: Query) -> list[Group]:
    """Return what was found by kind; the kind with the best match comes first."""
    hit = [(kind, each) for kind, each in found if each.hits]
    hit.sort(key=lambda pair: (min(h.rank for h in pair[1].hits) > -50, pair[0].order))
    return [
        Group(kind.label, items(each.hits, query, kind), kind, each, address(query, kind) if each.next else "")
        for kind, each in hit
    ]


def list_url(kind: Searchable, query: Query) -> str:
    """Return the address of the kind's list with the same words, where all of them can be paged through."""
    return f"{reverse(kind.list_url_name)}?{urlencode({'q': query.typed})}" if kind.list_url_name else ""
