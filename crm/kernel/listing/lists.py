"""A list page, declared: `class ContactList(ListPage)` names columns, filters, sorts and views; `docs/lists.md` shows
how.

The state of a list is its address (filters, search, sort, place). Rows come from `.values()`, so a page costs one or
two queries whatever it shows.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.kernel.core.changes import Actor
from crm.kernel.core.panels import panels_for
from crm.kernel.search.language import parse
from crm.kernel.search.registry import kind_named
from crm.kernel.search.words import matching

from . import builder
from .addresses import OWN, Addresses, state_of
from .columns import Column, Row, phone_places, row_html
from .conditions import BadCondition, Field, Group, dump
from .conditions import parse as parse_conditions
from .custom import CustomFields, custom_fields, gone_fields
from .errors import BadQuery
from .filters import Filter, PersonFilter
from .layouts import Layout
from .models import ListPreference, SavedView
from .orders import MOST_SORTS, Order, Place, SeveralPager
from .owners import OwnersView, few_owners, views
from .sorting import SORTABLE, Cursor, Page, Pager, Sort
from .walking import Walk

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


class ListPage(Addresses):
    """Base of all lists. Subclasses fill the class attributes; `base()` gives the rows before any filter.

    `columns` are shown unless a person chooses others, `extra_columns` can be added; `conditions` are the fields of the filter
    builder; `custom_kind` brings the custom fields of a kind of record. `personal` lists have chosen columns and saved views.
    `bin_url_name` names the list of what was deleted, for which `in_bin` is true (bins.py).
    """

    key: ClassVar[str]
    kind: ClassVar[str]
    title: ClassVar[str | Promise]
    url_name: ClassVar[str]
    model: ClassVar[type[models.Model]]
    columns: ClassVar[tuple[Column, ...]]
    extra_columns: ClassVar[tuple[Column, ...]] = ()
    conditions: ClassVar[tuple[Field, ...]] = ()
    custom_kind: ClassVar[str] = ""
    personal: ClassVar[bool] = True
    filters: ClassVar[tuple[Filter, ...]] = ()
    sorts: ClassVar[tuple[Sort, ...]]
    views: ClassVar[tuple[View, ...]] = ()
    search: ClassVar[TextSearch | None] = TextSearch()
    empty: ClassVar[Empty]
    new_url_name: ClassVar[str] = ""
    new_label: ClassVar[str | Promise] = ""
    bin_url_name: ClassVar[str] = ""
    in_bin: ClassVar[bool] = False
    extra_fields: ClassVar[tuple[str, ...]] = ()
    picture: ClassVar[Column | None] = None
    field_url_name: ClassVar[str] = ""
    # A form has room for a thousand values; more rows are chosen by their filter.
    most_ticked: ClassVar[int] = 900
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
        """Read the address; raises BadQuery for what the list does not know.

        What a saved view asks for and the reader does not have (a removed field, a hidden one) is left out and `missing`.
        """
        self.request = request
        self.actor: Actor = request.actor  # type: ignore[attr-defined]
        self.viewer: Actor | OwnersView = self.actor
        self.data: QueryDict = request.GET
        self.missing: list[str] = []
        self.missing_params: list[str] = []
        self.view_key = self.data.get("view") or ""
        self.view = self._read_view()
        self.tolerant = self.view is not None
        self._check_params()
        self.where = self._read_where()
        self.order = self._read_order()
        self.sort, self.reverse = self.order[0]
        self.values: dict[str, Any] = {each.key: self._read_filter(each) for each in self.filters}
        self.typed = " ".join((self.data.get("q") or "").split())[:200]

    @property
    def file_stem(self) -> str:
        """What its files are called, before the day."""
        return self.key

    @property
    def file_cells(self) -> Any:
        """The columns of its files, of a list whose rows are not the records of today; None where the exporter knows."""
        return None

    def filled(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows with what is looked up for many at once."""
        return rows

    # Rows ---------------------------------------------------------------------------------------------------------
    def base(self) -> Any:
        """Return all rows that the person may see; override to narrow it down or to annotate."""
        return self.model._default_manager.visible_to(self.viewer).live()  # type: ignore[attr-defined]

    def filtered(self) -> Any:
        """Return the rows that match filters, conditions and search."""
        return self._narrow(self.base(), self.values, self.typed, self.where)

    def _narrow(self, rows: Any, values: dict[str, Any], typed: str, where: Group | None = None) -> Any:
        for each in self.filters:
            if (value := values.get(each.key)) is not None:
                rows = rows.filter(each.condition(value, self))
        if where is not None and where.parts:
            rows = rows.alias(**where.aliases).filter(where.q(self))
        if typed and self.search is not None:
            rows = rows.filter(self.search.condition(typed, self))
        return rows

    @cached_property
    def page(self) -> Page:
        """The rows of this page, fetched once."""
        rows = self.filtered()
        if self.unordered:
            newest = rows.order_by(*self.sorts[0].ordering(False)).values("pk")[:SORTABLE]
            rows = self.base().filter(pk__in=newest)
        after, before = (self.data.get(param) for param in ("after", "before"))
        size = self.layout.size
        if len(self.order) > 1:
            places = (Place.decode(text, self.order, self.model) if text else None for text in (after, before))
            return SeveralPager(self._read_rows(rows), self.order, size).page(*places)
        cursors = (Cursor.decode(text, self.sort, self.model) if text else None for text in (after, before))
        owners = self._few_owners()
        sought = bool(self.typed and self.search is not None) or bool(self.where and self.where.parts)
        whole = self._read_rows(self.base()) if sought or owners else None
        found = self._read_rows(rows) if whole is None else self._ordered(rows)
        plain = self.sort.indexed and self.sort.field is None and self.sort.expression is None
        walk = Walk.through(self.walked(), owners) if sought and plain else None
        together = any(self.values[each.key] for each in self.filters if each.few)
        parts = [] if sought else [self._seen_by(view).filtered() for view in views(owners, together=together)]
        pager = Pager(found, self.sort, self.reverse, size, whole=whole, walk=walk, parts=parts, owners=owners)
        return pager.page(*cursors)

    @property
    def _owner_filter(self) -> PersonFilter | None:
        return next(
            (each for each in self.filters if isinstance(each, PersonFilter) and each.column == "owner_id"), None
        )

    def _few_owners(self) -> list[UUID | None]:
        """Return the owners whose rows are shown, if they are few and the order has an index of theirs."""
        if not self.sort.by_owner:
            return []
        of = self._owner_filter
        value = self.values.get(of.key) if of else None
        return few_owners(self.actor.scope(self.kind, "view"), of.people(value, self) if of and value else None)

    def _seen_by(self, view: OwnersView) -> Self:
        """Return this list for the rows of these owners alone."""
        each, of = copy(self), self._owner_filter
        each.viewer, each.values = view, self.values | ({of.key: None} if of else {})
        return each

    def walked(self) -> Any:
        """Return the rows that the indexes of the orders hold, for searches and conditions; override where those are
        fewer."""
        return self.model._default_manager.live()  # type: ignore[attr-defined]

    def _read_rows(self, rows: Any) -> Any:
        """Return the values that the cells and the pager read."""
        read_by = (*self.shown, *([self.picture] if self.picture else []))
        names = {name: None for column in read_by for name in column.fields}
        sorts = [sort for sort, _reverse in self.order]
        rows = self._ordered(rows)
        keys = {"_sort": sorts[0].column} if len(sorts) == 1 else {f"_sort{i}": s.column for i, s in enumerate(sorts)}
        return rows.values("pk", *names, *self.extra_fields, **{name: F(column) for name, column in keys.items()})

    def _ordered(self, rows: Any) -> Any:
        """Return rows that know the columns of the order."""
        sorts = (sort for sort, _reverse in self.order)
        return rows.alias(**{sort.column: sort.expression for sort in sorts if sort.expression is not None})

    def row_html(self, pk: str) -> SafeString:
        """Return one row as it is drawn here, nothing if the person may not see it: after one of its cells was changed."""
        rows = list(self._read_rows(self.base().filter(pk=pk)))
        return self._draw(rows)

    @property
    def unordered(self) -> bool:
        """True if more rows match than can be put into an order that has no index; then only the newest are."""
        return not (len(self.order) == 1 and self.sort.indexed) and self.too_many

    @cached_property
    def too_many(self) -> bool:
        """True if more than 10,000 rows match."""
        return capped_count(self.filtered(), SORTABLE) > SORTABLE

    def rows_html(self) -> SafeString:
        """Return the rows of the page as table rows."""
        return self._draw(self.page.rows)

    def _draw(self, rows: Sequence[Row]) -> SafeString:
        places = phone_places(self.shown)
        columns = [(column.opening(place), column.cell) for column, place in zip(self.shown, places, strict=True)]
        return mark_safe("".join(row_html(row, columns, self) for row in rows))

    @classmethod
    def row_name(cls, row: Row) -> str:
        """Return a row's name, as its tick box is called."""
        raise NotImplementedError

    @cached_property
    def selectable(self) -> bool:
        """True if there is something to do with several rows: a panel in the place `list.bulk`."""
        return bool(panels_for("list.bulk", self.request.user, self))

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

    # Columns ------------------------------------------------------------------------------------------------------
    @cached_property
    def custom(self) -> CustomFields:
        """The custom fields that the person may see."""
        return custom_fields(self.custom_kind, self.actor)

    @cached_property
    def on_offer(self) -> dict[str, Column]:
        """All columns that can be shown, by key."""
        return {column.key: column for column in (*self.columns, *self.extra_columns, *self.custom.columns)}

    @cached_property
    def preferences(self) -> dict[str, ListPreference]:
        """What the person prefers on this list, by view; "" is the list itself."""
        if not self.personal or self.actor.id is None:
            return {}
        rows = ListPreference.objects.filter(user_id=self.actor.id, list_key=self.key)
        return {row.view: row for row in rows}

    @cached_property
    def missing_words(self) -> list[str]:
        """What a saved view asks for and its reader does not have, columns too, by the names that people know."""
        view = self.view.layout.get("columns", ()) if self.view else ()
        columns = [key for key in view if isinstance(key, str) and key not in self.on_offer]
        return gone_fields(self.custom_kind, [*self.missing, *columns], self.actor)

    @cached_property
    def layout(self) -> Layout:
        """The layout of this view: the person's, else the view's, else the list's."""
        own = self.preferences.get(self.view_key if self.view else "")
        return Layout.read((own and own.layout) or (self.view and self.view.layout) or {})

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        """The columns shown, in order; the first one names the row and is always there."""
        chosen = [self.on_offer[key] for key in self.layout.columns if key in self.on_offer]
        if not chosen:
            return self.columns
        first = self.columns[0]
        last = [column for column in self.columns if column.fixed]
        return (first, *(column for column in chosen if column is not first and not column.fixed), *last)

    # Address ------------------------------------------------------------------------------------------------------
    @cached_property
    def saved_views(self) -> list[SavedView]:
        """The saved views of this list that the person may use: their own and those shared with them."""
        if not self.personal or self.actor.id is None:
            return []
        return list(SavedView.objects.visible_to(self.actor).filter(list_key=self.key).select_related("owner"))

    def _read_view(self) -> SavedView | None:
        if not self.view_key or self.view_key in {view.key for view in self.views}:
            return None
        for saved in self.saved_views:
            if str(saved.pk) == self.view_key:
                return saved
        words = _("The view of this address is not here any more, or not shared with you.")
        raise BadQuery("view", self.view_key, words, back=_("Show the list without the view"))

    @cached_property
    def view_changed(self) -> bool:
        """True if the address asks for something else than the saved view, or the person has laid it out otherwise."""
        if self.view is None:
            return False
        own = self.preferences.get(self.view_key)
        return state_of(QueryDict(self.view.query)) != state_of(self.data) or bool(own and own.layout)

    def _check_params(self) -> None:
        known = {*OWN, *self._filter_params()}
        for name, values in self.data.lists():
            if any("\x00" in value for value in (name, *values)):
                raise BadQuery(name.replace("\x00", ""), "NUL")
            if name not in known and not (self.data.get("panel") == "where" and builder.PARAMETER.fullmatch(name)):
                self._miss(BadQuery(name))

    def _filter_params(self) -> Iterator[str]:
        """Yield the parameters of all filters, and what a typeahead posts besides: the words that were typed."""
        for each in self.filters:
            for param in each.params:
                yield param
                yield f"{param}_text"

    def _miss(self, error: BadQuery) -> None:
        """Refuse an address; in a saved view leave out what is gone, and say so."""
        if not self.tolerant:
            raise error
        self.missing.append(error.name)
        self.missing_params.append(error.name)

    def _read_filter(self, each: Filter) -> Any:
        try:
            return each.read(self.data, self)
        except BadQuery as error:
            self._miss(error)
            return None

    @cached_property
    def condition_fields(self) -> dict[str, Field]:
        """The fields that conditions may name, by key."""
        return {each.key: each for each in (*self.conditions, *self.custom.conditions)}

    def _read_where(self) -> Group | None:
        text = self.data.get("where")
        if not text:
            return None
        try:
            return parse_conditions(text, self.condition_fields, self, self.missing if self.tolerant else None)
        except BadCondition as error:
            self._miss(BadQuery("where", error.field, error.message, rest=self._readable(text)))
            return None

    def _readable(self, text: str) -> str:
        """Return what is left of conditions without those that mean nothing, "" if that is none or nothing can be read."""
        try:
            rest = parse_conditions(text, self.condition_fields, self, [])
        except BadCondition:
            return ""
        return dump(rest) if rest.parts else ""

    @cached_property
    def sort_options(self) -> dict[str, Sort]:
        """All orders, by key: those with an index first."""
        plain = (column.order for column in (*self.columns, *self.extra_columns) if column.order is not None)
        return {sort.key: sort for sort in (*self.custom.sorts, *plain, *self.sorts)}

    def _read_order(self) -> Order:
        parts: list[tuple[Sort, bool]] = []
        text = self.data.get("sort") or ""
        for part in text.split(",") if text else ():
            sort = self.sort_options.get(part.removeprefix("-"))
            if sort is None or len(parts) == MOST_SORTS or any(sort is known for known, _reverse in parts):
                rest = [
                    name for name in text.split(",") if name.removeprefix("-") in self.sort_options and name != part
                ]
                self._miss(BadQuery("sort", part, rest=",".join(rest[:MOST_SORTS])))
            else:
                parts.append((sort, part.startswith("-")))
        return tuple(parts) or ((self.sorts[0], False),)

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
