"""A list page, declared: `class ContactList(ListPage)` names columns, filters, sorts and views; `docs/lists.md` shows
how.

The state of a list is its address (filters, search, sort, place). Rows come from `.values()`, so a page costs one or
two queries whatever it shows.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

from crm.kernel.core.changes import Actor
from crm.kernel.core.panels import panels_for
from crm.kernel.search.language import parse
from crm.kernel.search.registry import kind_named
from crm.kernel.search.words import matching

from .columns import Column, Row, row_html
from .errors import BadQuery
from .filters import Filter
from .sorting import SORTABLE, Cursor, Page, Pager, Sort

# Parameters of the address that belong to the list itself.
OWN = ("q", "sort", "after", "before", "panel", "focus", "count")
# Of those, what a link to another state of the list leaves out.
PASSING = ("after", "before", "panel", "focus", "count")
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class View:
    """A tab above the list: a name and the query that it stands for.

    `counted` shows how many rows it has (loaded later).
    """

    key: str
    label: str | Promise
    params: dict[str, str | list[str]] = field(default_factory=dict)
    counted: bool = False
    visible: Callable[[Actor], bool] | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says before anybody has made a first record, and the way to make it."""

    icon: str
    title: str | Promise
    text: str | Promise


@dataclass(frozen=True, slots=True)
class TextSearch:
    """Fragment search: words of 3 letters and more by the trigram column, shorter ones by the beginning of the name."""

    column: str = "search_text"
    prefix: str = "sort_name"
    placeholder: str | Promise = ""
    label: str | Promise = ""

    def condition(self, typed: str, page: "ListPage") -> Q:
        """Return rows that hold what was typed, read as everywhere (crm.kernel.search.language)."""
        known = kind_named(page.kind)
        if known is not None:
            return known.matches(parse(typed), page.actor)
        return matching(typed, column=self.column, prefix=self.prefix, actor=page.actor)


_lists: dict[str, "type[ListPage]"] = {}


def list_named(key: str) -> "type[ListPage]":
    """Return the list with a key; raises BadQuery for an unknown one."""
    if key not in _lists:
        raise BadQuery("list", key)
    return _lists[key]


class ListPage:
    """Base of all lists. Subclasses fill the class attributes; `base()` gives the rows before any filter."""

    key: ClassVar[str]
    kind: ClassVar[str]
    title: ClassVar[str | Promise]
    url_name: ClassVar[str]
    model: ClassVar[type[models.Model]]
    columns: ClassVar[tuple[Column, ...]]
    filters: ClassVar[tuple[Filter, ...]] = ()
    sorts: ClassVar[tuple[Sort, ...]]
    views: ClassVar[tuple[View, ...]] = ()
    search: ClassVar[TextSearch | None] = TextSearch()
    empty: ClassVar[Empty]
    new_url_name: ClassVar[str] = ""
    new_label: ClassVar[str | Promise] = ""
    extra_fields: ClassVar[tuple[str, ...]] = ()
    picture: ClassVar[Column | None] = None
    template: ClassVar[str] = "listing/list.html"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "key" in cls.__dict__:
            _lists[cls.key] = cls

    @classmethod
    def for_query(cls, query: str, actor: Actor) -> Self:
        """Return the list at an address, for work without a page (bulk, export, counts); raises BadQuery alike."""
        request = HttpRequest()
        request.method, request.path, request.GET = "GET", reverse(cls.url_name), QueryDict(query)
        request.user, request.actor = actor.user, actor  # type: ignore[attr-defined]
        return cls(request)

    def __init__(self, request: HttpRequest) -> None:
        """Read the address; raises BadQuery for what the list does not know."""
        self.request = request
        self.actor: Actor = request.actor  # type: ignore[attr-defined]
        self.data: QueryDict = request.GET
        self._check_params()
        self.sort, self.reverse = self._read_sort()
        self.values: dict[str, Any] = {each.key: each.read(self.data, self) for each in self.filters}
        self.typed = " ".join((self.data.get("q") or "").split())[:200]

    # Rows ---------------------------------------------------------------------------------------------------------
    def base(self) -> Any:
        """Return all rows that the person may see; override to narrow it down or to annotate."""
        return self.model._default_manager.visible_to(self.actor).live()  # type: ignore[attr-defined]

    def filtered(self) -> Any:
        """Return the rows that match filters and search."""
        return self._narrow(self.base(), self.values, self.typed)

    def _narrow(self, rows: Any, values: dict[str, Any], typed: str) -> Any:
        for each in self.filters:
            if (value := values.get(each.key)) is not None:
                rows = rows.filter(each.condition(value, self))
        if typed and self.search is not None:
            rows = rows.filter(self.search.condition(typed, self))
        return rows

    @cached_property
    def page(self) -> Page:
        """The rows of this page, fetched once."""
        rows = self.filtered()
        if not self.sort.indexed and self.too_many:
            newest = rows.order_by(*self.sorts[0].ordering(False)).values("pk")[:SORTABLE]
            rows = self.base().filter(pk__in=newest)
        read_by = (*self.columns, *([self.picture] if self.picture else []))
        names = {name: None for column in read_by for name in column.fields}

        def read(rows: Any) -> Any:
            return rows.values("pk", *names, *self.extra_fields, _sort=F(self.sort.column))

        after, before = (self._cursor(param) for param in ("after", "before"))
        whole = read(self.base()) if self.typed and self.search is not None else None
        walked = self.walked() if self.sort.indexed and self.sort.field is None else None
        return Pager(read(rows), self.sort, self.reverse, whole=whole, walked=walked).page(after, before)

    def walked(self) -> Any:
        """Return the rows that the indexes of the orders hold, for searches; override where those are fewer."""
        return self.model._default_manager.live()  # type: ignore[attr-defined]

    @cached_property
    def too_many(self) -> bool:
        """True if an order without an index would have to sort more than 10,000 rows."""
        return capped_count(self.filtered(), SORTABLE) > SORTABLE

    def _cursor(self, param: str) -> Cursor | None:
        text = self.data.get(param)
        return Cursor.decode(text, self.sort, self.model) if text else None

    def rows_html(self) -> SafeString:
        """Return the rows of the page as table rows."""
        columns = [(column.opening, column.cell) for column in self.columns]
        return mark_safe("".join(row_html(row, columns, self) for row in self.page.rows))

    @classmethod
    def row_name(cls, row: Row) -> str:
        """Return a row's name, as its tick box is called."""
        raise NotImplementedError

    @cached_property
    def selectable(self) -> bool:
        """True if there is something to do with several rows: a panel in the place `list.bulk`."""
        return bool(panels_for("list.bulk", self.request.user, self))

    @property
    def selection(self) -> str:
        """The query string by which "all that match" are found again: filters and search, no order and no place."""
        return self.query(sort=None).removeprefix("?")

    def count(self) -> int:
        """Return how many rows match, at most 10,001: an exact count would read a big table."""
        return capped_count(self.filtered(), COUNTED)

    def view_count(self, view: View) -> int:
        """Return how many rows a view has, at most 10,001."""
        data = QueryDict(mutable=True)
        for name, value in view.params.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        values = {each.key: each.read(data, self) for each in self.filters}
        return capped_count(self._narrow(self.base(), values, data.get("q") or ""), COUNTED)

    # Address ------------------------------------------------------------------------------------------------------
    def _check_params(self) -> None:
        known = {*OWN, *self._filter_params()}
        for name, values in self.data.lists():
            if any("\x00" in value for value in (name, *values)):
                raise BadQuery(name.replace("\x00", ""), "NUL")
            if name not in known:
                raise BadQuery(name)

    def _filter_params(self) -> Iterator[str]:
        """Yield the parameters of all filters, and what a typeahead posts besides: the words that were typed."""
        for each in self.filters:
            for param in each.params:
                yield param
                yield f"{param}_text"

    def _read_sort(self) -> tuple[Sort, bool]:
        text = self.data.get("sort") or self.sorts[0].key
        reverse, key = text.startswith("-"), text.removeprefix("-")
        for sort in self.sorts:
            if sort.key == key:
                return sort, reverse
        raise BadQuery("sort", text)

    @property
    def untidy(self) -> bool:
        """True if the address carries empty parameters, as a form without JavaScript sends them."""
        return any(not value or name.endswith("_text") for name, values in self.data.lists() for value in values)

    @property
    def places(self) -> dict[str, str | None]:
        """The parameters that a tidy address keeps although other links leave them out."""
        return {name: self.data.get(name) or None for name in PASSING}

    @property
    def url(self) -> str:
        """The list's address without any filter."""
        return reverse(self.url_name)

    def query(self, **changes: str | None) -> str:
        """Return the address of this list with some parameters changed; a change leads to the first page."""
        data = self.data.copy()
        for name in PASSING:
            data.pop(name, None)
        for name, value in changes.items():
            data.pop(name, None)
            if value is not None:
                data[name] = value
        for name in [name for name in data if not any(data.getlist(name)) or name.endswith("_text")]:
            del data[name]
        return "?" + data.urlencode()

    def address_of(self, view: View) -> str:
        """Return the address of a view."""
        data = QueryDict(mutable=True)
        for name, value in view.params.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        return f"{self.url}?{data.urlencode()}" if view.params else self.url

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        """The views, and which of them this is."""
        state = {
            name: sorted(filter(None, values))
            for name, values in self.data.lists()
            if name not in (*PASSING, "sort") and any(values)
        }
        found = []
        for view in self.views:
            if view.visible is not None and not view.visible(self.actor):
                continue
            own = {n: sorted(v) if isinstance(v, list) else [v] for n, v in view.params.items() if n != "sort"}
            found.append({"view": view, "url": self.address_of(view), "current": own == state})
        return found

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        """The filters that are set, in words, each with the address without it."""
        return [
            {
                "key": each.key,
                "label": str(each.label),
                "words": each.words(value, self),
                "without": self.query(**dict.fromkeys(each.params)),
            }
            for each in self.filters
            if (value := self.values[each.key]) is not None
        ]

    @property
    def narrowed(self) -> bool:
        """True if a filter or a search is set."""
        return bool(self.typed) or any(value is not None for value in self.values.values())

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The heads of the columns: label, and the address that sorts by it."""
        return [self._head(column) for column in self.columns]

    def _head(self, column: Column) -> dict[str, Any]:
        sort = next((each for each in self.sorts if each.key == column.sort), None)
        current = sort is not None and sort.key == self.sort.key
        descending = sort is not None and sort.descending is not (current and self.reverse)
        return {
            "column": column,
            "sort": sort,
            "current": current,
            "order": "descending" if descending else "ascending",
            "url": self.query(sort=f"-{sort.key}" if current and not self.reverse else sort.key) if sort else "",
        }

    @property
    def orders(self) -> list[dict[str, Any]]:
        """The sorts on offer, for the sort menu."""
        return [
            {"sort": each, "url": self.query(sort=each.key), "current": each.key == self.sort.key}
            for each in self.sorts
        ]

    @property
    def count_url(self) -> str:
        """The address of the numbers that are loaded after the page."""
        return self.query(count="1")

    @property
    def filters_url(self) -> str:
        """The address of the form of all filters."""
        return self.query(panel="filters")

    @property
    def first_url(self) -> str:
        """The address of the first page."""
        return self.query()

    @property
    def previous_url(self) -> str:
        """The address of the page before this one."""
        return self.query(before=self.page.previous.encode()) if self.page.previous else ""

    @property
    def next_url(self) -> str:
        """The address of the page after this one."""
        return self.query(after=self.page.next.encode()) if self.page.next else ""

    @property
    def new_url(self) -> str:
        """The address of the form for a new record; empty if the person may not create one (creating follows edit)."""
        if not self.new_url_name or self.actor.scope(self.kind, "edit").nothing:
            return ""
        return reverse(self.new_url_name)

    @property
    def state(self) -> list[tuple[str, str]]:
        """The parameters that a search keeps, for hidden inputs."""
        kept = [name for name in self.data if name not in ("q", *PASSING)]
        return [(name, value) for name in kept for value in self.data.getlist(name) if value]

    # Time ---------------------------------------------------------------------------------------------------------
    @cached_property
    def today(self) -> dt.date:
        """Today where the person is."""
        return timezone.localdate()

    def start_of(self, day: dt.date) -> dt.datetime:
        """Return the instant at which a day begins where the person is."""
        return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_current_timezone())


def capped_count(rows: QuerySet[Any], most: int) -> int:
    """Return how many rows there are, at most `most` + 1."""
    return rows.order_by().values("pk")[: most + 1].count()
