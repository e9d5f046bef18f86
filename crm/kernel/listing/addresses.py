"""What a list writes into links: its state with something changed, tabs, chips, heads and pages."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from .conditions import Group, dump
from .errors import BadQuery
from .orders import MOST_SORTS

if TYPE_CHECKING:
    from .columns import Column
    from .filters import Filter
    from .lists import ListPage, View

# Parameters of the address that belong to the list itself.
OWN = ("q", "sort", "where", "view", "after", "before", "panel", "focus", "count", "by", "way", "do")
# Of those, what a link to another state of the list leaves out.
PASSING = ("after", "before", "panel", "focus", "count", "by", "way", "do")
State = dict[str, list[str]]


def state_of(data: QueryDict) -> State:
    """Return what an address asks for, to compare two of them: filters, search, conditions and order."""
    return {
        name: sorted(filter(None, values))
        for name, values in data.lists()
        if name not in (*PASSING, "view") and not name.endswith("_text") and any(values)
    }


class Addresses:
    """The links of a list page; mixed into `ListPage`, whose attributes it reads."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def untidy(self) -> bool:
        """True if the address carries empty parameters, as a form without JavaScript sends them."""
        return any(not value or name.endswith("_text") for name, values in self.data.lists() for value in values)

    @property
    def places(self) -> dict[str, str | None]:
        """The parameters that a tidy address keeps although other links leave them out."""
        return {name: self.data.get(name) or None for name in PASSING}

    @cached_property
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

    @property
    def selection(self) -> str:
        """The query string by which "all that match" are found again: filters and search, no order and no place."""
        where = dump(self.where) if self.where and self.where.parts else None
        gone = dict.fromkeys(name for name in self.missing_params if name in self.data)
        return self.query(**{**gone, "sort": None, "view": None, "where": where}).removeprefix("?")

    @property
    def clear_url(self) -> str:
        """The address without filters and search; a chosen view is left."""
        return f"{self.url}?view={self.views[0].key}" if self.opens_elsewhere and self.views else self.url

    @cached_property
    def opens_elsewhere(self) -> bool:
        """True if the bare address leads to a view that the person chose."""
        own = self.preferences.get("")
        return bool(own and own.opens)

    @property
    def current_key(self) -> str:
        """The key or id of the view that is shown, "" if it is none."""
        return self.current_tab["key"] if self.current_tab else ""

    @property
    def pinned(self) -> bool:
        """True if the person has the view that is shown in the sidebar."""
        own = self.preferences.get(self.current_key)
        return bool(self.current_key and own and own.pinned)

    @property
    def opens_here(self) -> bool:
        """True if the list opens with the view that is shown."""
        own = self.preferences.get("")
        return bool(own and own.opens == self.current_key)

    @property
    def here(self) -> str:
        """This state of the list as a query string, for forms that lead back to it."""
        return self.query()[1:]

    @property
    def may_change_view(self) -> bool:
        """True if the saved view that is shown is the person's own, or they may change the settings."""
        return self.view is not None and self.view.allows(self.actor, "edit")

    def address_of(self, view: "View") -> str:
        """Return the address of a view that comes with the list."""
        data = QueryDict(mutable=True)
        for name, value in view.params.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        if not view.params:
            return self.clear_url
        return f"{self.url}?{data.urlencode()}"

    def address_of_saved(self, view: Any) -> str:
        """Return the address of a saved view: all of its state, and which view it is."""
        return f"{self.url}?view={view.pk}{'&' if view.query else ''}{view.query}"

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        """The views, those that come with the list first, and which of them this is."""
        state = state_of(self.data)
        state.pop("sort", None)
        found = []
        for view in self.views:
            if view.visible is not None and not view.visible(self.actor):
                continue
            own = {n: sorted(v) if isinstance(v, list) else [v] for n, v in view.params.items() if n != "sort"}
            current = not self.tolerant and own == state
            tab = {"view": view, "key": view.key, "label": view.label, "counted": view.counted, "saved": None}
            found.append({**tab, "url": self.address_of(view), "current": current})
        for saved in self.saved_views:
            tab = {"view": None, "key": str(saved.pk), "label": saved.name, "counted": False, "saved": saved}
            found.append({**tab, "url": self.address_of_saved(saved), "current": str(saved.pk) == self.view_key})
        return found

    @cached_property
    def current_tab(self) -> dict[str, Any] | None:
        """The view that is shown, if it is one."""
        return next((tab for tab in self.tabs if tab["current"]), None)

    def address_of_key(self, key: str) -> str | None:
        """Return the address of a view by its key or id, None if there is none."""
        return next((tab["url"] for tab in self.tabs if tab["key"] == key), None)

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        """The filters and conditions that are set, in words, each with the address without it."""
        found = [
            {
                "key": each.key,
                "label": str(each.label),
                "words": self._words(each, value),
                "without": self.query(**dict.fromkeys(each.params)),
                "edit": f"{self.filters_url}&focus={each.key}",
            }
            for each in self.filters
            if (value := self.values[each.key]) is not None
        ]
        return [*found, *self._condition_chips()]

    def _words(self, each: "Filter", value: Any) -> str:
        try:
            return each.words(value, cast("ListPage", self))
        except BadQuery:
            if not self.tolerant:
                raise
            return _("something that you cannot see")  # in a view that somebody shared

    def _condition_chips(self) -> list[dict[str, str]]:
        if self.where is None or not self.where.parts:
            return []
        chip = {"key": "where", "words": "", "edit": self.where_url}
        if self.where.mode != "all":
            return [{**chip, "label": self.where.words(self), "without": self.query(where=None)}]
        chips = []
        for index, part in enumerate(self.where.parts):
            rest = Group("all", self.where.parts[:index] + self.where.parts[index + 1 :])
            without = self.query(where=dump(rest) if rest.parts else None)
            chips.append({**chip, "label": part.words(self), "without": without})
        return chips

    @property
    def narrowed(self) -> bool:
        """True if a filter, a condition or a search is set."""
        return bool(self.typed or (self.where and self.where.parts)) or any(v is not None for v in self.values.values())

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The heads of the columns: label, and the address that sorts by it."""
        return [self._head(column) for column in self.shown]

    def _head(self, column: "Column") -> dict[str, Any]:
        sort = self.sort_options.get(column.sort) if column.sort else None
        current = sort is not None and sort.key == self.sort.key
        descending = sort is not None and sort.descending is not (current and self.reverse)
        return {
            "column": column,
            "sort": sort,
            "current": current,
            "order": "descending" if descending else "ascending",
            "url": self.query(sort=f"-{sort.key}" if current and not self.reverse else sort.key) if sort else "",
        }

    @cached_property
    def widths(self) -> list[int]:
        """The width of each column in pixels if the person has set any; else columns are as wide as their content."""
        chosen = self.layout.widths
        if not any(chosen.get(column.key) for column in self.shown):
            return []
        return [chosen.get(column.key) or 160 for column in self.shown]

    @property
    def lead_width(self) -> int:
        """The width of the first cell: box and picture."""
        return 84 if self.selectable and self.picture else 56

    @property
    def table_width(self) -> int:
        """The width of a table whose columns have widths."""
        return sum(self.widths) + (self.lead_width if self.selectable or self.picture else 0)

    @property
    def orders(self) -> list[dict[str, Any]]:
        """The sorts on offer, for the sort menu."""
        several = len(self.order) > 1
        return [
            {"sort": each, "url": self.query(sort=each.key), "current": not several and each.key == self.sort.key}
            for each in self.sorts
        ]

    @property
    def sort_words(self) -> str:
        """By what the list is sorted, in words."""
        return ", ".join(str(sort.label) for sort, _reverse in self.order)

    def sort_rows(self) -> list[dict[str, Any]]:
        """Return the lines of the form that sorts by several columns."""
        rows = [{"key": sort.key, "reverse": reverse} for sort, reverse in self.order]
        return rows + [{"key": "", "reverse": False}] * (MOST_SORTS - len(rows))

    def panel_url(self, name: str) -> str:
        """Return the address of a dialog of this list."""
        return self.query(panel=name)

    @property
    def filters_url(self) -> str:
        """The address of the form of all filters."""
        return self.query(panel="filters")

    @property
    def where_url(self) -> str:
        """The address of the builder of conditions."""
        return self.query(panel="where")

    @property
    def columns_url(self) -> str:
        """The address of the chooser of columns."""
        return self.query(panel="columns")

    @property
    def sort_url(self) -> str:
        """The address of the form that sorts by several columns."""
        return self.query(panel="sort")

    @property
    def save_url(self) -> str:
        """The address of the form that saves this state as a view."""
        return f"{reverse('listing:view_new')}?{urlencode({'list': self.key, 'query': self.query(view=None)[1:]})}"

    @cached_property
    def has_totals(self) -> bool:
        """True if a column that is shown can be added up."""
        return any(column.total is not None for column in self.shown)

    @cached_property
    def counts_later(self) -> bool:
        """True if a view shows its number of rows, or a column its total: they are loaded after the page."""
        return self.has_totals or any(tab["counted"] for tab in self.tabs)

    @property
    def field_pattern(self) -> str:
        """The address of a record's small form, with PK and KEY to be replaced; empty where no cell can be edited."""
        if not self.field_url_name or self.actor.scope(self.kind, "edit").nothing:
            return ""
        return reverse(self.field_url_name, args=[UUID(int=0), "KEY"]).replace(str(UUID(int=0)), "PK")

    @property
    def count_url(self) -> str:
        """The address of the numbers that are loaded after the page."""
        return self.query(count="1")

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
