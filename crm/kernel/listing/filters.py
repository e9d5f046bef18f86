"""Filters of a list: a closed list, each with its place in the address, its condition, its chip and its form field.

To add a kind of filter: subclass `Filter`, or use `YesFilter` with a condition of your own.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kernel.core import formats
from crm.kernel.core.widgets import DateInput, Switch, TagsInput, TypeaheadInput
from crm.kernel.users.models import User

from .errors import BadQuery
from .owners import Owners

if TYPE_CHECKING:
    from .lists import ListPage

# Promise is a lazy translation; the stubs of forms know only strings.
Words = Any
Choices = Iterable[tuple[str, Words]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter. `key` is its parameter in the address, `column` what it compares.

    `few`: it has an index of its own and few rows may pass, so they are not looked for owner by owner.
    """

    key: str
    label: Words
    column: str = ""
    few: ClassVar[bool] = False

    @property
    def params(self) -> tuple[str, ...]:
        """The parameters of the address that belong to this filter."""
        return (self.key,)

    def read(self, data: QueryDict, page: "ListPage") -> Any:
        """Return the value in the address, None if the filter is not set; raises BadQuery for an unknown one."""
        return data.get(self.key) or None

    def condition(self, value: Any, page: "ListPage") -> Q:
        """Return the condition on the rows."""
        return Q(**{self.column: value})

    def words(self, value: Any, page: "ListPage") -> str:
        """Return the value in words, for the chip."""
        return str(value)

    def form_fields(self, value: Any, page: "ListPage") -> dict[str, forms.Field]:
        """Return the form fields in which the filter is set, by parameter."""
        return {self.key: forms.CharField(label=self.label, required=False, initial=value)}


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFilter(Filter):
    """One or several of a closed list: `?stage=lead&stage=customer`.

    `choices` may be a function, called once a request.
    """

    choices: Choices | Callable[[], Choices]

    def _choices(self) -> list[tuple[str, Words]]:
        found = self.choices() if callable(self.choices) else self.choices
        return [(str(value), label) for value, label in found]

    def read(self, data: QueryDict, page: "ListPage") -> list[str] | None:
        """Return the chosen values."""
        chosen = _once(data.getlist(self.key))
        known = {value for value, _label in self._choices()} if chosen else set()
        for value in chosen:
            if value not in known:
                raise BadQuery(self.key, value)
        return chosen or None

    def condition(self, value: list[str], page: "ListPage") -> Q:
        """Return rows that have one of the values."""
        return Q(**{f"{self.column or self.key}__in": value})

    def words(self, value: list[str], page: "ListPage") -> str:
        """Return the labels of the values."""
        labels = dict(self._choices())
        return ", ".join(str(labels[each]) for each in value)

    def form_fields(self, value: list[str] | None, page: "ListPage") -> dict[str, forms.Field]:
        """Return a group of check boxes."""
        return {
            self.key: forms.MultipleChoiceField(
                label=self.label, required=False, choices=self._choices(), initial=value or [],
                widget=forms.CheckboxSelectMultiple,
            )
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter(Filter):
    """A colleague: `me`, `team` (of mine and those below), `none`, or an id: `?owner=me`. `column` ends in `_id`."""

    column: str = "owner_id"
    nobody: bool = True

    def read(self, data: QueryDict, page: "ListPage") -> str | None:
        """Return me, team, none, or the id of a person."""
        value = data.get(self.key)
        if not value or value in ("me", "team") or (value == "none" and self.nobody):
            return value or None
        try:
            return str(UUID(value))
        except ValueError as error:
            raise BadQuery(self.key, value) from error

    def people(self, value: str, page: "ListPage") -> Owners:
        """Return the ids of the people meant, None for nobody."""
        user = page.actor.user
        if value == "none":
            return frozenset({None})
        if value == "me":
            return frozenset({user.pk})
        return frozenset(user.team_ids | {user.pk}) if value == "team" else frozenset({UUID(value)})

    def condition(self, value: str, page: "ListPage") -> Q:
        """Return rows of these people."""
        if value == "none":
            return Q(**{f"{self.column}__isnull": True})
        return Q(**{f"{self.column}__in": sorted(self.people(value, page), key=str)})

    def words(self, value: str, page: "ListPage") -> str:
        """Return the person's name."""
        known = {"me": _("Me"), "team": _("My team"), "none": _("Nobody")}
        if value in known:
            return known[value]
        name = User.objects.visible_to(page.actor).filter(pk=value).values_list("name", flat=True).first()
        if name is None:
            raise BadQuery(self.key, value)
        return str(name)

    def form_fields(self, value: str | None, page: "ListPage") -> dict[str, forms.Field]:
        """Return a select of people."""
        people = User.objects.visible_to(page.actor).order_by("name").values_list("pk", "name")
        choices = [("", _("Anyone")), ("me", _("Me")), ("team", _("My team"))]
        choices += [("none", _("Nobody"))] if self.nobody else []
        choices += [(str(pk), name) for pk, name in people]
        return {self.key: forms.ChoiceField(label=self.label, required=False, choices=choices, initial=value)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter(Filter):
    """A record found by typing: `?company=<id>`. `options` is the URL name of its options.

    `name_of(actor, id)` gives the record's name, None if the person may not see it: then the address is refused.
    """

    options: str
    name_of: Callable[[Any, UUID], str | None]

    def read(self, data: QueryDict, page: "ListPage") -> UUID | None:
        """Return the record's id."""
        value = data.get(self.key)
        if not value:
            return None
        try:
            return UUID(value)
        except ValueError as error:
            raise BadQuery(self.key, value) from error

    def words(self, value: UUID, page: "ListPage") -> str:
        """Return the record's name."""
        name = self.name_of(page.actor, value)
        if name is None:
            raise BadQuery(self.key, str(value))
        return name

    def form_fields(self, value: UUID | None, page: "ListPage") -> dict[str, forms.Field]:
        """Return a typeahead."""
        widget = TypeaheadInput(self.options, label_for=lambda pk: self.name_of(page.actor, pk) or "")
        return {self.key: forms.CharField(label=self.label, required=False, initial=value, widget=widget)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFilter(Filter):
    """A free word that people typed, such as the source: exactly this one. Offers those of the latest 2,000 rows."""

    def condition(self, value: str, page: "ListPage") -> Q:
        """Return rows with exactly this word."""
        return Q(**{self.column or self.key: value})

    def form_fields(self, value: str | None, page: "ListPage") -> dict[str, forms.Field]:
        """Return a select of the words in use."""
        column = self.column or self.key
        latest = page.base().exclude(**{column: ""}).order_by("-created_at").values_list(column, flat=True)[:2000]
        words = sorted({*latest, *([value] if value else [])}, key=str.casefold)
        choices = [("", _("Any")), *((word, word) for word in words)]
        return {self.key: forms.ChoiceField(label=self.label, required=False, choices=choices, initial=value)}


TAGS = gettext_lazy("Tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFilter(Filter):
    """Records that carry all of these tags: `?tag=maritime&tag=vip`."""

    few: ClassVar[bool] = True

    key: str = "tag"
    label: Words = TAGS
    column: str = "tags"

    def read(self, data: QueryDict, page: "ListPage") -> list[str] | None:
        """Return the tags."""
        return _once(word.strip() for part in data.getlist(self.key) for word in part.split(","))[:20] or None

    def condition(self, value: list[str], page: "ListPage") -> Q:
        """Return rows that carry all of them."""
        return Q(**{f"{self.column}__contains": value})

    def words(self, value: list[str], page: "ListPage") -> str:
        """Return the tags."""
        return ", ".join(value)

    def form_fields(self, value: list[str] | None, page: "ListPage") -> dict[str, forms.Field]:
        """Return an input for tags, with suggestions."""
        widget = TagsInput(suggestions=lambda: suggested_tags(page.base(), self.column))
        return {self.key: forms.Field(label=self.label, required=False, initial=value, widget=widget)}


def suggested_tags(rows: Any, column: str = "tags", most: int = 60) -> list[str]:
    """Return the tags of the latest 500 tagged rows, the commonest first."""
    counts: dict[str, int] = {}
    for tags in rows.exclude(**{column: []}).order_by("-created_at").values_list(column, flat=True)[:500]:
        for tag in tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag))[:most]


PERIODS: dict[str, Words] = {
    "today": gettext_lazy("Today"),
    "this-week": gettext_lazy("This week"),
    "this-month": gettext_lazy("This month"),
    "last-7": gettext_lazy("Last 7 days"),
    "last-30": gettext_lazy("Last 30 days"),
    "next-7": gettext_lazy("Next 7 days"),
    "next-30": gettext_lazy("Next 30 days"),
    "overdue": gettext_lazy("Before today"),
    "not-30": gettext_lazy("Not in the last 30 days"),
    "never": gettext_lazy("Never"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFilter(Filter):
    """A period by name, `?touched=not-30`, or from and to, `?touched_from=2026-01-01&touched_to=…` (both days
    included).

    `periods` are the names that are offered. `instant` says whether the column is an instant: then a day is a day of
    the person who asks.
    """

    periods: tuple[str, ...] = ("today", "last-7", "last-30", "this-month")
    instant: bool = True

    @property
    def params(self) -> tuple[str, ...]:
        """Period, from and to."""
        return (self.key, f"{self.key}_from", f"{self.key}_to")

    def read(self, data: QueryDict, page: "ListPage") -> tuple[str, dt.date | None, dt.date | None] | None:
        """Return the period's name, the first and the last day."""
        period = data.get(self.key) or ""
        if period and period not in self.periods:
            raise BadQuery(self.key, period)
        days = []
        for param in self.params[1:]:
            text = data.get(param) or ""
            try:
                days.append(dt.date.fromisoformat(text) if text else None)
            except ValueError as error:
                raise BadQuery(param, text) from error
        return (period, days[0], days[1]) if period or any(days) else None

    def condition(self, value: tuple[str, dt.date | None, dt.date | None], page: "ListPage") -> Q:
        """Return rows within the period and between the days."""
        period, first, last = value
        found = self._between(first, last, page)
        if period == "never":
            return found & Q(**{f"{self.column}__isnull": True})
        if period == "not-30":
            before = self._between(None, page.today - dt.timedelta(days=31), page)
            return found & (before | Q(**{f"{self.column}__isnull": True}))
        return found & self._between(*span(period, page.today), page)

    def _between(self, first: dt.date | None, last: dt.date | None, page: "ListPage") -> Q:
        found = Q()
        if first is not None:
            found &= Q(**{f"{self.column}__gte": page.start_of(first) if self.instant else first})
        if last is not None and last < dt.date.max:
            end = page.start_of(last + dt.timedelta(days=1)) if self.instant else last + dt.timedelta(days=1)
            found &= Q(**{f"{self.column}__lt": end})
        return found

    def words(self, value: tuple[str, dt.date | None, dt.date | None], page: "ListPage") -> str:
        """Return the period in words."""
        period, first, last = value
        parts = [str(PERIODS[period])] if period else []
        parts += [_("from %(day)s") % {"day": formats.day(first)}] if first else []
        parts += [_("until %(day)s") % {"day": formats.day(last)}] if last else []
        return " ".join(parts)

    def form_fields(self, value: Any, page: "ListPage") -> dict[str, forms.Field]:
        """Return a select of periods and two dates."""
        period, first, last = value or ("", None, None)
        choices = [("", _("Any time")), *((each, PERIODS[each]) for each in self.periods)]
        label = {"label": self.label}
        return {
            self.params[0]: forms.ChoiceField(label=self.label, required=False, choices=choices, initial=period),
            self.params[1]: forms.DateField(
                label=_("%(label)s from") % label, required=False, initial=first, widget=DateInput
            ),
            self.params[2]: forms.DateField(
                label=_("%(label)s until") % label, required=False, initial=last, widget=DateInput
            ),
        }


def span(period: str, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day of a named period."""
    day = dt.timedelta(days=1)
    if period == "this-week":
        monday = today - today.weekday() * day
        return monday, monday + 6 * day
    if period == "this-month":
        first = today.replace(day=1)
        return first, (first + 32 * day).replace(day=1) - day
    if period == "overdue":
        return None, today - day
    direction, _dash, number = period.partition("-")
    if direction == "last":
        return today - (int(number) - 1) * day, today
    if direction == "next":
        return today, today + int(number) * day
    return (today, today) if period == "today" else (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFilter(Filter):
    """The rows behind a figure of a report: the report writes the address, people only take the filter off again.

    `parse` reads the address (raising ValueError for what makes no sense) and returns what has `condition(actor)` and
    `words(actor)`.
    """

    parse: Callable[[str], Any]

    def read(self, data: QueryDict, page: "ListPage") -> Any:
        """Return the figure; raises BadQuery."""
        if not (text := data.get(self.key)):
            return None
        try:
            return self.parse(text)
        except ValueError as error:
            raise BadQuery(self.key, words=_("This figure is not known.")) from error

    def condition(self, value: Any, page: "ListPage") -> Q:
        """Return its rows, by the same rule as the figure."""
        found: Q = value.condition(page.actor)
        return found

    def words(self, value: Any, page: "ListPage") -> str:
        """Return the figure in words."""
        return str(value.words(page.actor))

    def form_fields(self, value: Any, page: "ListPage") -> dict[str, forms.Field]:
        """Return nothing: it is kept while other filters are set."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class YesFilter(Filter):
    """A tick: `?no_amount=1`. `rows` is a condition, or a function from the list page to one."""

    rows: Q | Callable[["ListPage"], Q] = field(default_factory=Q)
    KNOWN: ClassVar[tuple[str, ...]] = ("1", "on")

    def read(self, data: QueryDict, page: "ListPage") -> bool | None:
        """Return True if it is ticked."""
        value = data.get(self.key)
        if value and value not in self.KNOWN:
            raise BadQuery(self.key, value)
        return True if value else None

    def condition(self, value: bool, page: "ListPage") -> Q:
        """Return the rows meant."""
        return self.rows(page) if callable(self.rows) else self.rows

    def words(self, value: bool, page: "ListPage") -> str:
        """Return nothing: the label says it."""
        return ""

    def form_fields(self, value: bool | None, page: "ListPage") -> dict[str, forms.Field]:
        """Return a switch."""
        return {self.key: forms.BooleanField(label=self.label, required=False, initial=bool(value), widget=Switch)}
