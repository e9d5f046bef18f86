"""Triggers that time sets off: no activity for N days (P8), a task overdue, a date coming up, a schedule.

None of them ever scans: each record has a row in `DueTime` that is never later than the moment itself, and only rows that
are due are looked at.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities.models import Task
from contacts.models import Contact
from crm.kernel.core.changes import Actor
from crm.kernel.customfields.fields import PREFIX, fields_for
from crm.kernel.customfields.models import CustomField
from crm.kernel.customfields.types import type_of
from crm.kernel.workspace.models import WEEKDAYS
from deals.models import Deal
from workflows.calendars import Calendar
from workflows.options import Option

from .base import Look, Options, TimeTrigger
from .records import manual_kinds

CLOCK = gettext_lazy("By hand and by the clock")
# The earliest place on earth is 14 hours ahead: a local day may begin that much before UTC's.
AHEAD = dt.timedelta(hours=14)
TIME = Option(key="time", label=gettext_lazy("At"), type="time", default="09:00")
CALENDAR = Option(
    key="calendar", label=gettext_lazy("Count"), type="choice", default="calendar",
    choices=(("calendar", gettext_lazy("all days")), ("working", gettext_lazy("working days"))),
)  # fmt: skip


def _moment(expression: Any, by: dt.timedelta) -> Any:
    return ExpressionWrapper(expression + Value(by), output_field=DateTimeField())


class Idle(TimeTrigger):
    """No activity for N days: N full days after the day of the last one, where the owner is; once per idle spell."""

    again = True
    options = (
        Option(
            key="days", label=gettext_lazy("Days without activity"), type="number", required=True, least=1, most=365
        ),
        CALENDAR,
        TIME,
    )
    touched: ClassVar[str]

    def describe(self, options: Options) -> str:
        """Return the trigger in words."""
        days = int(options.get("days") or 0)
        if not days:  # not given yet
            return str(self.label)
        working = options.get("calendar") == "working"
        count = (
            ngettext("%d working day", "%d working days", days) if working else ngettext("%d day", "%d days", days)
        ) % days
        return _("%(what)s for %(count)s") % {"what": self.label, "count": count}

    def earliest(self, options: Options) -> Any:
        """Return the last activity and so many days."""
        return _moment(Coalesce(F(self.touched), F("created_at")), dt.timedelta(days=int(options["days"])))

    def look(self, records: Iterable[UUID], options: Options, now: dt.datetime) -> dict[UUID, Look]:
        """Return when each record has been idle for long enough; the spell is named by its beginning."""
        rows = self.rows(options).filter(pk__in=list(records))
        found = list(rows.values_list("pk", self.touched, "created_at", "owner_id"))
        calendar = Calendar.of(owner for *_rest, owner in found)
        return {
            pk: Look(self.due(calendar, touched or created, owner, options), (touched or created).isoformat())
            for pk, touched, created, owner in found
        }

    def due(self, calendar: Calendar, since: dt.datetime, owner: UUID | None, options: Options) -> dt.datetime:
        """Return when a spell that began at `since` has lasted long enough."""
        day = since.astimezone(calendar.zone(owner)).date()
        working = options.get("calendar") == "working"
        return calendar.at(owner, calendar.after(owner, day, int(options["days"]), working=working), options["time"])

    def touched_by(self, name: str, data: Mapping[str, Any], options: Options) -> bool:
        """A new owner lives elsewhere; what is new or open again has to be watched. Activities only put it off."""
        return name.endswith((".created", ".restored", ".reopened")) or "owner" in _names(data)


class DealIdle(Idle):
    """Open deals."""

    key = "deal.idle"
    label = gettext_lazy("a deal has no activity")
    kind = "deal"
    group = gettext_lazy("Deals")
    touched = "last_activity_at"

    def rows(self, options: Options) -> Any:
        """Return the open deals."""
        return Deal.objects.live().open()


class ContactIdle(Idle):
    """Contacts."""

    key = "contact.idle"
    label = gettext_lazy("a contact has no activity")
    kind = "contact"
    group = gettext_lazy("Contacts and leads")
    touched = "last_touch_at"

    def rows(self, options: Options) -> Any:
        """Return the contacts."""
        return Contact.objects.live()


class LeadIdle(ContactIdle):
    """Leads."""

    key = "lead.idle"
    label = gettext_lazy("a lead has no activity")

    def rows(self, options: Options) -> Any:
        """Return the leads."""
        return Contact.objects.live().leads()

    def touched_by(self, name: str, data: Mapping[str, Any], options: Options) -> bool:
        """A contact may become a lead again."""
        return super().touched_by(name, data, options) or "lifecycle" in _names(data)


def _names(data: Mapping[str, Any]) -> set[str]:
    return {str(each).removesuffix("_id") for each in data.get("fields", ())}


class Overdue(TimeTrigger):
    """A task that is not done by its time, or by the end of its day where its assignee is (R6)."""

    key = "task.overdue"
    label = gettext_lazy("a task is overdue")
    kind = "task"
    group = gettext_lazy("Tasks")
    options = (Option(key="days", label=gettext_lazy("Days overdue"), type="number", default=0, most=365),)

    def rows(self, options: Options) -> Any:
        """Return the open tasks that are due one day."""
        return Task.objects.live().open().filter(due_on__isnull=False)

    def earliest(self, options: Options) -> Any:
        """Return when a task is due at the earliest."""
        day = Cast(F("due_on"), DateTimeField())
        return _moment(Coalesce(F("due_at"), day), dt.timedelta(days=int(options["days"] or 0)) - AHEAD)

    def look(self, records: Iterable[UUID], options: Options, now: dt.datetime) -> dict[UUID, Look]:
        """Return when each task is overdue for so many days."""
        rows = list(
            self.rows(options).filter(pk__in=list(records)).values_list("pk", "due_on", "due_at", "assignee_id")
        )
        calendar = Calendar.of(each[3] for each in rows)
        by = dt.timedelta(days=int(options["days"] or 0))
        return {
            pk: Look((at or calendar.at(who, day + dt.timedelta(days=1), "00:00")) + by, (at or day).isoformat())
            for pk, day, at, who in rows
        }

    def touched_by(self, name: str, data: Mapping[str, Any], options: Options) -> bool:
        """Whatever happens to a task may change when it is due."""
        return name.startswith("task.")


def date_fields(kind: str, actor: Actor | None) -> list[tuple[str, Any]]:
    """Return the days of deals and contacts that can come up."""
    found: list[tuple[str, Any]] = [
        ("deal.expected_close", _("Deal: expected close")), ("deal.snoozed_until", _("Deal: snoozed until")),
    ]  # fmt: skip
    labels = {"deal": _("Deal"), "contact": _("Contact"), "company": _("Company")}
    for of, label in labels.items():
        found += [
            (f"{of}.{PREFIX}{each.key}", f"{label}: {each.label}")
            for each in fields_for(of, actor)
            if each.type == CustomField.Type.DATE
        ]
    return found


class DateComing(TimeTrigger):
    """A day that a record holds comes up, or has passed."""

    key = "date.approaching"
    label = gettext_lazy("a date comes up")
    group = CLOCK
    options = (
        Option(key="field", label=gettext_lazy("Date"), type="field", required=True, choices=date_fields),
        Option(key="days", label=gettext_lazy("Days"), type="number", default=0, most=365),
        Option(
            key="side", label=gettext_lazy("Before or after"), type="choice", default="before",
            choices=(("before", gettext_lazy("before it")), ("after", gettext_lazy("after it"))),
        ),
        TIME,
    )  # fmt: skip

    def kind_for(self, options: Options) -> str:
        """Return whose date it is."""
        return str(options.get("field") or "deal").partition(".")[0]

    def describe(self, options: Options) -> str:
        """Return the trigger in words."""
        label = dict(date_fields("", None)).get(options.get("field", ""), options.get("field", ""))
        days = int(options.get("days") or 0)
        if not days:
            return _("on the day of %(field)s") % {"field": label}
        count = ngettext("%d day", "%d days", days) % days
        words = _("%(count)s after %(field)s") if options.get("side") == "after" else _("%(count)s before %(field)s")
        return words % {"count": count, "field": label}

    def _date(self, options: Options) -> Any:
        kind, _dot, name = options["field"].partition(".")
        if not name.startswith(PREFIX):
            return F(name)
        field = next((each for each in fields_for(kind) if f"{PREFIX}{each.key}" == name), None)
        return type_of(field).sql() if field is not None else Value(None)

    def shift(self, options: Options) -> dt.timedelta:
        """Return how far before or after the day it comes."""
        days = dt.timedelta(days=int(options["days"] or 0))
        return days if options.get("side") == "after" else -days

    def rows(self, options: Options) -> Any:
        """Return the records that have the date; of deals the open ones, unless it is a date of their own."""
        from workflows.fields import MODELS

        kind, _dot, name = options["field"].partition(".")
        rows = MODELS[kind].objects.live().alias(_day=self._date(options)).filter(_day__isnull=False)
        return rows.open() if kind == "deal" and not name.startswith(PREFIX) else rows

    def earliest(self, options: Options) -> Any:
        """Return the beginning of the day at the earliest place."""
        return _moment(Cast(self._date(options), DateTimeField()), self.shift(options) - AHEAD)

    def look(self, records: Iterable[UUID], options: Options, now: dt.datetime) -> dict[UUID, Look]:
        """Return when the day, moved by so many, has come where the owner is."""
        rows = self.rows(options).annotate(_date=self._date(options)).filter(pk__in=list(records))
        found = list(rows.values_list("pk", "_date", "owner_id"))
        calendar = Calendar.of(owner for *_rest, owner in found)
        return {
            pk: Look(calendar.at(owner, day + self.shift(options), options["time"]), day.isoformat())
            for pk, day, owner in found
        }

    def touched_by(self, name: str, data: Mapping[str, Any], options: Options) -> bool:
        """The date was set anew, or the record is new or open again."""
        own = options["field"].partition(".")[2]
        return name.endswith((".created", ".restored", ".reopened")) or bool(_names(data) & {own, "owner"})


class Schedule(TimeTrigger):
    """A time that comes again: for each record that matches then, or once without a record."""

    key = "schedule"
    label = gettext_lazy("at a set time")
    group = CLOCK
    again = True
    options = (
        Option(key="record", label=gettext_lazy("For each"), type="choice", choices=manual_kinds),
        Option(
            key="every", label=gettext_lazy("Every"), type="choice", default="day",
            choices=(("day", gettext_lazy("day")), ("week", gettext_lazy("week")), ("month", gettext_lazy("month"))),
        ),
        Option(
            key="weekdays", label=gettext_lazy("On"), type="choices", choices=tuple((str(n), w) for n, w in WEEKDAYS),
            when=("every", ("week",)),
        ),
        Option(
            key="day", label=gettext_lazy("Day of the month"), type="number", default=1, least=1, most=31,
            when=("every", ("month",)),
        ),
        TIME,
    )  # fmt: skip

    def kind_for(self, options: Options) -> str:
        """Return the kind of record, "" for none."""
        return str(options.get("record") or "")

    def describe(self, options: Options) -> str:
        """Return the trigger in words."""
        time = options.get("time") or "09:00"
        if options.get("every") == "week":
            names = dict(WEEKDAYS)
            days = ", ".join(str(names[int(each)]) for each in options.get("weekdays") or ("1",))
            return _("every week on %(days)s at %(time)s") % {"days": days, "time": time}
        if options.get("every") == "month":
            return _("every month on day %(day)s at %(time)s") % {"day": options.get("day") or 1, "time": time}
        return _("every day at %(time)s") % {"time": time}

    def next_after(self, options: Options, after: dt.datetime, zone: Any) -> dt.datetime:
        """Return the next moment of the schedule that lies behind `after`; a month without the day has it on its last."""
        time = dt.time.fromisoformat(options["time"])
        day = after.astimezone(zone).date()
        for _number in range(70):
            moment = dt.datetime.combine(day, time, tzinfo=zone)
            if moment > after and self._meant(day, options):
                return moment
            day += dt.timedelta(days=1)
        raise AssertionError("a schedule comes at least once in two months")

    @staticmethod
    def _meant(day: dt.date, options: Options) -> bool:
        if options["every"] == "week":
            return str(day.isoweekday()) in (options["weekdays"] or ["1"])
        if options["every"] == "month":
            last = (day + dt.timedelta(days=1)).month != day.month
            return day.day == options["day"] or (last and day.day < options["day"])
        return True

    def touched_by(self, name: str, data: Mapping[str, Any], options: Options) -> bool:
        """Nothing that happens changes the clock."""
        return False


TIME_TRIGGERS: tuple[Any, ...] = (DealIdle(), LeadIdle(), ContactIdle(), Overdue(), DateComing(), Schedule())

__all__ = ["TIME_TRIGGERS", "DateComing", "Idle", "LeadIdle", "Overdue", "Schedule"]
