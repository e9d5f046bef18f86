"""The timeline of a contact, company or deal: one list, newest first, read by keyset from stored rows (R7).

Three parts in one statement: what is planned, what is pinned, and a page of what happened. A further statement names
the people, one counts by type for the filter. Nothing that the reader may not see is named (U3): who sees the record
sees its activities, but a deal or contact beside it only by their own right.
"""

import base64
import binascii
import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.utils import timezone

from contacts.models import Contact
from crm.kernel.audit.models import ChangeSet
from crm.kernel.core.changes import Actor
from crm.kernel.core.history import history_of
from deals.models import Deal, DealContact

from .models import Activity, ActivityContact
from .models.activity import ActivityQuerySet

PAGE = 50
COUNTED = 1000
UNDO_DAYS = 14
SHOWN = {"email": "email", "call": "call", "meeting": "meeting", "note": "note"}
FIELDS = (
    "pk", "type", "system", "subject", "body", "at", "scheduled_on", "completed_at", "duration", "direction", "outcome",
    "pinned_at", "data", "user_id", "user__name", "deal_id", "deal__title", "deal__owner_id", "deal__binned_at",
    "stage_change__from_stage__name", "stage_change__to_stage__name", "part", "change",
)  # fmt: skip


@dataclass(slots=True)
class TimelineEntry:
    """One line, as it is shown. `people` are (id, name) of contacts that the reader may know of."""

    pk: UUID
    type: str
    system: str
    subject: str
    body: str
    at: dt.datetime
    scheduled_on: dt.date | None
    completed_at: dt.datetime | None
    duration: int | None
    direction: str
    outcome: str
    pinned_at: dt.datetime | None
    data: dict[str, Any]
    user_id: UUID | None
    user_name: str | None
    deal_id: UUID | None
    deal_title: str | None
    deal_owner_id: UUID | None
    deal_binned_at: dt.datetime | None
    from_stage_name: str | None
    to_stage_name: str | None
    part: str
    change: UUID | None
    people: list[tuple[UUID, str]] = field(default_factory=list)
    editable: bool = False

    @property
    def cursor(self) -> str:
        """Where the next page begins, for the address."""
        return base64.urlsafe_b64encode(f"{self.at.isoformat()}|{self.pk}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[dt.datetime, UUID] | None:
    """Return the place that a cursor names, or None for one that is no cursor."""
    try:
        at, pk = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
        moment = dt.datetime.fromisoformat(at)
        return (moment, UUID(pk)) if moment.tzinfo else None
    except (ValueError, binascii.Error, OverflowError):
        return None


class Timeline:
    """What happened with one record and what is planned, for one reader. `shown` is a type, or nothing for all."""

    def __init__(self, record: Any, actor: Actor, *, shown: str = "", before: str = "") -> None:
        self.record = record
        self.actor = actor
        self.shown = shown if shown in SHOWN else ""
        self.before = read_cursor(before) if before else None

    @cached_property
    def rows(self) -> ActivityQuerySet:
        """All live activities of the record, with `place` and `place_id` as the keys of the index that orders them."""
        live = Activity.objects.live()
        if self.record.kind == "deal":
            return live.filter(deal=self.record)
        if self.record.kind == "company":
            return Activity.objects.visible_to(self.actor).live().filter(company=self.record)
        return live.filter(contact_links__contact=self.record)

    @property
    def _place(self) -> tuple[str, str]:
        """The columns by which the page is ordered: those of the index on the record's links."""
        return ("contact_links__at", "contact_links__activity_id") if self.record.kind == "contact" else ("at", "pk")

    @cached_property
    def _entries(self) -> list[TimelineEntry]:
        parts = [self._page_query()]
        if self.before is None:
            if not self.shown:
                parts.append(self._part(self.rows.planned(), "planned").order_by("at")[:20])
            if self.shown in ("", "note"):
                pinned = self.rows.filter(pinned_at__isnull=False)
                parts.append(self._part(pinned, "pinned").order_by("-pinned_at")[:10])
        queries = [part.values_list(*FIELDS) for part in parts]
        found = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
        entries = [TimelineEntry(*row) for row in found]
        self._name_people(entries)
        edit = self.actor.scope("activity", "edit")
        for entry in entries:
            entry.editable = entry.type != Activity.Type.SYSTEM and edit.covers(entry.user_id)
        return entries

    def _part(self, rows: QuerySet[Activity], name: str) -> QuerySet[Activity]:
        return rows.annotate(part=Value(name, output_field=CharField()), change=self._own_change())

    def _own_change(self) -> Case:
        """The change-set that wrote the row, where it is the reader's own and recent: it can be undone here (H2)."""
        written = history_of(Activity).objects.filter(pgh_obj_id=OuterRef(OuterRef("pk")), pgh_label="insert")
        mine = ChangeSet.objects.filter(user=self.actor.user, source="page", actor_kind="user")
        change = mine.filter(pk__in=written.values("pgh_context_id"))
        recent = timezone.now() - dt.timedelta(days=UNDO_DAYS)
        return Case(
            When(Q(user=self.actor.user, created_at__gt=recent), then=Subquery(change.values("pk")[:1])),
            default=None,
            output_field=UUIDField(null=True),
        )

    def _page_query(self) -> QuerySet[Activity]:
        rows = self.rows.happened()
        if self.shown:
            rows = rows.filter(type=self.shown)
        at, pk = self._place
        if self.before is not None:
            moment, last = self.before
            rows = rows.filter(
                Q(**{f"{at}__lt": moment}) | Q(**{at: moment, f"{pk}__lt": last}), **{f"{at}__lte": moment}
            )
        return self._part(rows, "page").order_by(F(at).desc(), F(pk).desc())[: PAGE + 1]

    def _name_people(self, entries: list[TimelineEntry]) -> None:
        """Fill in the people whom the reader may know of: by their own right, or as people of this deal (U3)."""
        shown = {entry.pk for entry in entries if entry.type != Activity.Type.SYSTEM}
        if not shown:
            return
        scope = self.actor.scope("contact", "view")
        known = self._people_of_deal
        links = ActivityContact.objects.filter(activity__in=shown).order_by("id")
        people: dict[UUID, list[tuple[UUID, str]]] = {}
        for activity, pk, first, last, owner in links.values_list(
            "activity_id", "contact_id", "contact__first_name", "contact__last_name", "contact__owner_id"
        ):
            if scope.covers(owner) or pk in known:
                people.setdefault(activity, []).append((pk, f"{first} {last}".strip()))
        for entry in entries:
            entry.people = people.get(entry.pk, [])

    @cached_property
    def contacts(self) -> list[tuple[UUID, str]]:
        """The people whom an activity may be with: those of the deal, or of the company, by name."""
        if self.record.kind == "deal":
            rows = DealContact.objects.filter(deal=self.record, contact__binned_at__isnull=True).order_by(
                "-primary", "id"
            )
            names = rows.values_list("contact_id", "contact__first_name", "contact__last_name")
        elif self.record.kind == "company":
            visible = Contact.objects.visible_to(self.actor).live().filter(company=self.record)
            names = visible.order_by("sort_name")[:50].values_list("pk", "first_name", "last_name")
        else:
            return [(self.record.pk, self.record.name)]
        return [(pk, f"{first} {last}".strip()) for pk, first, last in names]

    @property
    def _people_of_deal(self) -> set[UUID]:
        return {pk for pk, _name in self.contacts} if self.record.kind == "deal" else set()

    @cached_property
    def deals(self) -> list[tuple[UUID, str]]:
        """The open deals of the contact or company that an activity may also be on."""
        if self.record.kind == "deal":
            return []
        mine = Deal.objects.visible_to(self.actor).live().open()
        of = {"people__contact": self.record} if self.record.kind == "contact" else {"company": self.record}
        return list(mine.filter(**of).order_by("-created_at").values_list("pk", "title")[:20])

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of each type there are, among the first thousand."""
        rows = self.rows.happened().filter(type__in=SHOWN)
        return Counter(rows.order_by().values_list("type", flat=True)[:COUNTED])

    @property
    def counts_capped(self) -> bool:
        """True if there are more than were counted."""
        return sum(self.counts.values()) >= COUNTED

    @property
    def planned(self) -> list[TimelineEntry]:
        """What is to come, earliest first."""
        return sorted((e for e in self._entries if e.part == "planned"), key=lambda e: e.at)

    @property
    def pinned(self) -> list[TimelineEntry]:
        """Pinned notes, the last pinned first."""
        found = [e for e in self._entries if e.part == "pinned"]
        return sorted(found, key=lambda e: e.pinned_at or e.at, reverse=True)

    @cached_property
    def page(self) -> list[TimelineEntry]:
        """The page's entries, newest first, without the one that only tells that there are more."""
        return self._ordered[:PAGE]

    @cached_property
    def _ordered(self) -> list[TimelineEntry]:
        found = [entry for entry in self._entries if entry.part == "page"]
        return sorted(found, key=lambda entry: (entry.at, entry.pk), reverse=True)

    @property
    def next(self) -> str:
        """The cursor of the next page, or nothing."""
        return self.page[-1].cursor if len(self._ordered) > PAGE else ""
