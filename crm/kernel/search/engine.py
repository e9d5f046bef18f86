"""How records of one kind are found and put in order, at a fixed cost: one statement, at most some hundred candidates.

Candidates come from several short roads, each with a limit: an exact address, one's own records, names that begin with
the text, whatever holds the words. A fragment may match half of a table; then the best of these candidates are shown
and the number is told as "100+". All roads begin at `rows(actor)`, what the person may see (U3).
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, DateTimeField, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from crm.kernel.core.changes import Actor

from . import stretches
from .language import Query, parse
from .words import NOTHING, Operator, beginning_words, folded, matching, misspelt

# So many matches are looked at before the best are chosen: for a page of all kinds, and for one that goes on.
CANDIDATES = 100
DEEP = 1000
# So many among the rows touched last are enough for a page of all kinds: the others need not be gathered.
ENOUGH = 20
# So many matches of everybody's are tried out for what the person may see.
SCANNED = 500

LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Hit:
    """A found record. `picture` is safe HTML (an avatar, a dot); without it the kind's icon is shown.

    Lower `rank` is better. `more` are further texts in which the words may stand: the first that holds one is shown.
    """

    kind: str
    pk: UUID
    title: str
    subtitle: str
    url: str
    picture: SafeString | None = None
    rank: int = 9
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits of a kind; `total` counts what was looked at, `capped` says that there is more of it.

    `next` is the place at which the next page begins, or nothing.
    """

    hits: Sequence[Hit] = ()
    total: int = 0
    capped: bool = False
    next: str = ""
    misspelt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """A kind of record as search knows it, declared by the app that owns it.

    `rows(actor)` are those that the person may see. `owner`, `recent` and `name` are columns: whose a record is, when
    it was last touched, its folded name. `exact(query)` finds by a whole address, `better` raises some rows, `types`
    are the words of `type:`.

    `condition` replaces the search in the text column. With `everybodys` (live rows of all people) a limited number of
    matches is taken first, those that are late (`lately`) among them, and what the person may see of these is shown:
    where visibility costs a look into other tables, a common word would else cost seconds. Kinds that are `late` are
    fetched after the page.
    """

    kind: str
    label: str | Promise
    icon: str
    rows: Callable[[Actor], Any]
    values: tuple[str, ...]
    hit: Callable[[Mapping[str, Any]], Hit]
    owner: str = "owner_id"
    recent: str = "updated_at"
    name: str = "sort_name"
    text: str = "search_text"
    exact: Callable[[Query], Q] = lambda _query: NOTHING
    better: Q = NOTHING
    annotate: Callable[[Any], Any] = lambda rows: rows
    operators: Mapping[str, Operator] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    condition: Callable[[Query, Actor], Q] | None = None
    everybodys: Callable[[], Any] | None = None
    lately: Callable[[Query, Actor], Q] | None = None
    late: bool = False
    spelling: bool = True
    covered: bool = False
    list_url_name: str = ""
    order: int = 100

    def asked_for(self, query: Query) -> bool:
        """Say whether the kind is among those that `type:` names; without one all are."""
        return not query.types or bool(query.types & {self.kind, *self.types})

    def matches(self, query: Query, actor: Actor) -> Q:
        """Return the condition for what holds the words and fields of the query."""
        if self.condition is not None:
            return self.condition(query, actor)
        return matching(query, column=self.text, prefix=self.name, actor=actor, operators=self._operators(query))

    def _operators(self, query: Query) -> dict[str, Operator]:
        """Return the operators of the kind; a `type:` that names the kind as a whole leaves nothing out."""
        own = dict(self.operators)
        own.setdefault("type", lambda _actor, value: Q() if value.casefold() in {self.kind, *self.types} else NOTHING)
        return own

    def find(self, actor: Actor, query: Query, most: int, *, after: str = "", deep: bool = False) -> Found:
        """Return the best matches: exact address, exact name, own records, beginnings, the last touched."""
        if query.empty:
            return Found(self.newest(actor, most))
        if not self.asked_for(query):
            return Found()
        rows = self.rows(actor)
        limit = DEEP if deep else CANDIDATES
        enough = ENOUGH if self.covered and not deep else limit
        keys = self._candidates(rows, query, actor, limit, enough)
        return self._page(rows, keys, query, actor, most, enough, after)

    def find_misspelt(self, actor: Actor, query: Query, most: int) -> Found:
        """Return what is found if one word has a typing error; nothing for kinds whose texts are long."""
        if not self.spelling or query.operators or not self.asked_for(query):
            return Found()
        rows = self.rows(actor)
        keys = rows.filter(misspelt(query, column=self.text)).order_by().values("pk")[: CANDIDATES + 1]
        found = self._page(rows, keys, query, actor, most, CANDIDATES, "")
        return Found(found.hits, found.total, found.capped, misspelt=True)

    def newest(self, actor: Actor, most: int) -> list[Hit]:
        """Return what was made last, for a typeahead in which nothing is typed yet."""
        rows = self.annotate(self.rows(actor)).order_by("-created_at", "-pk")
        return [self.hit(row) for row in rows.values("pk", *self.values)[:most]]

    def named(self, actor: Actor, ids: Sequence[UUID]) -> list[Hit]:
        """Return these records, as far as the person may see them."""
        rows = self.annotate(self.rows(actor)).filter(pk__in=list(ids))
        return [self.hit(row) for row in rows.values("pk", *self.values)]

    def _candidates(self, rows: Any, query: Query, actor: Actor, limit: int, enough: int) -> Any:
        """Return the keys of what is worth a look, from all roads together: at most `limit` from each, or `enough`."""
        match = self.matches(query, actor)
        if self.everybodys is not None:
            return self._limited(self.everybodys(), match, query, actor, limit)
        keys_of = rows.order_by().values("pk")
        whole, others = keys_of.filter(match), []
        if query.terms:
            if actor.id is not None and self.owner:
                others.append(whole.filter(**{self.owner: actor.id}))
            begins = Q(**{f"{self.name}__startswith": folded(query.text)})
            # Without exclusions and fields what begins with the text matches it: one range of one index.
            others.append(keys_of.filter(begins & match if query.without or query.operators else begins))
            if (exact := self.exact(query)) is not NOTHING:
                others.append(keys_of.filter(exact))
            if len(query.text) < 3 * len(query.terms):
                others.append(keys_of.filter(beginning_words(query, self.text)))
        keys = [road[: limit + 1] for road in others]
        if not self.covered or not keys:
            return _united([whole[: limit + 1], *keys])
        return self._on_stretches(whole, keys, actor, limit, enough)

    def _on_stretches(self, whole: Any, others: list[Any], actor: Actor, limit: int, enough: int) -> Any:
        """Return the keys of all roads, those of the first two from stretches of the index that carries the text."""
        scope = actor.scope(self.kind, "view")
        text, recent = self.text, self.recent
        found = [stretches.seen_first(whole, scope, text=text, recent=recent, limit=limit + 1, enough=enough + 1)]
        if actor.id is not None:
            own, *others = others
            found.append(stretches.own(own, actor.id, text=text, recent=recent, enough=enough + 1))
        found += [stretches.statement_of(each) for each in others]
        return stretches.united(found) or whole.none()

    def _limited(self, rows: Any, match: Q, query: Query, actor: Actor, limit: int) -> Any:
        """Return the keys of one's own matches, of late ones and of any, a limited number of each."""
        keys = [rows.filter(match).order_by().values("pk")[:SCANNED]]
        if self.lately is not None and query.terms:
            keys.append(rows.filter(self.lately(query, actor)).order_by().values("pk")[:SCANNED])
        if actor.id is not None:
            keys.append(rows.filter(match, **{self.owner: actor.id}).order_by().values("pk")[: limit + 1])
        return _united(keys)

    def _page(
        self, rows: QuerySet[Any], keys: Any, query: Query, actor: Actor, most: int, limit: int, after: str
    ) -> Found:
        """Return a page of candidates in their order, by one statement; they are counted up to `limit`."""
        ordered = self.annotate(rows.filter(pk__in=keys)).annotate(
            _score=self._score(query, actor),
            _late=Coalesce(F(self.recent), Value(LONG_AGO), output_field=DateTimeField()),
            _total=Window(Count("*")),
        )
        if (place := _decode(after)) is not None:
            ordered = ordered.filter(TupleLessThan(Tuple(F("_score"), F("_late"), F("pk")), place))
        ordered = ordered.order_by("-_score", "-_late", "-pk")
        read = list(ordered.values("pk", "_score", "_late", "_total", *self.values)[: most + 1])
        total = read[0]["_total"] if read else 0
        hits = []
        for row in read[:most]:
            hit = self.hit(row)
            hits.append(Hit(hit.kind, hit.pk, hit.title, hit.subtitle, hit.url, hit.picture, -row["_score"], hit.more))
        following = _encode(read[most - 1]) if len(read) > most else ""
        return Found(hits, min(total, limit), total > limit, following)

    def _score(self, query: Query, actor: Actor) -> Any:
        """Return how good a match is: exact address 100, exact name 50, one's own 10, beginning 4, one that is open 2."""
        parts = [(self.exact(query), 100)]
        if query.terms and self.name:
            names = (folded(query.text), folded(query.reversed))
            parts += [(Q(**{f"{self.name}__in": names}), 50), (Q(**{f"{self.name}__startswith": names[0]}), 4)]
        if actor.id is not None and self.owner:
            parts.append((Q(**{self.owner: actor.id}), 10))
        parts.append((self.better, 2))
        scores: list[Any] = [
            Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())
            for condition, points in parts
            if condition is not NOTHING
        ]
        return reduce(lambda some, more: some + more, scores)


def _united(keys: list[Any]) -> Any:
    return reduce(lambda some, more: some.union(more), keys) if len(keys) > 1 else keys[0]


def find_by_text(searchable: Searchable, actor: Actor, text: str, most: int = 8) -> list[Hit]:
    """Return the best matches of one kind for what was typed into a typeahead; the newest for an empty text."""
    query = parse(text)
    if query.empty and text.strip():
        return []
    found = searchable.find(actor, query, most)
    if not found.hits and query.terms:
        found = searchable.find_misspelt(actor, query, most)
    return list(found.hits)


def _encode(row: Mapping[str, Any]) -> str:
    packed = json.dumps([row["_score"], row["_late"].isoformat(), str(row["pk"])], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _decode(text: str) -> tuple[int, dt.datetime, UUID] | None:
    """Return the place that an address names, None for anything that `_encode` did not write."""
    try:
        score, late, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment = dt.datetime.fromisoformat(late)
        return (int(score) % 10_000, moment, UUID(pk)) if moment.tzinfo else None
    except (ValueError, TypeError, AttributeError, binascii.Error, OverflowError, RecursionError):
        return None
