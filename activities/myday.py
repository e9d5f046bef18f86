"""My day: what is late, what is for today, which deals have gone quiet or have no next step, and the coming week.

Everything is the person's own: their open tasks, their planned calls and meetings, the deals they own. Days are cut in
their zone. The number of statements does not depend on how much there is.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kernel.core import formats
from crm.kernel.core.changes import Actor
from deals.models import Deal, DealContact

from .models import Activity, ActivityContact, Task
from .places import url_of
from .sentences import ICONS

AHEAD = dt.timedelta(days=7)
MOST = 100
SHOWN_DEALS = 6
TASK_FIELDS = (
    "pk", "title", "type", "priority", "due_on", "due_at", "done_at", "contact_id", "contact__first_name",
    "contact__last_name", "contact__owner_id", "deal_id", "deal__title", "deal__owner_id", "deal__amount",
    "deal__currency", "company__name",
)  # fmt: skip
ACTIVITY_FIELDS = (
    "pk", "subject", "type", "at", "scheduled_on", "completed_at", "outcome", "duration", "deal_id", "deal__title",
    "deal__owner_id", "deal__amount", "deal__currency", "company__name",
)  # fmt: skip


@dataclass(slots=True)
class Item:
    """One line: a task or a planned activity."""

    kind: str
    pk: UUID
    title: str
    icon: str
    sub: str
    amount: Any = None
    currency: str = ""
    due: dt.date | None = None
    at: dt.datetime | None = None
    done_at: dt.datetime | None = None
    important: bool = False

    @property
    def due_words(self) -> str:
        """When, beside the title."""
        if self.done_at is not None:
            return _("Done %(time)s") % {"time": f"{timezone.localtime(self.done_at):%H:%M}"}
        if self.due is None:
            return ""
        late = (timezone.localdate() - self.due).days
        if late > 0:
            return _("1 day late") if late == 1 else _("%(count)d days late") % {"count": late}
        if self.due == timezone.localdate():
            return f"{timezone.localtime(self.at):%H:%M}" if self.at else _("Today")
        return formats.day(self.due)

    @property
    def state(self) -> str:
        """Over, today or later."""
        if self.done_at is not None or self.due is None:
            return "later"
        today = timezone.localdate()
        if self.due < today or (self.at is not None and self.at < timezone.now()):
            return "over"
        return "today" if self.due == today else "later"

    @property
    def url(self) -> str:
        """Its own page."""
        return url_of(self.kind, self.pk)

    @property
    def done_url(self) -> str:
        """Where Done, and taking it back, post to."""
        return reverse(f"activities:{self.kind}_complete", args=[self.pk])

    @property
    def move_url(self) -> str:
        """Where Reschedule leads."""
        return reverse(f"activities:{self.kind}_reschedule", args=[self.pk])


@dataclass(slots=True)
class Slot:
    """One line of the agenda."""

    at: dt.datetime | None
    title: str = ""
    sub: str = ""
    url: str = ""
    what: str = "slot"
    past: bool = False


@dataclass(slots=True)
class DealLine:
    """A deal that asks for attention."""

    pk: UUID
    title: str
    company: str
    amount: Any
    currency: str
    stage: str
    last_at: dt.datetime
    touched: bool
    company_id: UUID | None
    idle_days: int
    limit: int
    contact: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The deal's page."""
        return url_of("deal", self.pk)


class MyDay:
    """What one person has before them today."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.now = timezone.now()
        self.today = timezone.localdate()
        self.midnight = dt.datetime.combine(self.today, dt.time(), tzinfo=timezone.get_current_timezone())

    # Tasks and planned activities ------------------------------------------------------------------------------------
    @cached_property
    def _tasks(self) -> list[Item]:
        mine = Task.objects.live().filter(assignee_id=self.actor.id)
        until = self.today + AHEAD
        wanted = mine.filter(Q(done_at__isnull=True, due_on__lte=until) | Q(done_at__gte=self.midnight))
        rows = wanted.order_by("due_on", F("due_at").asc(nulls_last=True), "-priority", "pk").values(*TASK_FIELDS)[
            :MOST
        ]
        return [self._task(row) for row in rows]

    def _task(self, row: dict[str, Any]) -> Item:
        deal = row["deal_id"] and self.actor.scope("deal", "view").covers(row["deal__owner_id"])
        contact = row["contact_id"] and self.actor.scope("contact", "view").covers(row["contact__owner_id"])
        name = f"{row['contact__first_name']} {row['contact__last_name']}".strip() if contact else ""
        sub = ", ".join(filter(None, (row["deal__title"] if deal else name, row["company__name"])))
        return Item(
            "task",
            row["pk"],
            row["title"],
            ICONS[row["type"]],
            sub,
            row["deal__amount"] if deal else None,
            row["deal__currency"] or "",
            row["due_on"],
            row["due_at"],
            row["done_at"],
            row["priority"] == Task.Priority.HIGH,
        )

    @cached_property
    def _activities(self) -> list[dict[str, Any]]:
        """One's planned calls and meetings until the end of the week ahead, and those of today that are done."""
        mine = Activity.objects.live().filter(user_id=self.actor.id, type__in=("call", "meeting", "email"))
        end = self.midnight + AHEAD + dt.timedelta(days=1)
        tomorrow = self.midnight + dt.timedelta(days=1)
        planned = Q(completed_at__isnull=True, at__lt=end)
        today = Q(completed_at__isnull=False, at__gte=self.midnight, at__lt=tomorrow)
        return list(mine.filter(planned | today).order_by("at", "pk").values(*ACTIVITY_FIELDS)[:MOST])

    def _item(self, row: dict[str, Any]) -> Item:
        return Item(
            "activity",
            row["pk"],
            row["subject"] or str(Activity.Type(row["type"]).label),
            ICONS[row["type"]],
            self._about(row),
            row["deal__amount"] if self._deal_seen(row) else None,
            row["deal__currency"] or "",
            row["scheduled_on"] or timezone.localtime(row["at"]).date(),
            None if row["scheduled_on"] else row["at"],
        )

    def _deal_seen(self, row: dict[str, Any]) -> bool:
        return bool(row["deal_id"]) and self.actor.scope("deal", "view").covers(row["deal__owner_id"])

    def _about(self, row: dict[str, Any]) -> str:
        people = self._people.get(row["pk"], "")
        deal = row["deal__title"] if self._deal_seen(row) else ""
        return ", ".join(filter(None, (people, deal, row["company__name"])))

    @cached_property
    def _people(self) -> dict[UUID, str]:
        """The first contact of each activity that the person may know of."""
        scope = self.actor.scope("contact", "view")
        links = ActivityContact.objects.filter(activity__in=[row["pk"] for row in self._activities]).order_by("-id")
        rows = links.values_list("activity_id", "contact__first_name", "contact__last_name", "contact__owner_id")
        return {pk: f"{first} {last}".strip() for pk, first, last, owner in rows if scope.covers(owner)}

    @cached_property
    def _open(self) -> list[Item]:
        planned = [self._item(row) for row in self._activities if row["completed_at"] is None]
        items = [item for item in self._tasks if item.done_at is None] + planned
        return sorted(items, key=lambda item: (item.due or dt.date.max, item.at or self._last_moment, item.title))

    @property
    def _last_moment(self) -> dt.datetime:
        return dt.datetime.max.replace(tzinfo=dt.UTC)

    @cached_property
    def late(self) -> list[Item]:
        """What was due before today."""
        return [item for item in self._open if item.due is not None and item.due < self.today]

    @cached_property
    def for_today(self) -> list[Item]:
        """What is due today, then what was done today."""
        done = sorted((i for i in self._tasks if i.done_at is not None), key=lambda item: item.done_at or self.now)
        return [item for item in self._open if item.due == self.today] + done

    @property
    def left_today(self) -> int:
        """How many things of today and before are left."""
        return len(self.late) + sum(item.done_at is None for item in self.for_today)

    @cached_property
    def coming(self) -> list[Item]:
        """What is due in the next seven days."""
        return [item for item in self._open if item.due is not None and item.due > self.today]

    # Agenda ----------------------------------------------------------------------------------------------------------
    @cached_property
    def meetings_today(self) -> int:
        """How many meetings there are today."""
        return sum(row["type"] == Activity.Type.MEETING and self._is_today(row) for row in self._activities)

    def _is_today(self, row: dict[str, Any]) -> bool:
        return (row["scheduled_on"] or timezone.localtime(row["at"]).date()) == self.today

    @cached_property
    def agenda(self) -> list[Slot]:
        """Today's calls and meetings by time, all-day ones first, with a line for now between them."""
        slots = [
            Slot(
                None if row["scheduled_on"] else row["at"],
                row["subject"] or str(Activity.Type(row["type"]).label),
                self._about(row),
                url_of("activity", row["pk"]),
                past=row["completed_at"] is not None,
            )
            for row in self._activities
            if self._is_today(row) and row["type"] != Activity.Type.EMAIL
        ]
        slots.sort(key=lambda slot: (slot.at is not None, slot.at or self.now))
        place = sum(slot.at is None or slot.at <= self.now for slot in slots)
        return [*slots[:place], Slot(self.now, what="now"), *slots[place:]] if slots else []

    # Deals -----------------------------------------------------------------------------------------------------------
    @cached_property
    def _deals(self) -> list[DealLine]:
        """One's open deals that are idle beyond their stage's limit, longest first (P8)."""
        last = Coalesce("last_activity_at", "created_at")
        mine = Deal.objects.live().open().filter(owner_id=self.actor.id)
        awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=self.today)
        oldest = self.now - dt.timedelta(days=1)
        rows = (
            mine.filter(awake).annotate(last=last).filter(last__lt=oldest)
            .order_by("last", "pk")
            .values_list(
                "pk", "title", "company__name", "amount", "currency", "stage__name", "last", "last_activity_at",
                "company_id", "stage__idle_days", "next_step_at",
            )[:500]
        )  # fmt: skip
        return [line for row in rows if (line := self._quiet_line(row)) is not None]

    def _quiet_line(self, row: Any) -> DealLine | None:
        """Return the line of a deal that has gone quiet: idle beyond the limit, and no next step soon (P8)."""
        *values, last, touched, company_id, limit, step_at = row
        idle = (self.now - last).days
        soon = self.now + dt.timedelta(days=2 * limit)
        if idle <= limit or (step_at is not None and self.now <= step_at <= soon):
            return None
        pk, title, company, amount, currency, stage = values
        return DealLine(
            pk, title, company or "", amount, currency, stage, last, touched is not None, company_id, idle, limit
        )

    @property
    def quiet_count(self) -> int:
        """How many of one's deals have gone quiet."""
        return len(self._deals)

    @cached_property
    def quiet(self) -> list[DealLine]:
        """The first of them, with their primary contacts."""
        lines = self._deals[:SHOWN_DEALS]
        people = DealContact.objects.filter(deal__in=[line.pk for line in lines], contact__binned_at__isnull=True)
        rows = people.order_by("primary", "-id").values(
            "deal_id", "contact__first_name", "contact__primary_email", "contact__primary_phone",
            "contact__do_not_email", "contact__do_not_call",
        )  # fmt: skip
        first: dict[Any, dict[str, Any]] = {row["deal_id"]: dict(row) for row in rows}
        for line in lines:
            line.contact = first.get(line.pk, {})
        return lines

    @cached_property
    def _without_step(self) -> list[dict[str, Any]]:
        mine = Deal.objects.live().open().filter(owner_id=self.actor.id, next_step_text="", next_step_at__isnull=True)
        rows = mine.order_by(F("amount").desc(nulls_last=True), "pk")
        return list(rows.values("pk", "title", "company__name", "company_id", "amount", "currency", "stage__name")[:51])

    @property
    def without_step(self) -> list[dict[str, Any]]:
        """One's open deals for which nothing is planned, the largest first."""
        return self._without_step[:SHOWN_DEALS]

    @property
    def without_step_count(self) -> str:
        """How many they are, "50+" beyond that."""
        return "50+" if len(self._without_step) > 50 else str(len(self._without_step))
