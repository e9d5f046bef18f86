"""The list of runs: by state, rule, record and period (W6, W8)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm.kernel.core import formats
from crm.kernel.core.html import icon_html
from crm.kernel.listing.columns import Column, Row, badge, link, time_html
from crm.kernel.listing.errors import BadQuery
from crm.kernel.listing.filters import ChoiceFilter, DateFilter, Filter
from crm.kernel.listing.lists import Empty, ListPage, View
from crm.kernel.listing.sorting import Sort

from .models import Rule, Run, Step
from .records import Named, named, record_named
from .telling import waiting_words
from .tones import tone_of

RECORD = ("record_kind", "record_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOfRun(Filter):
    """The runs for one record: `?record=<id>`. It is set on the record's page, and taken off here."""

    def read(self, data: QueryDict, page: ListPage) -> UUID | None:
        """Return the record's id."""
        text = data.get(self.key)
        try:
            return UUID(text) if text else None
        except ValueError as error:
            raise BadQuery(self.key, str(text)) from error

    def words(self, value: UUID, page: ListPage) -> str:
        """Return the record's name; one that the person may not see is no filter (U3)."""
        found = record_named(value, page.actor)
        if found is None:
            raise BadQuery(self.key, str(value))
        return found.name

    def form_fields(self, value: UUID | None, page: ListPage) -> dict[str, forms.Field]:
        """Return the record as it is: the dialog of filters keeps it."""
        return {self.key: forms.CharField(required=False, initial=value, widget=forms.HiddenInput)} if value else {}


def rule_choices() -> list[tuple[str, str]]:
    """Return all rules; whoever sees the list sees them all."""
    return [(str(pk), name) for pk, name in Rule.objects.order_by("name").values_list("pk", "name")]


def _record(row: Row, page: Any) -> str:
    found = page.records.get(row["record_id"])
    return link(reverse("workflows:run_page", args=[row["pk"]]), page.name_of(row, found))


def _rule(row: Row, page: ListPage) -> str:
    return str(row["rule__name"])


def _state(row: Row, page: ListPage) -> SafeString:
    return badge(Run.State(row["state"]).label, tone_of(row["state"])[0])


def _did(row: Row, page: Any) -> str:
    if row["record_id"] is not None and row["record_id"] not in page.records:
        return ""
    if row["reason"]:
        return str(row["reason"])
    return "; ".join([*page.words.get(row["pk"], ()), *waiting_words(row["state"], row["due_at"])])


def _started(row: Row, page: ListPage) -> SafeString:
    return time_html(row["started_at"], formats.when(row["started_at"]))


def _icon(row: Row, page: ListPage) -> str:
    return icon_html(tone_of(row["state"])[1])


class RunList(ListPage):
    """What rules did, newest first."""

    key = "runs"
    kind = "workflowrun"
    title = _("Runs")
    url_name = "workflows:run_list"
    model = Run
    personal = False
    search = None
    picture = Column("mark", "", ("state",), _icon)
    extra_fields = ("reason",)
    columns = (
        Column("record", _("Record"), RECORD, _record, phone="main"),
        Column("rule", _("Rule"), ("rule__name",), _rule, phone="sub"),
        Column("state", _("State"), ("state",), _state, phone="end"),
        Column("did", _("What it did"), ("reason", "state", "due_at", *RECORD), _did),
        Column("started", _("Started"), ("started_at",), _started, sort="started", phone="sub-end"),
    )
    filters = (
        ChoiceFilter(key="state", label=_("State"), choices=Run.State.choices),
        ChoiceFilter(key="rule", label=_("Rule"), column="rule_id", choices=rule_choices),
        RecordOfRun(key="record", label=_("Record"), column="record_id"),
        DateFilter(key="started", label=_("Started"), column="started_at"),
    )
    sorts = (Sort("started", _("Newest"), "started_at", descending=True),)
    views = (
        View("all", _("All")),
        View("failed", _("Failed"), {"state": "failed"}, counted=True),
        View("waiting", _("Under way"), {"state": ["ready", "waiting", "retrying", "held"]}, counted=True),
        View("stopped", _("Stopped"), {"state": "stopped"}),
    )
    empty = Empty("zap", _("No runs yet"), _("What rules do is listed here, each run with what it saw and did."))

    def base(self) -> Any:
        """Return all runs, for holders of the right to rules."""
        return Run.objects.visible_to(self.actor)

    def walked(self) -> Any:
        """Return the rows of the index."""
        return Run.objects.all()

    @classmethod
    def row_name(cls, row: Row) -> str:
        """Return what the tick box of a run is called."""
        return _t("Run of %(rule)s") % {"rule": row["rule__name"]}

    @cached_property
    def records(self) -> dict[UUID, Named]:
        """The records of this page's runs that the person may see."""
        return named(((row["record_kind"], row["record_id"]) for row in self.page.rows), self.actor)

    @cached_property
    def words(self) -> dict[UUID, list[str]]:
        """What the steps of this page's runs did, by run."""
        found: dict[UUID, list[str]] = {}
        rows = (
            Step.objects.filter(run__in=[row["pk"] for row in self.page.rows])
            .exclude(words="")
            .exclude(state="waiting")
        )
        for pk, words in rows.order_by("run", "index").values_list("run", "words"):
            found.setdefault(pk, []).append(words)
        return found

    @staticmethod
    def name_of(row: Row, found: Named | None) -> str:
        """Return what stands for the record of a run."""
        if found is not None:
            return found.name
        return _t("A record that you cannot see") if row["record_id"] else _t("Without a record")


__all__ = ["RunList"]
